"""Connections that are kept and lent out. asyncpg's own pool spends a task and two wrappers on every use: for a short
statement that is more than the statement itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from photodock.metrics.definitions import POOL_TIMEOUTS, POOL_WAITS

IDLE_SECONDS = 300.0
"""What nobody used for this long is closed: firewalls forget connections, and the server has better uses for them."""
CLOSE_SECONDS = 2.0


class Connections:
    """Up to `max_size` of what `connect` opens, each opened when it is needed; the one used last goes out first.

    A caller waits `timeout` seconds at the most, for a free place and for a new connection together.
    """

    def __init__(self, connect: Callable[[], Awaitable[Any]], *, max_size: int, timeout: float) -> None:
        self._connect = connect
        self._max_size = max_size
        self.timeout = timeout
        self._places = asyncio.Semaphore(max_size)
        self._idle: list[tuple[Any, float]] = []
        self._open: set[Any] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._open)

    @property
    def open(self) -> int:
        return len(self._open)

    @property
    def in_use(self) -> int:
        return len(self._open) - len(self._idle)

    @property
    def limit(self) -> int:
        return self._max_size

    async def acquire(self) -> Any:
        """Raises TimeoutError, what `connect` raises, and InterfaceError after `close`."""
        if self._closed:
            raise asyncpg.InterfaceError("the connections are closed")
        if not self._places.locked():
            await self._places.acquire()  # there is one: this does not wait
            if found := self._take():
                return found
            self._places.release()
        if self._places.locked():
            POOL_WAITS.inc()
        try:
            async with asyncio.timeout(self.timeout):
                await self._places.acquire()
                try:
                    return self._take() or await self._opened()
                except BaseException:
                    self._places.release()
                    raise
        except TimeoutError:
            POOL_TIMEOUTS.inc()
            raise

    def release(self, connection: Any) -> None:
        """Takes back what `acquire` gave; one that is in the middle of something is closed."""
        if connection.is_closed():
            self._open.discard(connection)  # one lost while it was opened has told nobody
        elif self._closed or connection.is_in_transaction():
            connection.terminate()
        else:
            self._idle.append((connection, time.monotonic()))
        self._places.release()
        self._retire()

    def terminate(self) -> None:
        """Gives all connections up, those in use too."""
        for connection in list(self._open):
            connection.terminate()

    async def close(self) -> None:
        """Waits a moment for those in use. A server that is silent now leaves their end to us."""
        self._closed = True
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                for _ in range(self._max_size):
                    await self._places.acquire()
                await asyncio.gather(*(connection.close() for connection, _ in self._idle), return_exceptions=True)
        except TimeoutError:
            pass
        finally:
            self.terminate()

    def _take(self) -> Any:
        """The idle one that was used last, or None."""
        oldest = time.monotonic() - IDLE_SECONDS
        while self._idle:
            connection, since = self._idle.pop()
            if not connection.is_closed():
                if since >= oldest:
                    return connection
                connection.terminate()
        return None

    def _retire(self) -> None:
        oldest = time.monotonic() - IDLE_SECONDS
        while self._idle and self._idle[0][1] < oldest:
            self._idle.pop(0)[0].terminate()

    async def _opened(self) -> Any:
        connection = await self._connect()
        self._open.add(connection)
        connection.add_termination_listener(self._open.discard)
        return connection
