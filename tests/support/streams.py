"""Event streams as a client reads them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from support.clock import eventually
from support.system import Caller

JsonObject = dict[str, Any]


class EndingTransport(httpx.ASGITransport):
    """httpx's own waits for an answer's end, and a stream has none: of one only the beginning is read here."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/events"):
            return await super().handle_async_request(request)
        return await httpx.ASGITransport(app=beginning_of(self.app), raise_app_exceptions=False).handle_async_request(
            request
        )


def beginning_of(app: Any) -> ASGIApp:
    """The client leaves once it has the first part of the answer's body."""

    async def begun(scope: Scope, receive: Receive, send: Send) -> None:
        has_enough = asyncio.Event()

        async def receive_until_enough() -> Message:
            if has_enough.is_set():
                return {"type": "http.disconnect"}
            asked = asyncio.ensure_future(receive())
            enough = asyncio.ensure_future(has_enough.wait())
            try:
                await asyncio.wait((asked, enough), return_when=asyncio.FIRST_COMPLETED)
                return asked.result() if asked.done() else {"type": "http.disconnect"}
            finally:
                asked.cancel()
                enough.cancel()

        async def send_noted(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body":
                has_enough.set()

        await app(scope, receive_until_enough, send_noted)

    return begun


@dataclass(frozen=True)
class Told:
    """One event: `name` is `photo` or `reset`; the `id` is the last one that the stream gave so far."""

    name: str
    id: str
    data: JsonObject


@dataclass
class Reader:
    """What came over one stream so far. `last_id`, with which to go on."""

    told: list[Told] = field(default_factory=list)
    last_id: str | None = None
    comments: int = 0
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    has_begun: bool = False
    has_ended: bool = False

    @property
    def types(self) -> list[str]:
        return [event.data.get("type", event.name) for event in self.told]

    @property
    def changes(self) -> list[tuple[str, str]]:
        """Type and photo of each."""
        return [(event.data["type"], event.data["photo_id"]) for event in self.told if event.name == "photo"]

    def read(self, block: str) -> None:
        """One block, as the HTML standard says that event streams are interpreted."""
        name, data = "message", []
        for line in block.split("\n"):
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match key:
                case "":
                    self.comments += line.startswith(":")
                case "id":
                    self.last_id = value
                case "event":
                    name = value
                case "data":
                    data.append(value)
        self.has_begun = True
        if data:
            assert self.last_id is not None
            self.told.append(Told(name, self.last_id, json.loads("\n".join(data))))

    async def has(self, count: int, *, seconds: float = 40) -> list[Told]:
        async def enough() -> bool:
            assert len(self.told) >= count, f"{len(self.told)} of {count}: {self.types}"
            return True

        await eventually(enough, seconds=seconds, pause=0.02)
        return self.told

    async def ends(self, *, seconds: float = 40) -> None:
        async def ended() -> bool:
            return self.has_ended

        await eventually(ended, seconds=seconds, pause=0.02)


@asynccontextmanager
async def reading(
    url: str,
    caller: Caller,
    *,
    last_id: str | None = None,
    project_id: str | None = None,
    token: str | None = None,
    told: list[Told] | None = None,
) -> AsyncIterator[Reader]:
    """Over a socket of its own; returns once the stream has begun. Events are added to `told`, if it is given."""
    reader = Reader([] if told is None else told)
    headers = {"Authorization": f"Bearer {token}"} if token else caller.headers
    if last_id is not None:
        headers["Last-Event-ID"] = last_id
    async with httpx.AsyncClient(timeout=httpx.Timeout(40, read=None)) as http:
        address = f"{url}/api/v1/events" + (f"?project_id={project_id}" if project_id else "")

        async def read() -> None:
            async with http.stream("GET", address, headers=headers) as answer:
                assert answer.status_code == 200, await answer.aread()
                reader.headers = answer.headers
                rest = ""
                try:
                    async for text in answer.aiter_text():
                        *blocks, rest = (rest + text).split("\n\n")
                        for block in blocks:
                            reader.read(block)
                except httpx.TransportError:
                    pass
                finally:
                    reader.has_ended = True

        task = asyncio.create_task(read())

        async def begun() -> bool:
            return reader.has_begun or task.done()

        try:
            await eventually(begun, pause=0.01)
            if task.done():
                task.result()  # raises at once for who was refused
            yield reader
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def following(url: Callable[[], str], caller: Caller, told: list[Told]) -> None:
    """Until it is cancelled, adds to `told`: whenever a stream ends, goes on with another behind what it has."""
    last_id: str | None = None
    while True:
        # Refused, or broken off at any point: what is whole stays.
        with suppress(httpx.HTTPError, AssertionError):
            async with reading(url(), caller, last_id=last_id, told=told) as reader:
                try:
                    await reader.ends(seconds=600)
                finally:
                    last_id = reader.last_id or last_id
        await asyncio.sleep(0.05)
