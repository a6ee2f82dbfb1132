"""The network between a worker's parts and their backends fails: they go on by themselves, and nothing is lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from conftest import Sqs
from integration.partitions.conftest import FAULTS, Network, faults
from integration.partitions.test_partition_queues import all_processing, working
from integration.workers.conftest import FakeQueue
from photodock.bootstrap.core import Core, opened_core, opened_database
from photodock.bootstrap.worker import sweeper
from photodock.db.listener import Listener
from photodock.db.outbox import CHANNEL
from photodock.db.pool import Database
from photodock.domain.errors import DatabaseUnavailable
from photodock.queues.sqs_inbox import SqsInbox
from photodock.settings import Settings
from photodock.workers.photo_sweep import Outcome
from photodock.workers.relay import Relay
from photodock.workers.s3_events import S3Events
from support.images import jpeg
from support.polling import until
from support.proxy import SILENT, Fault, Proxy
from support.serving import changed, serving
from support.store import key_of
from support.system import Caller

CATCH_UP_SECONDS = 60
FOUND_SECONDS = 40.0
"""Far below the relay's polling: the job was heard of, by the new connection or at its beginning."""


@pytest.fixture
async def api(settings: Settings, database_url: str) -> AsyncIterator[Caller]:
    """Its own way to PostgreSQL is well, and long: these tests are the workers'."""
    limits = ("database_timeout", "database_connect_timeout", "database_acquire_timeout")
    async for caller in serving(changed(settings, database_url=database_url, **dict.fromkeys(limits, 30))):
        yield caller


@pytest.fixture
async def core(settings: Settings) -> AsyncIterator[Core]:
    async with opened_core(settings) as found:
        yield found


@faults()
async def test_the_relay_hears_of_new_jobs_again(
    settings: Settings,
    network: Network,
    api: Caller,
    project: str,
    db: Database,
    running: Callable[[Any], Any],
    fault: Fault,
) -> None:
    """Its polling is far too slow to explain it."""
    url, queue = settings.database_url.get_secret_value(), FakeQueue()
    listener = Listener(url, CHANNEL, connect_timeout=1, heartbeat_seconds=0.2, reconnect_delays=(0.1,))
    async with opened_database(settings) as behind:
        relay = Relay(behind, queue, listener, detection_timeout=timedelta(hours=1), poll_seconds=600)
        async with running(relay):
            await api.upload(project, jpeg())
            await until(lambda: all_processing(db))
            async with network.database.suffering(fault):
                await tried_again(network.database)
            await until(lambda: listening(db))
            # What it does after the connect is over, and it waits for a word.
            await until(lambda: all_processing(db))
            await api.upload(project, jpeg())
            await until(lambda: all_processing(db), seconds=FOUND_SECONDS)


async def listening(db: Database) -> bool:
    row = await db.fetchrow(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
        "AND (query LIKE 'LISTEN%' OR query LIKE 'SHOW%') AND state_change > now() - interval '1 second'"
    )
    return row is not None


@faults()
async def test_a_worker_outlives_a_database_it_cannot_reach(
    settings: Settings, network: Network, api: Caller, project: str, db: Database, fault: Fault
) -> None:
    async with working(settings):
        await api.upload(project, jpeg())
        await until(lambda: all_processing(db), seconds=CATCH_UP_SECONDS)
        async with network.database.suffering(fault):
            await tried_again(network.database)
        await api.upload(project, jpeg())
        await until(lambda: all_processing(db), seconds=CATCH_UP_SECONDS)


async def tried_again(proxy: Proxy) -> None:
    """Returns when somebody has given a connection up and tries another."""
    before = proxy.accepted

    async def connected() -> bool:
        return proxy.accepted > before

    await until(connected, seconds=CATCH_UP_SECONDS)


