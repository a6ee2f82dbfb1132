"""A broker that goes away or falls silent while jobs are at work."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from integration.consumer.conftest import FAST, SECONDS, job
from integration.consumer.test_consumer_brokers import reported
from photodock.consumer import Job
from support.polling import until


@pytest.fixture
async def gate(broker, gate_to):
    return await gate_to(broker.url)


async def test_an_outage_in_the_middle_of_a_job_costs_nothing_but_time(kit, broker, gate, photodock):
    """Its report is accepted while its message cannot be acknowledged: it comes again, and is known."""
    first, second = job(), job()
    await broker.send(first)
    at_work, go_on = asyncio.Event(), asyncio.Event()
    begun: list[Job] = []

    async def work(one: Job) -> dict[str, object]:
        begun.append(one)
        at_work.set()
        await go_on.wait()
        return {}

    with capture_logs() as logs:
        await kit.start(work, url=gate.in_place_of(broker.url))
        async with asyncio.timeout(SECONDS):
            await at_work.wait()
        await gate.close()
        go_on.set()
        await until(reported(photodock, first), seconds=SECONDS)
        await broker.send(second)
        await gate.open()
        await until(reported(photodock, second), seconds=SECONDS)
        await until(broker.empty, seconds=SECONDS)
    assert [one.photo_id for one in begun] == [first.photo_id, second.photo_id]
    assert photodock.statuses(first.photo_id) == ["processing", "completed"]
    assert {"job_not_acknowledged", "job_seen_before"} <= {line["event"] for line in logs}


async def test_a_broker_that_fell_silent_is_noticed_and_left_for_a_new_connection(kit, broker, gate, photodock):
    before, after = job(), job()
    await broker.send(before)

    async def at_once(one: Job) -> dict[str, object]:
        return {}

    await kit.start(at_once, url=gate.in_place_of(broker.url), options=replace(FAST, visibility_seconds=1))
    await until(reported(photodock, before), seconds=SECONDS)
    gate.freeze()
    await broker.send(after)
    await until(reported(photodock, after), seconds=SECONDS)


async def test_a_queue_that_is_not_there_yet_is_waited_for(kit, broker, pipeline):
    """A detector may be started before the worker, which makes the queue."""
    missing = broker.url.replace("jobs-", "jobs-0") if "amqp" in broker.url else f"{broker.url}-missing"

    async def never(one: Job) -> None:
        raise AssertionError

    async def told() -> bool:
        return len([line for line in logs if line["event"] == "queue_away"]) >= 2

    with capture_logs() as logs:
        task, stop = await kit.start(never, url=missing)
        await until(told, seconds=SECONDS)
        stop.set()
        async with asyncio.timeout(SECONDS):
            await task
    assert "photodock:" not in str(logs)
