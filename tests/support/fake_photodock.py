"""A photodock and its storage in one `httpx.MockTransport`, with faults to order."""

import hashlib
import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable
from uuid import UUID, uuid4

import httpx

PROJECT = UUID("018f0000-0000-7000-8000-000000000001")
SECRET = "X-Amz-Signature=5ec3e7"
TOKEN = "t0ken-of-the-test"


DETECTION = {"types": ["damage"], "priority": "normal", "status": "pending", "results": None, "error": None}


def problem(status: int, code: str, detail: str = "A reason.") -> httpx.Response:
    return httpx.Response(status, json={"status": status, "code": code, "detail": detail})


def full(photo: dict[str, object]) -> dict[str, object]:
    """A photo's JSON with all that the API always tells, `photo`'s own on top."""
    return {
        "id": str(UUID(int=7)),
        "project_id": str(PROJECT),
        "upload_id": str(UUID(int=8)),
        "file_name": "roof.jpg",
        "mime_type": "image/jpeg",
        "file_size": 300_000,
        "checksum_sha256": None,
        "width": None,
        "height": None,
        "status": "uploaded",
        "s3_url": "https://storage.test/roof.jpg",
        "download_url": f"https://storage.test/?{SECRET}",
        "exif_data": None,
        "client_metadata": None,
        "detection": DETECTION,
        "error": None,
        "created_at": "2026-11-22T17:46:32.617507Z",
        "uploaded_at": None,
        "processing_at": None,
        "completed_at": None,
        "failed_at": None,
        "status_url": "/api/v1/photos/x",
    } | photo


def answered(photo: dict[str, object]) -> httpx.Response:
    return httpx.Response(200, json=full(photo))


def s3_error(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, text=f"<Error><Code>{code}</Code><Resource>{SECRET}</Resource></Error>")


