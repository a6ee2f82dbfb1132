"""An address with several hosts: each of them gets its time, and the one that takes writes is found."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from integration.partitions.conftest import Network
from photodock.administration import migrate_database
from photodock.db.connecting import Connector
from photodock.db.health import NEWEST_REVISION
from photodock.db.listener import Listener
from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.domain.errors import DatabaseUnavailable
from photodock.settings import Settings
from support.polling import until
from support.proxy import SILENT, Fault, Proxy

CONNECT_SECONDS = 1.0
"""Of each host: enough for several connections at once on a slow machine."""
IN_TIME_SECONDS = 40.0
"""Where nothing ended the wait for a host, it would last for 60."""


@pytest.fixture
async def bad(database_url: str) -> AsyncIterator[Proxy]:
    """Another way to the same server."""
    proxy = Proxy(database_url)
    await proxy.open()
    yield proxy
    await proxy.close()


@pytest.fixture(params=["refuses", "silent", "cuts"])
async def first_is_bad(request: pytest.FixtureRequest, bad: Proxy, network: Network, database_url: str) -> str:
    """The address of two hosts, of which the first is of no use."""
    url = both(bad, network.database, database_url)
    if request.param == "refuses":
        await bad.close()
    else:
        bad.fault = SILENT if request.param == "silent" else Fault(answer=3)
    return url


def both(first: Proxy, second: Proxy, url: str) -> str:
    return first.in_place_of(url).replace(first.address, f"{first.address},{second.address}")


async def test_the_pool_passes_over_a_dead_host_and_remembers_it(first_is_bad: str, bad: Proxy) -> None:
    db = Database(first_is_bad, connect_timeout=CONNECT_SECONDS)
    assert await db.fetchrow("SELECT 1 AS one")
    tried = bad.accepted
    await asyncio.gather(*(db.fetch("SELECT pg_sleep(0.1)") for _ in range(8)))
    assert bad.accepted == tried
    await db.close()


async def test_migrations_pass_over_a_dead_host(first_is_bad: str) -> None:
    async with asyncio.timeout(IN_TIME_SECONDS):
        assert await migrate(first_is_bad) == NEWEST_REVISION


async def test_the_listener_passes_over_a_dead_host(first_is_bad: str) -> None:
    connected = asyncio.Event()
    async with Listener(first_is_bad, "some_channel", connect_timeout=CONNECT_SECONDS).listening(connected.set):
        async with asyncio.timeout(IN_TIME_SECONDS):
            await connected.wait()


async def test_hosts_that_are_all_dead_are_told_in_time(network: Network, bad: Proxy, database_url: str) -> None:
    db = Database(both(bad, network.database, database_url), connect_timeout=CONNECT_SECONDS)
    network.database.fault = bad.fault = SILENT
    async with asyncio.timeout(IN_TIME_SECONDS):
        with pytest.raises(DatabaseUnavailable):
            await db.fetch("SELECT 1")
    network.database.fault = Fault()
    assert await db.fetch("SELECT 1")
    await db.close()


async def test_a_connection_that_is_lost_while_it_is_made_is_closed(network: Network, database_url: str) -> None:
    """At the login (some 600 bytes), when the limits are set, and at the statement itself."""
    db = Database(network.database.in_place_of(database_url), command_timeout=0.2, connect_timeout=0.3)
    outcomes = set()
    for passed in range(480, 800, 8):
        async with network.database.suffering(Fault(answer=passed)):
            (outcome,) = await asyncio.gather(db.fetch("SELECT 1"), return_exceptions=True)
        outcomes.add(type(outcome))
        network.database.cut()
    assert DatabaseUnavailable in outcomes
    assert outcomes <= {DatabaseUnavailable, list}
    await db.close()

    async def none_left() -> bool:
        return network.database.connections == 0

    await until(none_left)


async def test_a_waiter_that_gives_up_leaves_the_dead_host_to_nobody_else(
    network: Network, bad: Proxy, database_url: str
) -> None:
    """Its own patience ends before the host's time does."""
    bad.fault = SILENT
    url = both(bad, network.database, database_url)
    db = Database(url, acquire_timeout=0.3, connect_timeout=5)
    with pytest.raises(DatabaseUnavailable):
        await db.fetch("SELECT 1")

    async def answers() -> bool:
        """So little patience may be too little for a good host too, once."""
        with suppress(DatabaseUnavailable):
            return bool(await db.fetch("SELECT 1"))
        return False

    await until(answers)
    await db.close()


