"""Connections that are kept and lent out, with stand-ins for the connections themselves."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from photodock.db import connections as module
from photodock.db.connections import IDLE_SECONDS, Connections


class Raw:
    """As much of a connection as is asked for."""

    def __init__(self) -> None:
        self.closed = self.busy = self.ended_well = False
        self._told: list[Callable[[Raw], None]] = []

    def is_closed(self) -> bool:
        return self.closed

    def is_in_transaction(self) -> bool:
        return self.busy

    def add_termination_listener(self, told: "Callable[[Raw], None]") -> None:
        self._told.append(told)

    def terminate(self) -> None:
        self.closed = True
        for told in self._told:
            told(self)

    async def close(self) -> None:
        self.ended_well = True
        self.terminate()


class Server:
    """Opens connections; `fault` is raised in place of the next one."""

    def __init__(self) -> None:
        self.opened: list[Raw] = []
        self.fault: Exception | None = None
        self.opened_next: Raw | None = None
        self.answers = asyncio.Event()
        self.answers.set()

    async def connect(self) -> Raw:
        await self.answers.wait()
        if self.fault:
            fault, self.fault = self.fault, None
            raise fault
        self.opened.append(self.opened_next or Raw())
        return self.opened[-1]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def connections(server: Server) -> Connections:
    return Connections(server.connect, max_size=2, timeout=0.05)


async def test_the_one_used_last_goes_out_first(connections: Connections) -> None:
    first, second = await connections.acquire(), await connections.acquire()
    connections.release(first)
    connections.release(second)
    assert await connections.acquire() is second
    assert await connections.acquire() is first


async def test_nobody_gets_more_than_there_may_be(connections: Connections, server: Server) -> None:
    await connections.acquire()
    second = await connections.acquire()
    with pytest.raises(TimeoutError):
        await connections.acquire()
    connections.release(second)
    assert await connections.acquire() is second
    assert len(server.opened) == 2


async def test_a_waiting_caller_is_served_when_one_comes_back(server: Server) -> None:
    connections = Connections(server.connect, max_size=1, timeout=5)
    first = await connections.acquire()
    waiting = asyncio.create_task(connections.acquire())
    await asyncio.sleep(0)
    connections.release(first)
    assert await waiting is first


async def test_a_caller_that_gives_up_takes_no_place_with_it(server: Server) -> None:
    connections = Connections(server.connect, max_size=1, timeout=5)
    first = await connections.acquire()
    waiting = asyncio.create_task(connections.acquire())
    await asyncio.sleep(0)
    waiting.cancel()
    connections.release(first)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await connections.acquire() is first


async def test_a_failed_or_late_connection_gives_its_place_back(connections: Connections, server: Server) -> None:
    for _ in range(3):
        server.fault = ConnectionRefusedError()
        with pytest.raises(ConnectionRefusedError):
            await connections.acquire()
    server.answers.clear()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await connections.acquire()
    server.answers.set()
    assert await connections.acquire()
    assert await connections.acquire()


async def test_what_was_closed_meanwhile_is_not_lent_again(connections: Connections, server: Server) -> None:
    first = await connections.acquire()
    connections.release(first)
    first.terminate()
    assert await connections.acquire() is not first
    assert len(connections) == 1


async def test_one_that_was_lost_before_anybody_heard_is_forgotten(connections: Connections, server: Server) -> None:
    lost = Raw()
    lost.closed = True
    server.opened_next = lost
    connections.release(await connections.acquire())
    assert len(connections) == 0


async def test_one_in_the_middle_of_a_transaction_is_closed(connections: Connections) -> None:
    first = await connections.acquire()
    first.busy = True
    connections.release(first)
    assert first.closed
    assert len(connections) == 0


async def test_what_was_idle_for_too_long_is_closed(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    old, young = await connections.acquire(), await connections.acquire()
    connections.release(old)
    monkeypatch.setattr(module, "IDLE_SECONDS", -1.0)
    connections.release(young)
    assert (old.closed, young.closed) == (True, True)
    monkeypatch.setattr(module, "IDLE_SECONDS", IDLE_SECONDS)
    kept = await connections.acquire()
    connections.release(kept)
    monkeypatch.setattr(module, "IDLE_SECONDS", -1.0)
    assert await connections.acquire() is not kept
    assert kept.closed


async def test_giving_all_up_closes_those_in_use_too(connections: Connections) -> None:
    idle, used = await connections.acquire(), await connections.acquire()
    connections.release(idle)
    connections.terminate()
    assert (idle.closed, used.closed) == (True, True)
    connections.release(used)
    assert len(connections) == 0


async def test_the_end_waits_for_those_in_use_and_closes_in_good_order(connections: Connections) -> None:
    used = await connections.acquire()
    closing = asyncio.create_task(connections.close())
    await asyncio.sleep(0)
    assert not closing.done()
    connections.release(used)
    await closing
    assert used.closed
    with pytest.raises(asyncpg.InterfaceError):
        await connections.acquire()


async def test_the_end_does_not_wait_for_ever(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.02)
    used = await connections.acquire()
    await connections.close()
    assert used.closed


async def test_an_end_that_is_cancelled_leaves_none_open(connections: Connections) -> None:
    used = await connections.acquire()
    closing = asyncio.create_task(connections.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert used.closed


async def test_idle_ones_end_in_good_order(connections: Connections) -> None:
    idle = await connections.acquire()
    connections.release(idle)
    await connections.close()
    assert idle.ended_well
