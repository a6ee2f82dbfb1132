"""A receiver of webhooks, on real sockets: keeps what it is sent, and answers as it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One request, its headers in lower case; `server_name` is what TLS was asked for."""

    line: str
    headers: dict[str, str]
    body: bytes
    server_name: str | None = None

    def verified(self, secret: str) -> dict[str, object]:
        """The event, if the official library takes it."""
        event: dict[str, object] = Webhook(secret).verify(self.body, self.headers)
        return event


Answer = Callable[[Received], Awaitable[int | bytes | None]]
"""A status, raw bytes, or None for the connection's end."""


async def ok(_: Received) -> int:
    return 204


@dataclass
class Receiver:
    answer: Answer = ok
    received: list[Received] = field(default_factory=list)
    at_once: int = 0
    """The most requests that were under way at a time."""
    connections: int = 0
    under_way: int = 0
    port: int = 0
    names: list[str | None] = field(default_factory=list)

    def tell(self, *answers: int) -> None:
        """One after the other, and the last one from then on."""
        left = list(answers)

        async def answer(_: Received) -> int:
            return left.pop(0) if len(left) > 1 else left[0]

        self.answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.under_way += 1
        self.at_once = max(self.at_once, self.under_way)
        try:
            request = await self._read(reader)
            self.received.append(request)
            answer = await self.answer(request)
            if isinstance(answer, int):
                answer = f"HTTP/1.1 {answer} Word\r\nContent-Length: 0\r\n\r\n".encode()
            writer.write(answer or b"")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the sender has gone
        finally:
            self.under_way -= 1
            with suppress(OSError):
                writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Received:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
        line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Received(line, headers, body, self.names[-1] if self.names else None)


@dataclass
class Names:
    """A name server that says what it is told: each answer once, the last one from then on."""

    answers: list[Sequence[str]]
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def receiving(
    *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    if tls:
        tls.sni_callback = lambda _, name, __: receiver.names.append(name)
    serving: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(receiver.serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(connected, host, port, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in tuple(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
