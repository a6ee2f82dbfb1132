"""What goes to object storage and comes from it. No token ever does: a presigned URL admits by itself."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import httpx

from photodock.client.errors import ClientError, NetworkError, StorageRefused
from photodock.client.retry import Retry, Transient, retried, retry_after
from photodock.client.sources import unreadable
from photodock.client.steps import Answer, Blocking, Body, Close, Notice, Open, Operation, Read, Request, Send

TIMEOUT = httpx.Timeout(60, connect=10, read=120)
"""Seconds for each single step, not for the whole; S3 may think for long after the last byte of a large object."""

_S3_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")
_AGAIN = frozenset({"RequestTimeout", "SlowDown"})
"""S3's 400 for a connection that stalled on the way, and its brake where a proxy turned 503 into something else."""


class UrlRefused(Exception):
    """The storage does not take this URL: a fresh one may help."""

    def __init__(self, final: StorageRefused) -> None:
        super().__init__(final.detail)
        self.final = final


class _TooFast(ClientError):
    """A 429 of the storage, waited for as the API's."""

    def __init__(self, refused: StorageRefused) -> None:
        super().__init__("rate_limited", refused.detail)


class Sink(Protocol):
    """Where a download goes. `begin` may come again: what was written before is void."""

    def begin(self) -> None: ...
    def write(self, chunk: bytes, /) -> object: ...


def put(url: str, headers: Mapping[str, str], body: Body, retry: Retry, notice: Notice) -> Operation[None]:
    """Returns once the object is there, whether by this PUT or an earlier one whose answer was lost.

    The body's `sent` hears 0 again at each attempt. Raises UrlRefused, StorageRefused, NetworkError and FileError.
    """
    # With Content-Length given, httpx sends no Transfer-Encoding: S3 refuses chunked bodies of unknown length.
    request = Request("PUT", url, TIMEOUT, {**headers, "Content-Length": str(body.size)}, body)

    def once() -> Operation[None]:
        body.sent(0)
        try:
            answer: Answer = yield Send(request)
        except (httpx.TransportError, httpx.InvalidURL):
            raise Transient(NetworkError("The connection to the storage failed.")) from None
        except OSError as error:
            raise unreadable(error) from error
        # 412 answers `If-None-Match: *`: an earlier attempt arrived after all.
        if not answer.is_success and answer.status != httpx.codes.PRECONDITION_FAILED:
            raise _refused(answer)

    yield from retried(once, retry, notice)


def get(url: str, sink: Sink) -> Operation[None]:
    """One attempt. Raises Transient; UrlRefused for a URL that has ended."""
    yield Blocking(sink.begin)
    try:
        answer: Answer = yield Open(Request("GET", url, TIMEOUT))
        if not answer.is_success:
            raise _refused(answer)
        while chunk := (yield Read(answer)):
            yield Blocking(_Write(sink, chunk))
    except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError):
        raise Transient(NetworkError("The connection to the storage failed.")) from None
    yield Close(answer)


@dataclass(frozen=True, slots=True)
class _Write:
    sink: Sink
    chunk: bytes

    def __call__(self) -> None:
        self.sink.write(self.chunk)


def _refused(answer: Answer) -> Exception:
    status = answer.status
    found = _S3_CODE.search(answer.content[:4096])
    code = found[1].decode() if found else None
    refused = StorageRefused(status, code)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Transient(_TooFast(refused), retry_after(answer.headers))
    # 409 is ConditionalRequestConflict: two writes at once, of which neither may have won.
    if status >= 500 or status == httpx.codes.CONFLICT or code in _AGAIN:
        return Transient(refused, retry_after(answer.headers))
    # Session credentials that ended under the URL are a 400 at AWS; an expired URL is a 403.
    if status == httpx.codes.FORBIDDEN or code == "ExpiredToken":
        return UrlRefused(refused)
    return refused


def without_presigned_urls(record: logging.LogRecord) -> bool:
    """A filter for httpx's log, which writes each request's URL at `info`: a presigned one is a secret."""
    return "X-Amz-Signature" not in record.getMessage()
