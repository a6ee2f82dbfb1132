"""Carries operations out, one step after the other, in the caller's thread."""

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import httpx

from photodock.client.steps import Answer, Ask, Blocking, Body, Close, Open, Operation, Pause, Read, Request, Send, Step
from photodock.client.transport import NO_PROXY_HERE, hide_presigned_urls

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Stream:
    response: httpx.Response
    chunks: Iterator[bytes]


class SyncDriver:
    """`transport` replaces the network, `sleep` the clock."""

    def __init__(self, transport: httpx.BaseTransport | None, sleep: Callable[[float], object] = time.sleep) -> None:
        hide_presigned_urls()
        self._http = httpx.Client(transport=transport, mounts=None if transport else NO_PROXY_HERE)
        self._sleep = sleep

    def close(self) -> None:
        self._http.close()

    def run(self, operation: Operation[T]) -> T:
        opened: list[_Stream] = []
        go_on: Callable[[], Step] = partial(next, operation)
        try:
            while True:
                step = go_on()
                try:
                    found = self._do(step, opened)
                except Exception as error:
                    go_on = partial(operation.throw, error)
                else:
                    go_on = partial(operation.send, found)
        except StopIteration as done:
            result: T = done.value
            return result
        except BaseException:
            operation.close()
            for stream in opened:
                stream.response.close()
            raise

    def _do(self, step: Step, opened: list[_Stream]) -> Any:
        found: Any = None
        match step:
            case Send(request):
                response = self._http.send(self._built(request))
                found = Answer(response.status_code, response.headers, response.content)
            case Open(request):
                found = self._open(request, opened)
            case Read(Answer(stream=_Stream(chunks=chunks))):
                found = next(chunks, b"")
            case Close(Answer(stream=_Stream(response=response))):
                response.close()
            case Pause(seconds):
                self._sleep(seconds)
            case Ask(token):
                found = _given(token())
            case Blocking(call):
                found = call()
        return found

    def _open(self, request: Request, opened: list[_Stream]) -> Answer:
        response = self._http.send(self._built(request), stream=True)
        if not response.is_success:
            with closing(response):
                return Answer(response.status_code, response.headers, response.read())
        stream = _Stream(response, response.iter_bytes())
        opened.append(stream)
        return Answer(response.status_code, response.headers, stream=stream)

    def _built(self, request: Request) -> httpx.Request:
        content = _chunks(request.content) if isinstance(request.content, Body) else request.content
        return self._http.build_request(
            request.method,
            request.url,
            headers=dict(request.headers),
            params=dict(request.params) or None,
            content=content,
            timeout=request.timeout,
        )


def _chunks(body: Body) -> Iterator[bytes]:
    with closing(body.open()) as opened:
        sent = 0
        while chunk := opened.read(body.next_size(sent)):
            yield chunk
            sent += len(chunk)
            body.sent(sent)
        body.check_end(sent)


def _given(token: object) -> object:
    if inspect.iscoroutine(token):
        token.close()
        raise TypeError("Client takes a plain function for its token; a coroutine function is AsyncClient's.")
    return token
