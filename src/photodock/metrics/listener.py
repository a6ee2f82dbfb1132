"""`GET /metrics` of a process that has no other address: a worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from photodock.metrics.exposition import CONTENT_TYPE, exposition

READ_SECONDS, MAX_HEAD_BYTES = 5.0, 8_192
FAULTS = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
"""A client that goes away, says nothing, or says too much."""


@asynccontextmanager
async def listening(host: str, port: int) -> AsyncIterator[None]:
    """Answers while the block runs, one request for each connection. Raises OSError where it can't listen."""
    async with await asyncio.start_server(_answer, host, port, limit=MAX_HEAD_BYTES):
        yield


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(*FAULTS):
        async with asyncio.timeout(READ_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
            found = head.startswith((b"GET /metrics ", b"GET /metrics?"))
            body = exposition() if found else b"Only GET /metrics is answered here.\n"
            status = "200 OK" if found else "404 Not Found"
            head_lines = (
                f"HTTP/1.1 {status}",
                f"Content-Type: {CONTENT_TYPE if found else 'text/plain; charset=utf-8'}",
                f"Content-Length: {len(body)}",
                "Connection: close",
            )
            writer.write("\r\n".join((*head_lines, "", "")).encode() + body)
            await writer.drain()
    writer.close()
