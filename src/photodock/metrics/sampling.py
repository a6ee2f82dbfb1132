"""What is looked at from time to time, rather than where it happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from photodock.metrics.definitions import POOL_CONNECTIONS
from photodock.metrics.requests import REQUESTS

SECONDS = 1.0


class Pool(Protocol):
    """What is looked at of a pool of connections."""

    @property
    def open(self) -> int: ...
    @property
    def in_use(self) -> int: ...
    @property
    def limit(self) -> int: ...


@asynccontextmanager
async def sampling(pool: Pool) -> AsyncIterator[None]:
    """Looks each second, while the block runs."""
    task = asyncio.create_task(_run(pool))
    try:
        yield
    finally:
        task.cancel()
        REQUESTS.hand_over()


async def _run(pool: Pool) -> None:
    opened, in_use, limit = (POOL_CONNECTIONS.labels(state) for state in ("open", "in_use", "limit"))
    while True:
        opened.set(pool.open)
        in_use.set(pool.in_use)
        limit.set(pool.limit)
        REQUESTS.hand_over()
        await asyncio.sleep(SECONDS)