@pytest.mark.parametrize("backend", ["database", "store"])
@faults()
async def test_a_sweep_gives_nothing_up_and_is_made_up_for(
    core: Core,
    settings: Settings,
    network: Network,
    api: Caller,
    project: str,
    db: Database,
    backend: str,
    fault: Fault,
) -> None:
    issued = await api.issue(project, jpeg())
    assert (await api.put(issued, jpeg())).status_code == 200
    due = "UPDATE photos SET url_expires_at = now() - interval '8 days', sweep_at = now()"
    await db.execute(due)
    part = sweeper(settings, core)
    proxy: Proxy = getattr(network, backend)
    async with proxy.suffering(fault), asyncio.timeout(CATCH_UP_SECONDS):
        if backend == "database":
            with pytest.raises(DatabaseUnavailable):
                await part.run_once()
        else:
            assert await part.run_once() == {Outcome.STORAGE_AWAY: 1}
    assert await statuses(db) == ["pending_upload"]
    await db.execute(due)
    async with asyncio.timeout(CATCH_UP_SECONDS):
        assert await part.run_once() == {Outcome.CONFIRMED: 1}
    assert await statuses(db) == ["uploaded"]


async def statuses(db: Database) -> list[str]:
    return [row["status"] for row in await db.fetch("SELECT status FROM photos")]


@asynccontextmanager
async def consuming(core: Core, settings: Settings, network: Network, queue_url: str) -> AsyncIterator[None]:
    """The consumer of bucket events, with a poll of a second."""
    inbox = SqsInbox(
        core.credentials.session,
        network.sqs.in_place_of(queue_url),
        region=settings.s3_region,
        endpoint_url=settings.sqs_endpoint_url,
        poll_seconds=1,
    )
    part, stop = S3Events(core.db, core.confirmation, core.store, inbox, bucket=settings.bucket), asyncio.Event()
    task = asyncio.create_task(part.run(stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(60):
            await task
        await inbox.aclose()


@pytest.fixture
def tell(sqs: Sqs, settings: Settings, queue_name: str) -> Callable[[str], Awaitable[None]]:
    """Sends the bucket's event of an object."""
    url = sqs.server.queue_url(queue_name)
    sqs.server.sqs("SetQueueAttributes", {"QueueUrl": url, "Attributes": {"VisibilityTimeout": "1"}})

    async def send(key: str) -> None:
        place = {"bucket": {"name": settings.bucket}, "object": {"key": key}}
        body = json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": place}]})
        await asyncio.to_thread(sqs.server.sqs, "SendMessage", {"QueueUrl": url, "MessageBody": body})

    return send


@pytest.mark.parametrize("backend", ["database", "store", "sqs"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_an_event_waits_for_its_backend(
    core: Core,
    settings: Settings,
    network: Network,
    api: Caller,
    project: str,
    db: Database,
    sqs: Sqs,
    queue_name: str,
    tell: Callable[[str], Awaitable[None]],
    backend: str,
    fault: Fault,
) -> None:
    photos = [await api.issue(project, jpeg()) for _ in range(3)]
    proxy: Proxy = getattr(network, backend)
    async with consuming(core, settings, network, sqs.server.queue_url(queue_name)):
        async with proxy.suffering(fault):
            before = proxy.accepted
            for issued in photos:
                assert (await api.put(issued, jpeg())).status_code == 200
                await tell(key_of(issued))

            async def tried() -> bool:
                return proxy.accepted > before or proxy.connections == 0

            await until(tried, seconds=CATCH_UP_SECONDS)

        async def all_confirmed() -> bool:
            return await statuses(db) == ["uploaded"] * len(photos)

        await until(all_confirmed, seconds=CATCH_UP_SECONDS)
    row = await db.fetchrow("SELECT count(*) AS jobs FROM outbox")
    assert row
    assert row["jobs"] == len(photos)


async def test_a_worker_stops_in_time_while_all_its_backends_are_silent(
    settings: Settings, network: Network, api: Caller, project: str, db: Database
) -> None:
    async with working(settings):
        await api.upload(project, jpeg())
        await until(lambda: all_processing(db), seconds=CATCH_UP_SECONDS)
        for proxy in (network.database, network.store, network.sqs):
            proxy.fault = SILENT
        await db.execute("SELECT pg_notify($1, '')", CHANNEL)
