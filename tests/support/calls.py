"""Every call of the API, once for each scope it may need: the tests of access walk this table."""

from dataclasses import dataclass
from typing import Any

import httpx

from support.system import Caller

NEW_PHOTO = {"project_id": "{project_id}", "file_name": "roof.jpg", "file_size": 2_000, "mime_type": "image/jpeg"}
KNOWN = {"project_id": "{project_id}", "checksums": ["n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="]}

UNKNOWN_JOB = 2**62


@dataclass(frozen=True)
class Call:
    """`scopes`: each of them is enough. What stands in braces is put in when the call is made."""

    method: str
    path: str
    scopes: tuple[str, ...]
    body: dict[str, Any] | None = None

    def __str__(self) -> str:
        status = f" {self.body['status']}" if self.body and "status" in self.body else ""
        return f"{self.method} {self.path}{status}"

    @property
    def is_about_a_photo(self) -> bool:
        return "{photo_id}" in self.path

    async def by(
        self, caller: Caller, *, photo_id: str, project_id: str, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Of a caller's own headers each may be replaced, `Authorization` as well."""
        path = self.path.format(photo_id=photo_id, project_id=project_id, id=UNKNOWN_JOB)
        body = filled(self.body, photo_id=photo_id, project_id=project_id)
        return await caller.call(self.method, path, json=body, headers=headers or {})


def filled(value: Any, **names: str) -> Any:
    """The value with each text in it formatted."""
    match value:
        case str():
            return value.format(**names)
        case dict():
            return {key: filled(item, **names) for key, item in value.items()}
        case list():
            return [filled(item, **names) for item in value]
        case _:
            return value


READ = ("photos:read", "photos:pipeline")
CALLS = (
    Call("POST", "/photos/upload-url", ("photos:write",), NEW_PHOTO),
    Call("POST", "/photos/upload-urls", ("photos:write",), {"items": [NEW_PHOTO]}),
    Call("POST", "/photos/{photo_id}/upload-url", ("photos:write",)),
    Call("POST", "/photos/confirm", ("photos:write",), {"photo_ids": ["{photo_id}"]}),
    Call("POST", "/photos/exists", ("photos:read", "photos:write"), KNOWN),
    Call("POST", "/photos/{photo_id}/multipart", ("photos:write",)),
    Call("GET", "/photos/{photo_id}/multipart/parts", ("photos:write",)),
    Call("POST", "/photos/{photo_id}/multipart/complete", ("photos:write",)),
    Call("DELETE", "/photos/{photo_id}/multipart", ("photos:write",)),
    Call("PATCH", "/photos/{photo_id}/status", ("photos:write",), {"status": "uploaded"}),
    Call("PATCH", "/photos/{photo_id}/status", ("photos:pipeline",), {"status": "processing"}),
    Call("PATCH", "/photos/{photo_id}/status", ("photos:pipeline",), {"status": "completed", "detections": {}}),
    Call("PATCH", "/photos/{photo_id}/status", ("photos:pipeline",), {"status": "failed", "error": {"code": "x"}}),
    Call("GET", "/photos/{photo_id}", READ),
    Call("GET", "/photos/{photo_id}/exif", READ),
    Call("GET", "/photos/{photo_id}/history", READ),
    Call("POST", "/photos/{photo_id}/retry", ("photos:write",)),
    Call("GET", "/photos?project_id={project_id}", ("photos:read",)),
    Call("DELETE", "/photos/{photo_id}", ("photos:write",)),
    Call("GET", "/events?project_id={project_id}", ("photos:read",)),
    Call("GET", "/projects", ("photos:read", "photos:admin")),
    Call("PUT", "/projects/{project_id}", ("photos:admin",), {"name": "North roof"}),
    Call("GET", "/policies", ("photos:admin",)),
    Call("PUT", "/policies", ("photos:admin",), {"gps": "keep"}),
    Call("GET", "/outbox", ("photos:admin",)),
    Call("POST", "/outbox/{id}/retry", ("photos:admin",)),
    Call("GET", "/webhooks", ("photos:admin",)),
    Call("PUT", "/webhooks", ("photos:admin",), {"url": "https://hooks.example.com/"}),
    Call("DELETE", "/webhooks", ("photos:admin",)),
    Call("POST", "/webhooks/secret", ("photos:admin",)),
    Call("POST", "/webhooks/test", ("photos:admin",)),
    Call("GET", "/webhooks/deliveries", ("photos:admin",)),
    Call("POST", "/webhooks/deliveries/{id}/retry", ("photos:admin",)),
)
ABOUT_A_PHOTO = tuple(call for call in CALLS if call.is_about_a_photo)
SCOPES = ("photos:read", "photos:write", "photos:pipeline", "photos:admin")
