"""photodock's HTTP API, as far as an upload needs it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from photodock import __version__
from photodock.client.failures import Refused, Stopped, Transient
from photodock.client.retry import Notice, Retry, retry_after
from photodock.domain.values import JsonObject

TIMEOUT = httpx.Timeout(30, connect=10)
WAIT_SECONDS = 20
"""How long the server may hold a GET; well below both its own bound (30) and our read timeout."""

NO_PROXY_HERE: dict[str, None] = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}
"""A proxy of the environment cannot reach this machine's loopback."""

_HOW_TO_GET_ONE = "by --token or in PHOTODOCK_TOKEN. `make run` prints one, `photodock token` makes one."
_REFUSED = f"photodock refused the token (unauthenticated): pass a fresh one {_HOW_TO_GET_ONE}"
_MISSING = f"There is no token: pass one {_HOW_TO_GET_ONE}"
_FOR_ALL = frozenset({"insufficient_scope", "project_access_denied"})
"""Refusals that hold for every photo of a run."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where one photo's bytes may be put, once. The URL is a secret and stays out of `repr`."""

    photo_id: UUID
    upload_url: str = field(repr=False)
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A photo and its ETag; `photo` is None when it has not changed."""

    photo: JsonObject | None
    etag: str | None


class Api:
    """Every call retries what is worth retrying, and raises Refused (this photo) or Stopped (the whole run)."""

    def __init__(self, base_url: str, token: str, retry: Retry, transport: httpx.AsyncBaseTransport | None) -> None:
        self.address = base_url.rstrip("/")
        self._retry = retry
        self._reached = False
        self._http = httpx.AsyncClient(
            base_url=f"{_checked_address(self.address)}/api/v1",
            headers={"Authorization": f"Bearer {_checked_token(token)}", "User-Agent": f"photodock/{__version__}"},
            timeout=TIMEOUT,
            transport=transport,
            mounts=None if transport else NO_PROXY_HERE,
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def request_upload(self, body: JsonObject, idempotency_key: str, notice: Notice) -> Ticket:
        """`POST /photos/upload-url`. The key makes every repeat of the call the same photo."""
        headers = {"Idempotency-Key": idempotency_key}
        return self._ticket(await self._call("POST", "/photos/upload-url", notice, json=body, headers=headers))

    async def refresh(self, photo_id: UUID, notice: Notice) -> Ticket:
        """`POST /photos/{id}/upload-url`: a fresh URL for the same photo."""
        return self._ticket(await self._call("POST", f"/photos/{photo_id}/upload-url", notice))

    async def confirm(self, photo_id: UUID, notice: Notice) -> JsonObject:
        """`PATCH /photos/{id}/status`: the bytes are up. The photo, which may have turned out `failed`."""
        body = {"status": "uploaded"}
        return self._object(await self._call("PATCH", f"/photos/{photo_id}/status", notice, json=body))

    async def photo(self, photo_id: UUID, notice: Notice, *, wait: int, etag: str | None) -> Reading:
        """`GET /photos/{id}?wait=`: held by the server up to `wait` seconds while nothing changes."""
        headers = {"If-None-Match": etag} if etag else {}
        answer = await self._call("GET", f"/photos/{photo_id}", notice, params={"wait": wait}, headers=headers)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return Reading(None, etag)
        return Reading(self._object(answer), answer.headers.get("ETag"))

    async def _call(self, method: str, path: str, notice: Notice, **arguments: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            try:
                answer = await self._http.request(method, path, **arguments)
            except httpx.TransportError as error:
                raise self._unreachable(error) from error
            self._reached = True
            if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
                return answer
            raise self._failure(answer)

        return await self._retry.run(once, notice)

    def _unreachable(self, error: httpx.TransportError) -> Stopped | Transient:
        stopped = Stopped(f"photodock does not answer at {self.address}: is it running? (PHOTODOCK_URL or --url)")
        never_connected = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        if never_connected and not self._reached:
            return stopped
        return Transient(stopped if never_connected else Refused("network_error", "The connection to photodock broke."))

    def _failure(self, answer: httpx.Response) -> Exception:
        status = answer.status_code
        problem = _problem(answer)
        if status == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            fallback = "rate_limited" if status == httpx.codes.TOO_MANY_REQUESTS else "server_error"
            return Transient(problem or Refused(fallback, f"photodock answered {status}."), retry_after(answer))
        if status == httpx.codes.UNAUTHORIZED:
            return Stopped(_REFUSED)
        if problem is None:
            return self._not_photodock(status)
        return Stopped(f"{problem.code}: {problem.detail}") if problem.code in _FOR_ALL else problem

    def _not_photodock(self, status: int) -> Stopped:
        return Stopped(f"What answers at {self.address} is not photodock's API (HTTP {status}): check the address.")

    def _object(self, answer: httpx.Response) -> JsonObject:
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._not_photodock(answer.status_code)
        return found

    def _ticket(self, answer: httpx.Response) -> Ticket:
        found = self._object(answer)
        headers = found.get("headers")
        try:
            if not isinstance(headers, dict):
                raise TypeError
            values = {name: str(value) for name, value in headers.items()}
            return Ticket(UUID(str(found["photo_id"])), str(found["upload_url"]), values)
        except (KeyError, TypeError, ValueError):
            raise self._not_photodock(answer.status_code) from None


def _problem(answer: httpx.Response) -> Refused | None:
    """The answer's problem document (RFC 9457), or None when it has none of photodock's."""
    try:
        found = answer.json()
        return Refused(str(found["code"]), _sentence(found))
    except (ValueError, KeyError, TypeError):
        return None


def _sentence(problem: dict[str, Any]) -> str:
    detail = str(problem.get("detail") or problem.get("title") or "No reason was given.")
    errors = "; ".join(f"{error['field']}: {error['message']}" for error in problem.get("errors") or ())
    return f"{detail} ({errors})" if errors else detail


def _checked_address(address: str) -> str:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise Stopped(f"{address!r} is no address of a photodock: it must look like http://127.0.0.1:8000.")
    return address


def _checked_token(token: str) -> str:
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Stopped(_REFUSED if token else _MISSING)
    return token
