"""What a detector asks of photodock: the photo, its bytes, and that its report is taken."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import structlog

from photodock import __version__
from photodock.client.async_driver import AsyncDriver
from photodock.client.downloads import ToMemory
from photodock.client.errors import ClientError, FileError
from photodock.client.retry import Retry, Transient, retried, retry_after
from photodock.client.steps import Answer, Operation, Request, Send
from photodock.client.storage import UrlRefused, get
from photodock.consumer.failures import DetectionFailed, PhotodockUnavailable, PhotoGone, ReportRefused
from photodock.domain.values import JsonObject

log = structlog.get_logger(__name__)

T = TypeVar("T")

Token: TypeAlias = str | Callable[[], str]
"""An access token of the scope `photos:pipeline`, or what gives the present one."""

TIMEOUT = httpx.Timeout(30, connect=10)
_AGENT = {"User-Agent": f"photodock-consumer/{__version__}"}
_NOBODY_WAITS = frozenset({httpx.codes.NOT_FOUND, httpx.codes.CONFLICT})
_UNAUTHORIZED = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})


class Photodock:
    """Each call is tried again for about half a minute, or as Retry-After says, then raises PhotodockUnavailable.

    Raises ValueError for a `url` that is none.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        max_photo_bytes: int,
        retry: Retry | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._max_photo_bytes = max_photo_bytes
        self._retry = retry or Retry()
        self._photos = _photos_at(url)
        self._token = token
        self._driver = AsyncDriver(transport, sleep)

    async def aclose(self) -> None:
        await self._driver.close()

    async def photo(self, photo_id: UUID, headers: Mapping[str, str]) -> JsonObject | None:
        """None when it was deleted."""
        return await self._retried(lambda: self._photo(photo_id, headers))

    async def report(self, photo_id: UUID, update: JsonObject, headers: Mapping[str, str]) -> bool:
        """False when nobody waits for it any more. Raises ReportRefused."""
        answer = await self._retried(lambda: self._call("PATCH", f"/{photo_id}/status", headers, update))
        if answer.is_success:
            return True
        if answer.status in _NOBODY_WAITS:
            return False
        text = answer.content.decode(errors="replace")
        raise ReportRefused(f"photodock refuses the report ({answer.status}): {text[:500]}")

    async def download(self, photo_id: UUID, photo: JsonObject | None, headers: Mapping[str, str]) -> bytes:
        """The photo's bytes by the `download_url` of `photo`, or of the photo as it is now: it ends after a while.

        Raises PhotoGone, and DetectionFailed (`too_many_bytes`).
        """
        known = photo

        def once() -> Operation[bytes]:
            nonlocal known
            now, known = known or (yield from self._photo(photo_id, headers)), None
            url = now and now.get("download_url")
            if not url:
                raise PhotoGone("The photo has been deleted.")
            return (yield from self._content(str(url)))

        return await self._retried(once)

    def _content(self, url: str) -> Operation[bytes]:
        sink = ToMemory(self._max_photo_bytes)
        try:
            yield from get(url, sink)
        except FileError as error:
            raise DetectionFailed(error.code, f"More than {self._max_photo_bytes:,} bytes.") from None
        except UrlRefused as refused:
            raise Transient(refused.final) from None
        except ClientError as error:
            # Not there, say: a fresh URL may lead to it, and a photo that was deleted has none.
            raise Transient(error) from None
        return bytes(sink.data)

    def _photo(self, photo_id: UUID, headers: Mapping[str, str]) -> Operation[JsonObject | None]:
        answer = yield from self._call("GET", f"/{photo_id}", headers, None)
        if answer.status == httpx.codes.NOT_FOUND:
            return None
        try:
            found: object = json.loads(answer.content) if answer.is_success else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise PhotodockUnavailable(f"What answers ({answer.status}) is not photodock's API.")
        return found

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: JsonObject | None) -> Operation[Answer]:
        """One attempt."""
        # Asked for at each request: it may have been renewed meanwhile.
        token = self._token() if callable(self._token) else self._token
        given = {**_AGENT, **headers, "Authorization": f"Bearer {token}"}
        content = None
        if body is not None:
            given["Content-Type"] = "application/json"
            content = json.dumps(body, allow_nan=False).encode()
        try:
            answer: Answer = yield Send(Request(method, f"{self._photos}{path}", TIMEOUT, given, content))
        except httpx.TransportError as error:
            raise _transient(f"photodock can't be reached ({type(error).__name__}).") from None
        if answer.status >= 500 or answer.status == httpx.codes.TOO_MANY_REQUESTS:
            raise _transient(f"photodock answers {answer.status}.", retry_after(answer.headers))
        if answer.status in _UNAUTHORIZED:
            raise PhotodockUnavailable(f"photodock refuses the token ({answer.status}).")
        return answer

    async def _retried(self, once: Callable[[], Operation[T]]) -> T:
        def notice(reason: str) -> None:
            log.info("photodock_tried_again", reason=reason)

        try:
            return await self._driver.run(retried(once, self._retry, notice))
        except ClientError as error:
            raise PhotodockUnavailable(error.detail) from None


def _transient(sentence: str, seconds: float | None = None) -> Transient:
    return Transient(ClientError("photodock_unavailable", sentence), seconds)


def _photos_at(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("photodock_url must look like https://photodock.example.com")
    return f"{url.rstrip('/')}/api/v1/photos"
