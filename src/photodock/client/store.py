"""The PUT to object storage, streamed from disk."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx

from photodock.client.api import NO_PROXY_HERE, Ticket
from photodock.client.failures import RATE_LIMITED, Refused, Transient, UrlRefused
from photodock.client.files import unreadable
from photodock.client.retry import Notice, Retry, retry_after

TIMEOUT = httpx.Timeout(60, connect=10, read=120)
"""Seconds for each single step, not for the whole; S3 may think for long after the last byte of a large object."""

CHUNK = 128 * 1024
_S3_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")
_AGAIN = frozenset({"RequestTimeout", "SlowDown"})
"""S3's 400 for a connection that stalled on the way, and its brake where a proxy turned 503 into something else."""

Progress = Callable[[int], None]


class Store:
    """No Authorization header ever goes to the storage: the URL alone admits, so this is a client of its own."""

    def __init__(self, retry: Retry, transport: httpx.AsyncBaseTransport | None) -> None:
        self._retry = retry
        mounts = None if transport else NO_PROXY_HERE
        self._http = httpx.AsyncClient(timeout=TIMEOUT, transport=transport, mounts=mounts)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def put(self, ticket: Ticket, path: Path, size: int, progress: Progress, notice: Notice) -> None:
        """Returns once the object is there, whether by this PUT or an earlier one whose answer was lost.

        `progress` hears the bytes sent so far, from 0 again at each attempt. Raises UrlRefused or Refused.
        """

        async def once() -> None:
            progress(0)
            # With Content-Length given, httpx sends no Transfer-Encoding: S3 refuses chunked bodies of unknown length.
            headers = ticket.headers | {"Content-Length": str(size)}
            try:
                body = _chunks(path, size, progress)
                answer = await self._http.put(ticket.upload_url, content=body, headers=headers)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                final = Refused("network_error", "The connection to the storage failed.")
                raise Transient(final) from error
            except OSError as error:
                raise unreadable(error) from error
            _check(answer)

        await self._retry.run(once, notice)


async def _chunks(path: Path, size: int, progress: Progress) -> AsyncIterator[bytes]:
    opened = await asyncio.to_thread(path.open, "rb")
    try:
        sent = 0
        while chunk := await asyncio.to_thread(opened.read, min(CHUNK, size - sent)):
            yield chunk
            sent += len(chunk)
            progress(sent)
        if sent < size:
            raise Refused("file_changed", "The file became shorter while it was being sent.")
    finally:
        opened.close()


def _check(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success or status == httpx.codes.PRECONDITION_FAILED:
        # 412 answers `If-None-Match: *`: an earlier attempt arrived after all.
        return
    found = _S3_CODE.search(answer.content[:4096])
    code = found[1].decode() if found else "no reason"
    refused = Refused("storage_refused", f"The storage answered {status} ({code}).")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise Transient(Refused(RATE_LIMITED, refused.detail), retry_after(answer))
    # 409 is ConditionalRequestConflict: two writes at once, of which neither may have won.
    if answer.is_server_error or status == httpx.codes.CONFLICT or code in _AGAIN:
        raise Transient(refused, retry_after(answer))
    # Session credentials that ended under the URL are a 400 at AWS; an expired URL is a 403.
    if status == httpx.codes.FORBIDDEN or code == "ExpiredToken":
        raise UrlRefused(refused.code, refused.detail)
    raise refused
