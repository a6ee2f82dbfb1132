"""Streams whose every part is killed under load: each change is told once, in order, and none is missing."""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from photodock.db.connecting import AWAY
from support.clock import eventually
from support.outages import Servers, completed
from support.servers import down
from support.streams import Told, following
from support.system import Caller
from support.whole import System

TOGGLE = "UPDATE photos SET status = CASE status WHEN 'uploaded' THEN 'processing' ELSE 'uploaded' END WHERE id = $1"
KILL_LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"
WRITERS = 3
ROUNDS = 4


@dataclass
class Load:
    """Transactions of one, two or three changes, some rolled back, over connections that are opened again."""

    url: str
    photo_ids: list[UUID]
    rounds: int = 0
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, number: int) -> None:
        while not self.stopped.is_set():
            with suppress(*AWAY):
                connection = await asyncpg.connect(self.url, timeout=2)
                try:
                    await self.write_on(connection, number)
                finally:
                    connection.terminate()
            await asyncio.sleep(0.05)

    async def write_on(self, connection: Any, number: int) -> None:
        while not self.stopped.is_set():
            self.rounds += 1
            transaction = connection.transaction()
            await transaction.start()
            for _ in range(1 + self.rounds % 3):
                await connection.execute(TOGGLE, self.photo_ids[number], timeout=2)
                await asyncio.sleep(0.002 * (self.rounds % 4))
            await (transaction.rollback() if self.rounds % 5 == 0 else transaction.commit())
            await asyncio.sleep(0.01)

    async def more(self, rounds: int = 30) -> None:
        wanted = self.rounds + rounds

        async def written() -> bool:
            return self.rounds >= wanted

        await eventually(written, seconds=60)


async def changes_of(system: System, organization_id: UUID) -> list[str]:
    """What a client should have been told: when each change was, in the feed's order."""
    rows = await system.db.fetch(
        "SELECT at FROM photo_changes WHERE organization_id = $1 ORDER BY transaction_id, id", organization_id
    )
    return [row["at"].isoformat().replace("+00:00", "Z") for row in rows]


async def have_renditions(system: System, photo_ids: list[UUID]) -> bool:
    rows = await system.db.fetch("SELECT FROM photos WHERE id = ANY($1) AND renditions IS NOT NULL", photo_ids)
    return len(rows) == len(photo_ids)


async def has_begun(told: list[Told]) -> bool:
    return bool(told)


@pytest.mark.parametrize("killed", ["the listener", "serve", "the database"])
async def test_whatever_is_killed_each_change_is_told_once_and_in_order(
    system: System, api: Caller, project: str, servers: Servers, killed: str
) -> None:
    photo_ids = [UUID(await completed(system, project)) for _ in range(WRITERS)]
    # Nothing but the load is to change them from here on.
    await eventually(lambda: have_renditions(system, photo_ids))
    serving = await system.deployment.serve()
    told: list[Told] = []
    follower = asyncio.create_task(following(lambda: serving.url, api, told))
    load = Load(servers.postgres.database_url, photo_ids)
    writers = [asyncio.create_task(load.write(number)) for number in range(WRITERS)]
    await eventually(lambda: has_begun(told))
    for _ in range(ROUNDS):
        await load.more()
        match killed:
            case "the listener":
                await system.db.fetch(KILL_LISTENERS)
            case "serve":
                os.killpg(serving.child.pid, signal.SIGKILL)
                serving.child.await_end(5)
                serving = await system.deployment.serve()
            case _:
                async with down(servers.postgres):
                    pass
    await load.more()
    load.stopped.set()
    await asyncio.gather(*writers)
    wanted = await changes_of(system, api.organization_id)

    async def caught_up() -> bool:
        return bool(told) and told[-1].data.get("at") == wanted[-1]

    await eventually(caught_up, seconds=90)
    follower.cancel()
    await asyncio.gather(follower, return_exceptions=True)
    await system.deployment.stop(serving.child)
    # Their history does not know of what was done to them here.
    for photo_id in photo_ids:
        assert (await api.call("DELETE", f"/photos/{photo_id}")).status_code == 204
    found = [event.data.get("at") for event in told]
    assert found == wanted[wanted.index(found[0]) :]
