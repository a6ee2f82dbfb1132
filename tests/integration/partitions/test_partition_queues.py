"""The network to the broker is slow, silent or cuts: photos are confirmed all the same, and each job arrives."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from conftest import Sqs
from integration.partitions.conftest import FAULTS, Network
from integration.rabbitmq.conftest import receive as receive_from_rabbitmq
from photodock.bootstrap.worker import opened_worker
from photodock.db.pool import Database
from photodock.settings import Settings
from photodock.workers import loop
from support.images import jpeg
from support.polling import until
from support.proxy import SILENT, Fault, Proxy
from support.serving import changed
from support.system import Caller

__all__ = ["receive_from_rabbitmq"]

NOTICED_SECONDS = 45
"""Three attempts, each with two timeouts of the settings, and a closing that is given a second."""
CATCH_UP_SECONDS = 60
"""The relay asks for a broker that is away every 10 seconds at the latest."""
STOP_SECONDS = 10


@dataclass(frozen=True)
class Broker:
    """The way to a broker, the settings that lead there, and the photos of all messages that it holds."""

    proxy: Proxy
    settings: Settings
    delivered: Callable[[], Awaitable[list[str]]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Here PostgreSQL's network is well: a machine that is busy with something else is no fault of it."""
    return changed(settings, database_timeout=10, database_connect_timeout=10, database_acquire_timeout=20)


@pytest.fixture
async def rabbitmq_network(rabbitmq: Any) -> AsyncIterator[Proxy]:
    proxy = Proxy(rabbitmq.url())
    await proxy.open()
    yield proxy
    await proxy.close()


@pytest.fixture(params=["sqs", "rabbitmq"])
def broker(
    request: pytest.FixtureRequest,
    settings: Settings,
    network: Network,
    sqs: Sqs,
    queue_name: str,
    rabbitmq: Any,
    rabbitmq_network: Proxy,
    receive_from_rabbitmq: Any,
) -> Broker:
    if request.param == "sqs":
        return Broker(network.sqs, settings, lambda: received_from_sqs(sqs, queue_name))
    url = rabbitmq_network.in_place_of(rabbitmq.url(queue=queue_name))

    async def received() -> list[str]:
        return photos_of(message.body for message in await receive_from_rabbitmq())

    return Broker(rabbitmq_network, changed(settings, queue_url=url), received)


def photos_of(bodies: Iterable[str | bytes]) -> list[str]:
    return [json.loads(body)["photo_id"] for body in bodies]


async def received_from_sqs(sqs: Sqs, name: str) -> list[str]:
    request = {"QueueUrl": sqs.server.queue_url(name), "MaxNumberOfMessages": 10}
    found: list[str] = []
    async with asyncio.timeout(60):
        while messages := (await asyncio.to_thread(sqs.server.sqs, "ReceiveMessage", request)).get("Messages"):
            found += photos_of(message["Body"] for message in messages)
    return found


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[None]:
    """A worker as `photodock worker` runs it; it stops as soon as process managers expect."""
    stop = asyncio.Event()
    async with opened_worker(settings) as parts:
        task = asyncio.create_task(loop.run(parts, stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(STOP_SECONDS):
                await task


async def all_processing(db: Database) -> bool:
    return not await db.fetch("SELECT 1 FROM photos WHERE status <> 'processing'")


async def one_failed(db: Database) -> bool:
    return await db.fetchrow("SELECT 1 FROM outbox WHERE attempts > 0") is not None


async def uploaded(api: Caller, project: str, count: int) -> set[str]:
    photos = await asyncio.gather(*(api.upload(project, jpeg()) for _ in range(count)))
    assert {photo["status"] for photo in photos} <= {"uploaded", "processing"}
    return {photo["id"] for photo in photos}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_each_job_arrives_when_the_network_is_back(
    broker: Broker, api: Caller, project: str, db: Database, fault: Fault
) -> None:
    async with working(broker.settings):
        photos = await uploaded(api, project, 2)
        await until(lambda: all_processing(db), seconds=CATCH_UP_SECONDS)
        async with broker.proxy.suffering(fault):
            photos |= await uploaded(api, project, 6)
            await until(lambda: one_failed(db), seconds=NOTICED_SECONDS)
        await until(lambda: all_processing(db), seconds=CATCH_UP_SECONDS)
    assert set(await broker.delivered()) == photos


async def test_a_broker_that_is_slow_gets_each_job_once(
    broker: Broker, api: Caller, project: str, db: Database
) -> None:
    # With the other tests' limit, a broker that is still slower would get a job again.
    patient = changed(broker.settings, queue_timeout=30)
    async with broker.proxy.suffering(Fault(delay=0.02)), working(patient):
        photos = await uploaded(api, project, 6)
        await until(lambda: all_processing(db), seconds=CATCH_UP_SECONDS)
    assert sorted(await broker.delivered()) == sorted(photos)


async def test_a_worker_stops_in_time_in_front_of_a_silent_broker(
    broker: Broker, api: Caller, project: str, db: Database
) -> None:
    async with working(broker.settings):
        photos = await uploaded(api, project, 1)
        await until(lambda: all_processing(db), seconds=CATCH_UP_SECONDS)
        broker.proxy.fault = SILENT
        photos |= await uploaded(api, project, 1)
    broker.proxy.fault = Fault()
    async with working(broker.settings):
        await until(lambda: all_processing(db), seconds=CATCH_UP_SECONDS)
    assert set(await broker.delivered()) == photos


async def test_connections_that_failed_are_closed(broker: Broker, api: Caller, project: str, db: Database) -> None:
    async def few_left() -> bool:
        return 1 <= broker.proxy.connections <= 3

    async with working(broker.settings):
        async with broker.proxy.suffering(Fault(answer=3)):
            await uploaded(api, project, 3)
            await until(lambda: one_failed(db), seconds=NOTICED_SECONDS)
        await until(lambda: all_processing(db), seconds=CATCH_UP_SECONDS)
        await until(few_left)

    async def none_left() -> bool:
        return broker.proxy.connections == 0

    await until(none_left)
