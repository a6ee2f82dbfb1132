"""A client that sends what it is told to, byte for byte, and reads until the server ends the connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Answer:
    """Everything that came until the connection ended; `raw` is empty when that was nothing."""

    raw: bytes
    reset: bool = False
    headers: dict[str, str] = field(init=False, default_factory=dict)
    status: int | None = field(init=False, default=None)
    body: bytes = field(init=False, default=b"")

    def __post_init__(self) -> None:
        if self.raw:
            head, _, self.body = self.raw.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            self.status = int(first.split()[1])
            self.headers = dict(line.split(": ", 1) for line in lines)

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json", self.raw
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class RawClient:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """A server that has gone away is no failure: what it said is read afterwards."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            pass
        # `drain` lets nobody else run while there is room: what the server says would be read only after its reset.
        await asyncio.sleep(0)

    async def until_closed(self, *, seconds: float = 40) -> Answer:
        """Raises TimeoutError when the server does not end the connection."""
        received = bytearray()
        async with asyncio.timeout(seconds):
            try:
                while data := await self.reader.read(65_536):
                    received += data
            except ConnectionError:
                return Answer(bytes(received), reset=True)
        return Answer(bytes(received))

    async def answer(self, *, seconds: float = 40) -> Answer:
        """One answer with a Content-Length, on a connection that stays."""
        async with asyncio.timeout(seconds):
            head = await self.reader.readuntil(b"\r\n\r\n")
            found = Answer(head)
            body = await self.reader.readexactly(int(found.headers["content-length"]))
        return Answer(head + body)

    async def trickle(self, data: bytes, *, pause: float = 0.1) -> None:
        """A byte at a time, until all is sent or the server has had enough."""
        for place in range(len(data)):
            await self.send(data[place : place + 1])
            if self.reader.at_eof() or self.writer.transport.is_closing():
                return
            await asyncio.sleep(pause)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[RawClient]:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()