async def test_a_server_that_takes_no_writes_is_passed_over(network: Network, bad: Proxy, database_url: str) -> None:
    read_only = f"{bad.in_place_of(database_url)}?options=-c%20default_transaction_read_only%3Don"
    with pytest.raises(asyncpg.TargetServerAttributeNotMatched):
        await Connector(read_only).connect()
    connection = await Connector(f"{read_only}&target_session_attrs=any").connect()
    await connection.close()


async def test_a_refused_write_is_no_fault_of_the_callers_and_throws_the_connection_away(
    network: Network, database_url: str, db: Database
) -> None:
    behind = Database(network.database.in_place_of(database_url))
    await asyncio.gather(*(behind.fetch("SELECT pg_sleep(0.1)") for _ in range(3)))
    assert network.database.connections == 3
    async with behind.connection() as connection:
        # As a primary is made read-only: for the connections that it has, too.
        await connection.execute("SET default_transaction_read_only = on")
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("INSERT INTO projects VALUES (gen_random_uuid(), gen_random_uuid(), 'roof')")

    async def all_gone() -> bool:
        return network.database.connections == 0

    await until(all_gone)
    assert await behind.execute("INSERT INTO projects VALUES (gen_random_uuid(), gen_random_uuid(), 'roof')") == 1
    await behind.close()


async def test_a_listener_leaves_a_server_that_takes_no_more_writes(
    network: Network, database_url: str, db: Database
) -> None:
    times: list[float] = []
    url = network.database.in_place_of(database_url)
    listener = Listener(url, "some_channel", heartbeat_seconds=0.1, reconnect_delays=(0.05,))
    async with listener.listening(lambda: times.append(time.monotonic())):

        async def connected(count: int = 1) -> bool:
            return len(times) >= count

        await until(connected)
        name = database_url.rpartition("/")[2]
        accepted = network.database.accepted
        await db.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        network.database.cut()

        async def looks_elsewhere() -> bool:
            return network.database.accepted >= accepted + 2

        await until(looks_elsewhere)
        assert len(times) == 1
        async with db.transaction() as transaction:
            await transaction.execute("SET TRANSACTION READ WRITE")
            await transaction.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        await until(lambda: connected(2))


@pytest.mark.parametrize("fault", [SILENT, Fault(answer=3), Fault(answer=3, then="silence")])
async def test_migrating_ends_in_time_while_the_database_hangs(
    network: Network, database_url: str, fault: Fault
) -> None:
    url = network.database.in_place_of(database_url)
    network.database.fault = fault
    async with asyncio.timeout(IN_TIME_SECONDS):
        with pytest.raises((OSError, asyncpg.PostgresConnectionError)):
            await migrate(url, timeout=3)


async def test_the_command_says_that_the_database_is_away(network: Network, settings: Settings) -> None:
    network.database.fault = SILENT
    async with asyncio.timeout(IN_TIME_SECONDS):
        with pytest.raises(DatabaseUnavailable):
            await migrate_database(settings)


async def test_migrating_ends_in_time_when_the_database_falls_silent_in_the_middle(
    network: Network, database_url: str, db: Database
) -> None:
    """Another process migrates, and this one waits for it; then the network is gone."""
    async with db.connection() as other:
        await other.execute("SELECT pg_advisory_lock(7054121203)")
        migrating = asyncio.create_task(migrate(network.database.in_place_of(database_url), timeout=5))

        async def waits() -> bool:
            return await db.fetchrow("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") is not None

        await until(waits)
        network.database.freeze()
        async with asyncio.timeout(IN_TIME_SECONDS):
            with pytest.raises(TimeoutError, match="did not answer in time"):
                await migrating
        await other.execute("SELECT pg_advisory_unlock_all()")

    async def none_waits() -> bool:
        return await db.fetchrow("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'") is None

    await until(none_waits)


async def test_a_connection_cut_during_a_migration_is_a_database_away(
    network: Network, database_url: str, db: Database
) -> None:
    async with db.connection() as other:
        await other.execute("SELECT pg_advisory_lock(7054121203)")
        migrating = asyncio.create_task(migrate(network.database.in_place_of(database_url)))

        async def waits() -> bool:
            return await db.fetchrow("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") is not None

        await until(waits)
        network.database.cut()
        async with asyncio.timeout(IN_TIME_SECONDS):
            with pytest.raises((ConnectionError, asyncpg.PostgresConnectionError)):
                await migrating
        await other.execute("SELECT pg_advisory_unlock_all()")
