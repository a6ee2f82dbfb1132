"""A network that misbehaves on command, between the service and one of its servers."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_OPEN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What the network does to connections, new and old.

    `delay`: seconds, for each piece in each direction. `silent`: nothing passes and nothing is closed; a connection
    that lost a piece stays dead for ever. `answer`: that many bytes of the server's next answer still pass, and `then`
    the connection is reset, or falls silent.
    """

    delay: float = 0.0
    silent: bool = False
    answer: int | None = None
    then: Literal["reset", "silence"] = "reset"


HEALTHY = Fault()
SILENT = Fault(silent=True)


@dataclass(eq=False, slots=True)
class _Link:
    """One connection that passes through. `answered`: bytes of the server's since `fault` began."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    dead: bool = False
    fault: Fault = HEALTHY
    answered: int = 0

    def reset(self) -> None:
        for writer in filter(None, (self.client, self.server)):
            connection: socket.socket = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            writer.transport.abort()


@dataclass(eq=False)
class Proxy:
    """A TCP port of this machine that leads to `target`, a URL or `host:port`; refuses until it is opened. While it is
    closed its port stays bound, so that nobody else comes to listen there.

    `fault` may be set at any time. `accepted` counts all connections so far.
    """

    target: str
    fault: Fault = HEALTHY
    accepted: int = 0
    _port: int = 0
    _listening: asyncio.Server | None = None
    _kept: int | None = None
    """The descriptor that keeps the port."""
    _links: set[_Link] = field(default_factory=set)
    _passing: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def connections(self) -> int:
        """Those that are open now on the service's side."""
        return len(self._links)

    def in_place_of(self, url: str) -> str:
        """The same URL by way of this proxy."""
        return url.replace(urlsplit(url).netloc.rpartition("@")[2], self.address, 1)

    async def open(self) -> None:
        bound = self._bound() if self._kept is None else socket.socket(fileno=self._kept)
        self._kept = None
        self._listening = await asyncio.start_server(self._accept, sock=bound)
        self._port = self._listening.sockets[0].getsockname()[1]

    def _bound(self) -> socket.socket:
        bound = socket.socket()
        # As asyncio's own servers do: connections that have just ended are no hindrance.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", self._port))
        return bound

    def __del__(self) -> None:
        if self._kept is not None:
            os.close(self._kept)

    async def close(self) -> None:
        """From now on new connections are refused, and those there were are reset."""
        if self._listening:
            self._listening.close()
            self._listening, self._kept = None, self._bound().detach()
        self.cut()
        if self._passing:
            await asyncio.wait(self._passing, timeout=_OPEN_SECONDS)

    def cut(self) -> None:
        """Resets what is connected now."""
        for link in self._links:
            link.reset()

    def freeze(self) -> None:
        """What has connected so far is never heard of again, as behind a firewall that forgot it."""
        for link in self._links:
            link.dead = True

    @asynccontextmanager
    async def suffering(self, fault: Fault) -> AsyncIterator[None]:
        self.fault = fault
        try:
            yield
        finally:
            self.fault = HEALTHY

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        link = _Link(writer, dead=self.fault.silent)
        self._links.add(link)
        task = asyncio.current_task()
        assert task
        self._passing.add(task)
        try:
            await self._connect(link, reader)
        except OSError:
            link.reset()
        finally:
            for end in filter(None, (link.client, link.server)):
                end.close()
            self._links.discard(link)
            self._passing.discard(task)

    async def _connect(self, link: _Link, reader: asyncio.StreamReader) -> None:
        if link.dead:
            while await reader.read(65536):
                pass
            return
        parts = urlsplit(self.target if "://" in self.target else f"tcp://{self.target}")
        async with asyncio.timeout(_OPEN_SECONDS):
            from_server, link.server = await asyncio.open_connection(parts.hostname, parts.port)
        asking = asyncio.create_task(self._pass(link, reader, link.server, answers=False))
        answering = asyncio.create_task(self._pass(link, from_server, link.client, answers=True))
        await asyncio.wait((asking, answering), return_when=asyncio.FIRST_COMPLETED)
        if link.dead:
            # The service must not hear that the server has gone.
            await asyncio.wait((asking,))
        for task in (asking, answering):
            task.cancel()
        for end in await asyncio.gather(asking, answering, return_exceptions=True):
            if isinstance(end, OSError):
                raise end

    async def _pass(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while data := await reader.read(65536):
            fault = self.fault
            if fault.delay:
                await asyncio.sleep(fault.delay)
            link.dead |= fault.silent
            if answers and not link.dead and fault.answer is not None:
                data = self._shortened(link, fault, data)
            if data and not link.dead:
                writer.write(data)
                await writer.drain()
            if answers and link.fault is fault and link.answered < 0:
                self._end(link, fault)

    def _shortened(self, link: _Link, fault: Fault, data: bytes) -> bytes:
        """What of an answer still passes; `answered` is negative once nothing more may."""
        assert fault.answer is not None
        if link.fault is not fault:
            link.fault, link.answered = fault, 0
        rest = fault.answer - link.answered
        link.answered = -1 if len(data) >= rest else link.answered + len(data)
        return data[:rest]

    def _end(self, link: _Link, fault: Fault) -> None:
        if fault.then == "silence":
            link.dead = True
        else:
            link.reset()
