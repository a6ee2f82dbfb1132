"""LISTEN over a connection that may be lost in any way."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from photodock.db.listener import Listener


class Heard:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1

    async def more_than(self, times: int) -> bool:
        return self.times > times


@pytest.fixture
def heard() -> Heard:
    return Heard()


async def notify(db: Any) -> None:
    await db.fetch("SELECT pg_notify('some_channel', '')")


async def test_each_notification_and_each_connect_is_told(db, database_url, heard, eventually):
    async with Listener(database_url, "some_channel").listening(heard):
        await eventually(lambda: heard.more_than(0))
        await notify(db)
        await eventually(lambda: heard.more_than(1))


async def test_it_hears_on_through_its_own_heartbeats(db, database_url, heard, eventually):
    heartbeat = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SHOW %'"

    async def has_beaten() -> bool:
        return await db.fetchrow(heartbeat) is not None

    async with Listener(database_url, "some_channel", heartbeat_seconds=0.02).listening(heard):
        await eventually(has_beaten)
        await notify(db)
        await eventually(lambda: heard.more_than(1))
    assert heard.times == 2


async def test_a_connection_that_fell_silent_is_replaced(db, database_url, heard, eventually, gate_to):
    gate = await gate_to(database_url)
    url = database_url.replace(urlsplit(database_url).netloc.rpartition("@")[2], gate.address)
    listener = Listener(url, "some_channel", heartbeat_seconds=0.05, connect_timeout=0.5, reconnect_delays=(0.05,))
    async with listener.listening(heard):
        await eventually(lambda: heard.more_than(0))
        gate.freeze()
        await eventually(lambda: heard.more_than(1))
        before = heard.times
        await notify(db)
        await eventually(lambda: heard.more_than(before))


async def test_it_connects_once_the_server_is_there(db, database_url, heard, eventually, gate_to):
    gate = await gate_to(database_url)
    await gate.close()
    url = database_url.replace(urlsplit(database_url).netloc.rpartition("@")[2], gate.address)
    async with Listener(url, "some_channel", reconnect_delays=(0.01, 0.05)).listening(heard):
        await asyncio.sleep(0)
        assert heard.times == 0
        await gate.open()
        await eventually(lambda: heard.more_than(0))


async def test_it_ends_with_its_block(db, database_url, heard, eventually):
    async with Listener(database_url, "some_channel").listening(heard):
        await eventually(lambda: heard.more_than(0))

    async def nobody_listens() -> bool:
        listening = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        return await db.fetchrow(listening) is None

    await eventually(nobody_listens)


async def test_a_cancellation_while_it_ends_is_not_swallowed(database_url, heard, eventually):
    """Whoever listens within a task that is to end must end."""
    listener, left = Listener(database_url, "some_channel"), asyncio.Event()

    async def listen() -> None:
        async with listener.listening(heard):
            await eventually(lambda: heard.more_than(0))
            left.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(listen())
    await left.wait()
    # Now it is taking leave of the server.
    task.cancel()
    async with asyncio.timeout(60):
        await asyncio.wait((task,))
    assert task.cancelled()