class FakeServer:
    """`faults[call]` are answered first, in order; `seen[call]` are the requests. Calls: request, refresh, put,
    confirm, get."""

    def __init__(self) -> None:
        self.faults: dict[str, list[httpx.Response | Exception]] = defaultdict(list)
        self.seen: dict[str, list[httpx.Request]] = defaultdict(list)
        self.photos: dict[str, dict[str, object]] = {}
        self.by_key: dict[str, str] = {}
        self.objects: dict[str, bytes] = {}
        self.statuses = ["processing", "completed"]
        """What successive GETs of a photo find; the last one stays."""
        self.exif: dict[str, object] = {}
        self.lost: set[str] = set()
        """Calls whose next request is carried out, but whose answer never arrives."""

    def fails(self, call: str, status: int, code: str, *, times: int = 1, **headers: str) -> None:
        """The next `times` answers to `call`: a problem document, or the storage's XML."""
        for _ in range(times):
            answer = s3_error(status, code) if call == "put" else problem(status, code)
            answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
            self.faults[call].append(answer)

    def breaks(self, call: str, error: type[httpx.TransportError], *, times: int = 1) -> None:
        """The next `times` requests of `call` get no answer."""
        self.faults[call] += [error(f"no answer from {SECRET}")] * times

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        return self._fault(request) or self._answer(request, await request.aread())

    def blocking(self, request: httpx.Request) -> httpx.Response:
        """The same for a synchronous client."""
        return self._fault(request) or self._answer(request, request.read())

    def _fault(self, request: httpx.Request) -> httpx.Response | None:
        call, _ = self._route(request)
        self.seen[call].append(request)
        if not self.faults[call]:
            return None
        fault = self.faults[call].pop(0)
        if isinstance(fault, Exception):
            raise fault
        return fault

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        call, answer = self._route(request)
        found = answer(request, body)
        if call in self.lost:
            self.lost.remove(call)
            raise httpx.ReadError("the answer was lost")
        return found

    def _route(self, request: httpx.Request) -> tuple[str, Callable[[httpx.Request, bytes], httpx.Response]]:
        method, path = request.method, request.url.path
        if request.url.host == "storage.test":
            return "put", self._put
        if path == "/api/v1/photos/upload-url":
            return "request", self._request
        if path.endswith("/upload-url"):
            return "refresh", self._refresh
        return ("confirm", self._confirm) if method == "PATCH" else (self._name(method, path), self._get)

    @staticmethod
    def _name(method: str, path: str) -> str:
        """Calls beside an upload's: a test orders their answers."""
        if "/webhooks" in path:
            return "webhooks"
        if method == "DELETE":
            return "delete"
        names = {"photos": "list", "confirm": "confirm_many", "retry": "retry_detection"}
        return names.get(path.rsplit("/", maxsplit=1)[-1], "get")

    def _request(self, request: httpx.Request, body: bytes) -> httpx.Response:
        declared = json.loads(body)
        if declared["mime_type"] not in {"image/jpeg", "image/png"}:
            return problem(400, "invalid_file_type", "Send JPEG or PNG.")
        if declared["file_size"] < 1024:
            return problem(400, "file_too_small", "Photos have at least 1,024 bytes.")
        photo_id = self.by_key.setdefault(request.headers["Idempotency-Key"], str(uuid4()))
        self.photos.setdefault(photo_id, declared | {"id": photo_id, "status": "pending_upload", "gets": 0})
        return self._ticket(photo_id)

    def _refresh(self, request: httpx.Request, _: bytes) -> httpx.Response:
        return self._ticket(request.url.path.split("/")[-2])

    def _ticket(self, photo_id: str) -> httpx.Response:
        photo = self.photos[photo_id]
        headers = {"Content-Type": photo["mime_type"], "If-None-Match": "*"}
        headers["X-Amz-Checksum-Sha256"] = photo["checksum_sha256"]
        url = f"https://storage.test/{photo_id}?{SECRET}"
        issued = {
            "photo_id": photo_id,
            "upload_id": str(uuid4()),
            "upload_url": url,
            "method": "PUT",
            "headers": headers,
            "s3_url": f"https://storage.test/{photo_id}",
            "status_url": f"/api/v1/photos/{photo_id}",
            "expires_in_seconds": 900,
            "expires_at": "2026-11-22T18:03:26Z",
        }
        return httpx.Response(200, json=issued)

    def _put(self, request: httpx.Request, body: bytes) -> httpx.Response:
        photo_id = request.url.path[1:]
        if photo_id in self.objects:
            return s3_error(412, "PreconditionFailed")
        if b64encode(hashlib.sha256(body).digest()).decode() != request.headers["X-Amz-Checksum-Sha256"]:
            return s3_error(400, "BadDigest")
        self.objects[photo_id] = body
        return httpx.Response(200)

    def _confirm(self, request: httpx.Request, _: bytes) -> httpx.Response:
        photo = self.photos[request.url.path.split("/")[-2]]
        if photo["id"] not in self.objects:
            return problem(409, "upload_not_found", "Nothing was uploaded.")
        photo["status"] = "uploaded"
        return self._photo(photo)

    def _get(self, request: httpx.Request, _: bytes) -> httpx.Response:
        photo = self.photos[request.url.path.split("/")[-1]]
        step = int(str(photo["gets"]))
        photo["gets"] = step + 1
        photo["status"] = self.statuses[min(step, len(self.statuses) - 1)]
        return self._photo(photo)

    def _photo(self, photo: dict[str, object]) -> httpx.Response:
        failed = photo["status"] == "failed"
        shown = photo | {
            "exif_data": self.exif,
            "detection": DETECTION | {"error": {"code": "blurred", "detail": "Too blurred."} if failed else None},
            "error": {"code": "detection_failed", "detail": "The detector failed."} if failed else None,
        }
        return httpx.Response(200, json=full(shown), headers={"ETag": f'"{photo["gets"]}"'})
