"""The network to PostgreSQL is slow, silent or cuts: every call is answered in time, and nothing is lost."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from integration.partitions.conftest import DATABASE_SECONDS, RECOVERY_SECONDS, Network, faults, problem
from photodock.db.pool import Database
from photodock.domain.errors import DatabaseUnavailable
from photodock.settings import Settings
from support.calls import CALLS
from support.images import jpeg
from support.polling import until
from support.proxy import SILENT, Fault
from support.serving import running
from support.system import Caller

AWAY = (503, "database_unavailable", True)
PHOTO = PROJECT = "0198c2b4-7b1e-7c34-9a5f-0d6f1b2c3d4e"


async def in_time(call: Any) -> httpx.Response:
    async with asyncio.timeout(DATABASE_SECONDS):
        answer: httpx.Response = await call
    return answer


async def recovered(api: Caller) -> None:
    """Requests succeed again, without anything being started anew."""

    async def answers() -> bool:
        return (await api.call("GET", "/projects")).status_code == 200

    await until(answers, seconds=RECOVERY_SECONDS)


@faults()
async def test_every_call_is_answered_in_time_and_the_pool_recovers(
    api: Caller, project: str, network: Network, settings: Settings, fault: Fault
) -> None:
    caller = api.colleague("anna", ("photos:read", "photos:write", "photos:admin", "photos:pipeline"))
    async with network.database.suffering(fault):
        # All at the same time: more of them than the pool has connections.
        calls = [in_time(call.by(caller, photo_id=PHOTO, project_id=PROJECT)) for call in CALLS]
        answers = await asyncio.gather(*calls)
        assert [problem(answer) for answer in answers] == [AWAY] * len(CALLS)
        ready = await in_time(api.http.get("/readyz"))
        assert (ready.status_code, ready.json()["parts"]) == (
            503,
            {"database": "database_unavailable", "storage": "ok", "queue": "unknown"},
        )
        assert (await in_time(api.http.get("/healthz"))).status_code == 200
    await recovered(api)

    async def is_ready() -> bool:
        return (await api.http.get("/readyz")).status_code == 200

    await until(is_ready)


@faults()
async def test_no_connection_is_left_behind(
    api: Caller, project: str, network: Network, settings: Settings, db: Database, fault: Fault
) -> None:
    for _ in range(2):
        async with network.database.suffering(fault):
            await asyncio.gather(*(in_time(api.call("GET", "/projects")) for _ in range(8)))
        await recovered(api)
    await asyncio.gather(*(api.call("GET", "/projects") for _ in range(8)))

    async def only_the_pools() -> bool:
        row = await db.fetchrow(
            "SELECT count(*) AS open FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        assert row
        size = settings.database_pool_size
        return network.database.connections <= size and int(row["open"]) <= size

    await until(only_the_pools)


async def test_one_statement_without_an_answer_frees_the_whole_pool_of_dead_connections(
    api: Caller, project: str, network: Network
) -> None:
    await asyncio.gather(*(api.call("GET", "/projects") for _ in range(8)))
    network.database.freeze()  # the old connections alone: as after a firewall's restart, or another host's takeover
    assert problem(await in_time(api.call("GET", "/projects"))) == AWAY
    answers = await asyncio.gather(*(in_time(api.call("GET", "/projects")) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}


async def test_a_database_that_is_slow_is_no_database_that_is_away(api: Caller, project: str, network: Network) -> None:
    async with network.database.suffering(Fault(delay=0.02)):
        started = time.monotonic()
        photo = await api.upload(project, jpeg())
        assert time.monotonic() - started > 3 * 2 * 0.02
        assert (await api.photo(photo["id"]))["status"] == "uploaded"
        assert (await api.http.get("/readyz")).status_code == 200


@faults()
async def test_an_upload_goes_on_where_the_fault_has_stopped_it(
    api: Caller, project: str, network: Network, db: Database, fault: Fault
) -> None:
    issued = (await api.request_upload(project, jpeg(), key="roof-1")).json()
    async with network.database.suffering(fault):
        assert problem(await in_time(api.request_upload(project, jpeg(), key="roof-1"))) == AWAY
        assert (await api.put(issued, jpeg())).status_code == 200
        assert problem(await in_time(api.confirm(issued["photo_id"]))) == AWAY
    await recovered(api)
    again = (await api.request_upload(project, jpeg(), key="roof-1")).json()
    assert again["photo_id"] == issued["photo_id"]
    assert (await api.confirm(issued["photo_id"])).json()["status"] == "uploaded"
    assert await jobs_of(db, issued["photo_id"]) == 1


async def jobs_of(db: Database, photo_id: str) -> int:
    row = await db.fetchrow("SELECT count(*) AS jobs FROM outbox WHERE photo_id = $1", photo_id)
    assert row
    return int(row["jobs"])


@pytest.mark.parametrize("passed", [0, 40, 80, 120, 160, 240, 400, 800, 1600])
async def test_a_confirmation_cut_at_any_answer_is_done_once_in_the_end(
    api: Caller, project: str, network: Network, db: Database, passed: int
) -> None:
    """Also behind COMMIT: the client hears of a failure although all was done, and asks again."""
    issued = await api.issue(project, jpeg())
    assert (await api.put(issued, jpeg())).status_code == 200
    async with network.database.suffering(Fault(answer=passed)):
        first = await in_time(api.confirm(issued["photo_id"]))
    assert first.status_code == 200 or problem(first) == AWAY
    await recovered(api)
    assert (await in_time(api.confirm(issued["photo_id"]))).json()["status"] == "uploaded"
    assert await jobs_of(db, issued["photo_id"]) == 1
    assert await api.history(issued["photo_id"]) == [(None, "pending_upload"), ("pending_upload", "uploaded")]


async def test_a_transaction_whose_client_vanished_gives_its_locks_back(
    api: Caller, project: str, network: Network, settings: Settings, db: Database
) -> None:
    issued = await api.issue(project, jpeg())
    url = settings.database_url.get_secret_value()
    vanishing = Database(url, command_timeout=1, acquire_timeout=2, connect_timeout=1)
    row = "SELECT 1 FROM photos WHERE id = $1 FOR UPDATE"

    async def lock_is_free() -> bool:
        return await db.execute(f"{row} SKIP LOCKED", issued["photo_id"]) == 1

    async def holding() -> None:
        async with vanishing.transaction() as transaction:
            await transaction.execute(row, issued["photo_id"])
            assert not await lock_is_free()
            network.database.freeze()
            await until(lock_is_free)

    with pytest.raises(DatabaseUnavailable) as failure:
        await holding()
    assert isinstance(failure.value.__cause__, TimeoutError)
    await vanishing.close()


async def test_a_service_stops_in_time_while_its_database_is_silent(settings: Settings, network: Network) -> None:
    async with asyncio.timeout(40):
        async with running(settings) as api:
            assert (await api.call("GET", "/projects")).status_code == 200
            network.database.fault = SILENT
