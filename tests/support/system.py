"""The service under test as its users meet it: an HTTP client with tokens, and the store behind it."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from photodock.api.auth import mint
from photodock.domain.identity import Principal

CERTIFICATES = httpx.create_ssl_context()
"""Read once: each client would read them anew, although the tests' servers need none."""
SECRET = "a-secret-for-tests-only-0123456789abcdef"


def token_for(
    organization_id: UUID,
    *,
    user: str = "anna",
    scopes: tuple[str, ...] = ("photos:read", "photos:write"),
    lifetime_seconds: int = 3600,
) -> str:
    return mint(SECRET, Principal(user, organization_id, frozenset(scopes)), lifetime_seconds=lifetime_seconds)


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


@dataclass
class Caller:
    """One user of one organization, talking to the API; `storage` carries the uploads themselves."""

    http: httpx.AsyncClient
    storage: httpx.AsyncClient
    organization_id: UUID = field(default_factory=uuid4)
    user: str = "anna"
    scopes: tuple[str, ...] = ("photos:read", "photos:write", "photos:admin")

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {token_for(self.organization_id, user=self.user, scopes=self.scopes)}"}

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **options)

    def colleague(self, user: str = "ben", scopes: tuple[str, ...] | None = None) -> "Caller":
        return Caller(self.http, self.storage, self.organization_id, user, scopes or self.scopes)

    def stranger(self) -> "Caller":
        return Caller(self.http, self.storage)

    def pipeline(self) -> "Caller":
        return Caller(self.http, self.storage, uuid4(), "detector", ("photos:pipeline",))

    async def make_project(self, name: str = "North roof") -> str:
        project_id = str(uuid4())
        answer = await self.call("PUT", f"/projects/{project_id}", json={"name": name})
        assert answer.status_code == 200, answer.text
        return project_id

    async def request_upload(
        self, project_id: str, data: bytes, /, *, key: str | None = None, **fields: Any
    ) -> httpx.Response:
        body = {"project_id": project_id, "file_name": "roof.jpg", "file_size": len(data), "mime_type": "image/jpeg"}
        headers = {"Idempotency-Key": key} if key else {}
        return await self.call("POST", "/photos/upload-url", json={**body, **fields}, headers=headers)

    async def put(self, issued: dict[str, Any], data: bytes) -> httpx.Response:
        return await self.storage.put(issued["upload_url"], content=data, headers=issued["headers"])

    async def confirm(self, photo_id: str) -> httpx.Response:
        return await self.report(photo_id, "uploaded")

    async def report(self, photo_id: str, status: str, **fields: Any) -> httpx.Response:
        return await self.call("PATCH", f"/photos/{photo_id}/status", json={"status": status, **fields})

    async def issue(self, project_id: str, data: bytes, /, **fields: Any) -> dict[str, Any]:
        """An issued upload, not sent yet."""
        answer = await self.request_upload(project_id, data, **fields)
        assert answer.status_code == 200, answer.text
        issued: dict[str, Any] = answer.json()
        return issued

    async def upload(self, project_id: str, data: bytes, **fields: Any) -> dict[str, Any]:
        """The whole client's part; returns the confirmed photo."""
        issued = await self.issue(project_id, data, **fields)
        sent = await self.put(issued, data)
        assert sent.status_code == 200, sent.text
        confirmed = await self.confirm(issued["photo_id"])
        assert confirmed.status_code == 200, confirmed.text
        photo: dict[str, Any] = confirmed.json()
        return photo

    async def photo(self, photo_id: str) -> dict[str, Any]:
        answer = await self.call("GET", f"/photos/{photo_id}")
        assert answer.status_code == 200, answer.text
        photo: dict[str, Any] = answer.json()
        return photo

    async def history(self, photo_id: str) -> list[tuple[str | None, str]]:
        answer = await self.call("GET", f"/photos/{photo_id}/history")
        assert answer.status_code == 200, answer.text
        return [(item["from"], item["to"]) for item in answer.json()["items"]]
