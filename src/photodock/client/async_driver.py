"""Carries operations out on an event loop: waits never hold it up, and files are read in threads."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
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
    chunks: AsyncIterator[bytes]


class AsyncDriver:
    """`transport` replaces the network, `sleep` the clock."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        hide_presigned_urls()
        self._http = httpx.AsyncClient(transport=transport, mounts=None if transport else NO_PROXY_HERE)
        self._sleep = sleep

    async def close(self) -> None:
        await self._http.aclose()

    async def run(self, operation: Operation[T]) -> T:
        opened: list[_Stream] = []
        go_on: Callable[[], Step] = partial(next, operation)
        try:
            while True:
                step = go_on()
                try:
                    found = await self._do(step, opened)
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
                await stream.response.aclose()
            raise

    async def _do(self, step: Step, opened: list[_Stream]) -> Any:
        found: Any = None
        match step:
            case Send(request):
                response = await self._http.send(self._built(request))
                found = Answer(response.status_code, response.headers, response.content)
            case Open(request):
                found = await self._open(request, opened)
            case Read(Answer(stream=_Stream(chunks=chunks))):
                found = await anext(chunks, b"")
            case Close(Answer(stream=_Stream(response=response))):
                await response.aclose()
            case Pause(seconds):
                await self._sleep(seconds)
            case Ask(token):
                found = token()
                if inspect.isawaitable(found):
                    found = await found
            case Blocking(call):
                found = await asyncio.to_thread(call)
        return found

    async def _open(self, request: Request, opened: list[_Stream]) -> Answer:
        response = await self._http.send(self._built(request), stream=True)
        if not response.is_success:
            try:
                return Answer(response.status_code, response.headers, await response.aread())
            finally:
                await response.aclose()
        stream = _Stream(response, response.aiter_bytes())
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


async def _chunks(body: Body) -> AsyncIterator[bytes]:
    opened = await asyncio.to_thread(body.open)
    try:
        sent = 0
        while chunk := await asyncio.to_thread(opened.read, body.next_size(sent)):
            yield chunk
            sent += len(chunk)
            body.sent(sent)
        body.check_end(sent)
    finally:
        opened.close()
