"""PostgreSQL restarts under load, or another server takes over: no process of photodock is started anew."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from conftest import S3, Sqs, numbers
from photodock.db.migrate import migrate
from support.audit import assert_sound
from support.clock import eventually
from support.images import jpeg
from support.outages import Servers
from support.processes import Backend
from support.proxy import SILENT, Proxy
from support.servers import down
from support.standby import Primary, Standby
from support.system import Caller
from support.whole import System, running_system

SETTINGS = {"PHOTODOCK_DATABASE_TIMEOUT": "3s", "PHOTODOCK_S3_TIMEOUT": "1s"}
ANSWER_SECONDS = 30.0
"""5 for a connection, 3 and one more for a statement, and slack for a slow machine."""
TAKEN_OVER_SECONDS = 45.0
"""From the promotion until a request succeeds; the last silent statement may have to end first."""
LISTENING_SECONDS = 90.0
"""The listener asks after 15 seconds of silence, waits 2, and tries again after 5 at the latest."""
CLIENTS = 6


@dataclass
class Load:
    """Clients that upload without a pause, and what they were answered."""

    answers: Counter[str] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)
    """Photos whose upload URL was issued."""
    confirmed: set[str] = field(default_factory=set)
    slowest: float = 0.0
    last_success: float = 0.0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, api: Caller, project: str) -> None:
        while not self.over.is_set():
            issued = await self.insist(lambda: api.request_upload(project, jpeg()))
            self.accepted.add(issued["photo_id"])
            put = await api.put(issued, jpeg())
            assert put.status_code in (200, 412)
            await self.insist(lambda photo_id=issued["photo_id"]: api.confirm(photo_id))
            self.confirmed.add(issued["photo_id"])
            await asyncio.sleep(0.2)  # a user may have 100 URLs a minute

    async def insist(self, call: Callable[[], Awaitable[httpx.Response]]) -> dict[str, str]:
        """Calls until it is answered with 200, as a client does on a 503."""
        async with asyncio.timeout(90):
            while True:
                started = time.monotonic()
                answer = await call()
                self.slowest = max(self.slowest, time.monotonic() - started)
                self.note(answer)
                if answer.status_code == 200:
                    self.last_success = time.monotonic()
                    found: dict[str, str] = answer.json()
                    return found
                await asyncio.sleep(0.1)

    def note(self, answer: httpx.Response) -> None:
        said = "ok" if answer.status_code == 200 else str(answer.json()["code"])
        told_when = answer.status_code == 200 or int(answer.headers.get("retry-after", 0)) > 0
        self.answers[said if told_when else f"{said} without Retry-After"] += 1

    async def success_after(self, moment: float, seconds: float) -> None:
        async def succeeded() -> bool:
            return self.last_success > moment

        await eventually(succeeded, seconds=seconds)


@asynccontextmanager
async def loaded(system: System) -> AsyncIterator[Load]:
    """Clients upload while the block runs. At its end each photo of theirs is detected, and none saw another fault."""
    project, load = await system.api.make_project(), Load()
    clients = [
        asyncio.create_task(load.run(system.api.colleague(f"client-{number}"), project)) for number in range(CLIENTS)
    ]
    pids = (system.serving.child.pid, system.worker.pid)
    try:
        await eventually(lambda: enough(load, 3))
        yield load
        before = len(load.confirmed)
        await eventually(lambda: enough(load, before + CLIENTS), seconds=TAKEN_OVER_SECONDS)
    finally:
        load.over.set()
        ended = await asyncio.gather(*clients, return_exceptions=True)
    assert ended == [None] * CLIENTS
    # A take-over may be so quick that requests are slow and none is refused.
    assert {"ok"} <= set(load.answers) <= {"ok", "database_unavailable"}
    assert load.slowest < ANSWER_SECONDS
    assert load.accepted == load.confirmed
    for photo_id in load.confirmed:
        assert (await system.finished(photo_id, seconds=90))["status"] == "completed"
    assert (system.serving.child.pid, system.worker.pid) == pids
    assert system.serving.child.running
    assert system.worker.running


async def enough(load: Load, count: int) -> bool:
    return len(load.confirmed) >= count


async def listening(system: System) -> bool:
    row = await system.db.fetchrow(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
        "AND (query LIKE 'LISTEN%' OR query LIKE 'SHOW%')"
    )
    return row is not None


async def test_a_restart_under_load_gives_503_alone_and_all_goes_on(system: System, servers: Servers) -> None:
    async with loaded(system) as load:
        async with down(servers.postgres):
            await eventually(lambda: refused(load))
        await load.success_after(time.monotonic(), TAKEN_OVER_SECONDS)
        await eventually(lambda: listening(system), seconds=LISTENING_SECONDS)


@dataclass(frozen=True)
class Pair:
    """`proxy` is the network to the primary. `url` names the standby first: it takes no writes until it must."""

    primary: Primary
    standby: Standby
    proxy: Proxy
    system: System


@asynccontextmanager
async def replicated(folder: Path, s3: S3, sqs: Sqs, *, synchronous: bool) -> AsyncIterator[Pair]:
    primary = Primary(folder / "primary", folder / "logs")
    standby = Standby(primary, folder / "standby", folder / "logs")
    proxy = Proxy("127.0.0.1:1")
    try:
        await asyncio.to_thread(primary.start)
        await asyncio.to_thread(standby.start)
        proxy.target = primary.database_url
        await proxy.open()
        login, _, database = primary.database_url.partition("@")
        url = f"{login}@127.0.0.1:{standby.port},{proxy.address}/{database.partition('/')[2]}"
        await migrate(url)
        await primary.wait_for_standby(synchronous=synchronous)
        backend = Backend(
            database_url=url,
            s3_endpoint_url=s3.endpoint_url,
            s3_bucket=s3.bucket,
            s3_access_key=s3.access_key,
            s3_secret_key=s3.secret_key,
            sqs_endpoint_url=sqs.endpoint_url,
            queue_url=sqs.create_queue(f"failover-{next(numbers)}"),
            region=s3.region,
        )
        async with running_system(folder / "system", backend, SETTINGS) as system:
            yield Pair(primary, standby, proxy, system)
            await assert_sound(system.db, system.deployment)
    finally:
        await proxy.close()
        await asyncio.to_thread(standby.stop)
        await asyncio.to_thread(primary.stop)


async def test_a_standby_takes_over_from_a_killed_primary_and_nothing_acknowledged_is_lost(
    tmp_path: Path, s3: S3, sqs: Sqs
) -> None:
    async with replicated(tmp_path, s3, sqs, synchronous=True) as pair, loaded(pair.system) as load:
        await asyncio.to_thread(pair.primary.kill)
        await eventually(lambda: refused(load))
        await pair.standby.promote()
        await load.success_after(time.monotonic(), TAKEN_OVER_SECONDS)
        await eventually(lambda: listening(pair.system), seconds=LISTENING_SECONDS)


async def test_a_standby_takes_over_from_a_primary_that_fell_silent(tmp_path: Path, s3: S3, sqs: Sqs) -> None:
    """No connection is closed, and no packet ever says that the old primary is not to be asked any more."""
    async with replicated(tmp_path, s3, sqs, synchronous=True) as pair, loaded(pair.system) as load:
        pair.proxy.fault = SILENT
        await pair.standby.promote()
        await load.success_after(time.monotonic(), TAKEN_OVER_SECONDS)
        await eventually(lambda: listening(pair.system), seconds=LISTENING_SECONDS)


async def test_a_primary_that_takes_no_more_writes_is_left_for_the_new_one(tmp_path: Path, s3: S3, sqs: Sqs) -> None:
    """Its connections stay open and answer reads: only a refused write tells."""
    async with replicated(tmp_path, s3, sqs, synchronous=False) as pair, loaded(pair.system) as load:
        await pair.primary.administer("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        await eventually(lambda: refused(load))
        await pair.standby.promote()
        await load.success_after(time.monotonic(), TAKEN_OVER_SECONDS)
        await eventually(lambda: listening(pair.system), seconds=LISTENING_SECONDS)
        assert '"kind":"ReadOnlySQLTransactionError"' in pair.system.deployment.log()


async def refused(load: Load) -> bool:
    return load.answers["database_unavailable"] >= CLIENTS
