"""Servers that go away and come back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from photodock.embedded.server import Server


@asynccontextmanager
async def down(*servers: Server) -> AsyncIterator[None]:
    """They are stopped in order; after the block they are started again, on the same ports."""
    await asyncio.gather(*(asyncio.to_thread(server.stop) for server in servers))
    try:
        yield
    finally:
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """The server accepts connections and says nothing."""
    assert server.process is not None
    assert server.process.pid is not None
    os.killpg(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(server.process.pid, signal.SIGCONT)
