"""What a detector asks of photodock: the photo, its bytes, and that its report is taken."""

import logging
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import structlog

from photodock import __version__
from photodock.client.api import NO_PROXY_HERE
from photodock.client.failures import Stopped, Transient
from photodock.client.retry import Retry, retry_after
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
    ) -> None:
        self._max_photo_bytes = max_photo_bytes
        self._retry = retry or Retry()
        mounts = None if transport else NO_PROXY_HERE
        self._api = httpx.AsyncClient(
            base_url=_photos_at(url),
            auth=_Bearer(token),
            headers=_AGENT,
            timeout=TIMEOUT,
            transport=transport,
            mounts=mounts,
        )
        # Of its own: a presigned URL admits by itself, and the token stays at home.
        self._storage = httpx.AsyncClient(headers=_AGENT, timeout=TIMEOUT, transport=transport, mounts=mounts)
        logging.getLogger("httpx").addFilter(_without_presigned_urls)

    async def aclose(self) -> None:
        await self._api.aclose()
        await self._storage.aclose()

    async def photo(self, photo_id: UUID, headers: Mapping[str, str]) -> JsonObject | None:
        """None when it was deleted."""
        answer = await self._call("GET", f"/{photo_id}", headers)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        try:
            found: JsonObject = answer.raise_for_status().json()
        except (httpx.HTTPStatusError, ValueError):
            raise PhotodockUnavailable(f"What answers ({answer.status_code}) is not photodock's API.") from None
        return found

    async def report(self, photo_id: UUID, update: JsonObject, headers: Mapping[str, str]) -> bool:
        """False when nobody waits for it any more. Raises ReportRefused."""
        answer = await self._call("PATCH", f"/{photo_id}/status", headers, json=update)
        if answer.is_success:
            return True
        if answer.status_code in _NOBODY_WAITS:
            return False
        raise ReportRefused(f"photodock refuses the report ({answer.status_code}): {answer.text[:500]}")

    async def download(self, photo_id: UUID, photo: JsonObject | None, headers: Mapping[str, str]) -> bytes:
        """The photo's bytes by the `download_url` of `photo`, or of the photo as it is now: it ends after a while.

        Raises PhotoGone, and DetectionFailed (`too_many_bytes`).
        """
        known = photo

        async def once() -> bytes:
            nonlocal known
            now, known = known or await self.photo(photo_id, headers), None
            url = now and now.get("download_url")
            if not url:
                raise PhotoGone("The photo has been deleted.")
            return await self._content(str(url))

        return await self._retried(once)

    async def _content(self, url: str) -> bytes:
        data = bytearray()
        try:
            async with self._storage.stream("GET", url) as answer:
                if not answer.is_success:
                    final = Stopped(f"The storage answers {answer.status_code}.")
                    raise Transient(final, retry_after(answer))
                async for chunk in answer.aiter_bytes():
                    data += chunk
                    if len(data) > self._max_photo_bytes:
                        raise DetectionFailed("too_many_bytes", f"More than {self._max_photo_bytes:,} bytes.")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Never its text, nor itself as the cause: both name the URL.
            raise Transient(Stopped(f"The storage can't be reached ({type(error).__name__}).")) from None
        return bytes(data)

    async def _call(self, method: str, path: str, headers: Mapping[str, str], **arguments: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            try:
                answer = await self._api.request(method, path, headers=dict(headers), **arguments)
            except httpx.TransportError as error:
                raise Transient(Stopped(f"photodock can't be reached ({type(error).__name__}).")) from None
            if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                raise Transient(Stopped(f"photodock answers {answer.status_code}."), retry_after(answer))
            if answer.status_code in _UNAUTHORIZED:
                raise PhotodockUnavailable(f"photodock refuses the token ({answer.status_code}).")
            return answer

        return await self._retried(once)

    async def _retried(self, once: Callable[[], Awaitable[T]]) -> T:
        try:
            return await self._retry.run(once, lambda reason: log.info("photodock_tried_again", reason=reason))
        except Stopped as stopped:
            raise PhotodockUnavailable(str(stopped)) from None


def _photos_at(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("photodock_url must look like https://photodock.example.com")
    return f"{url.rstrip('/')}/api/v1/photos"


class _Bearer(httpx.Auth):
    """Asks for the token at each request: it may have been renewed meanwhile."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token() if callable(self._token) else self._token
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


def _without_presigned_urls(record: logging.LogRecord) -> bool:
    """httpx writes each request's URL at `info`, and a presigned one is a secret."""
    return "X-Amz-Signature" not in record.getMessage()
