"""PostgreSQL's LISTEN, over a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn

import structlog

from photodock.db.connecting import Connector

log = structlog.get_logger(__name__)


class Listener:
    """Hears what is sent to one channel, and connects again whenever the connection is lost.

    `url` must lead to PostgreSQL itself or to a pooler in session mode: in transaction mode LISTEN hears nothing.
    A lost connection loses notifications, so callers must also poll. After `heartbeat_seconds` without a word the
    server is asked for one: a peer that vanished, or that takes no writes any more, is left for another. Times in
    seconds; `reconnect_delays` are the waits after the first, second … failure in a row, the last one repeated.
    """

    def __init__(
        self,
        url: str,
        channel: str,
        *,
        connect_timeout: float = 4.0,
        heartbeat_seconds: float = 15.0,
        reconnect_delays: Sequence[float] = (0.2, 0.5, 1.0, 2.0, 5.0),
    ) -> None:
        self._connector = Connector(url, connect_timeout=connect_timeout, command_timeout=connect_timeout)
        self._channel = channel
        self._heartbeat_seconds = heartbeat_seconds
        self._reconnect_delays = reconnect_delays

    @asynccontextmanager
    async def listening(self, notified: Callable[[], None]) -> AsyncIterator[None]:
        """While the block runs, calls `notified` for each notification, and after each connect for those missed."""
        task = asyncio.create_task(self._keep_listening(notified))
        try:
            yield
        finally:
            task.cancel()
            # Not `await task` with its cancellation suppressed: the caller's own, at this moment, would be too.
            await asyncio.wait((task,))

    async def _keep_listening(self, notified: Callable[[], None]) -> None:
        failures = 0

        def connected() -> None:
            nonlocal failures
            failures = 0
            notified()

        while True:
            try:
                await self._listen(connected, notified)
            # Whatever it is, to give up would leave the relay to its polling without a word.
            except Exception as error:
                log.warning("listener_disconnected", channel=self._channel, kind=type(error).__name__)
            await asyncio.sleep(self._reconnect_delays[min(failures, len(self._reconnect_delays) - 1)])
            failures += 1

    async def _listen(self, connected: Callable[[], None], notified: Callable[[], None]) -> NoReturn:
        """Listens until the connection is lost; never returns otherwise than by an error."""
        connection: Any = await self._connector.connect()
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(self._channel, lambda *_: notified())
            connected()
            while not lost.is_set():
                try:
                    async with asyncio.timeout(self._heartbeat_seconds):
                        await lost.wait()
                except TimeoutError:
                    # A peer that vanished sends no word of it: only asking finds out.
                    if await connection.fetchval("SHOW transaction_read_only") == "on":
                        raise ConnectionResetError from None
        finally:
            with suppress(Exception):
                await connection.close(timeout=1)
        raise ConnectionResetError


class NoListener:
    """Hears nothing: behind a pooler in transaction mode, with no other way to PostgreSQL. Polling is left."""

    @asynccontextmanager
    async def listening(self, _: Callable[[], None]) -> AsyncIterator[None]:
        yield
