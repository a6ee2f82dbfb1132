"""A broker that goes away, hangs or comes back, and the relay that catches up."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from integration.rabbitmq.conftest import job, kill, message_ids, photo_ids
from photodock.bootstrap.queues import job_queue
from photodock.domain.errors import QueueUnavailable
from photodock.settings import Settings
from photodock.storage.credentials import CredentialsProvider
from photodock.workers.relay import Backoff
from support.polling import until
from support.proxy import Fault
from support.servers import frozen


@pytest.fixture
async def gate(rabbitmq, gate_to):
    return await gate_to(rabbitmq.url())


@pytest.fixture
def gated_url(rabbitmq, gate, queue_name):
    """The broker's, by way of the gate."""
    return rabbitmq.url(queue=queue_name).replace(f"127.0.0.1:{rabbitmq.port}", gate.address)


async def test_confirmed_messages_outlive_a_killed_broker_and_the_same_object_goes_on(opened, rabbitmq, receive):
    before, after = job(), job()
    async with opened() as queue:
        assert await queue.publish([before]) == [None]
        await asyncio.to_thread(kill, rabbitmq)
        try:
            async with asyncio.timeout(60):
                with pytest.raises(QueueUnavailable, match="can't be reached"):
                    await queue.publish([job()])
                with pytest.raises(QueueUnavailable, match="can't be reached"):
                    await queue.check()
        finally:
            await asyncio.to_thread(rabbitmq.start)
        assert await queue.publish([after]) == [None]
    assert message_ids(await receive(2)) == sorted([str(before.message_id), str(after.message_id)])


async def test_a_broker_that_hangs_is_given_up_in_time_and_used_again_later(opened, rabbitmq):
    limits = {"connect_timeout": 1.0, "confirm_timeout": 0.3, "retry_delays": ()}
    async with opened(**limits) as queue, opened(**limits) as unconnected:
        await until(lambda: succeeds(queue.check()))
        with frozen(rabbitmq):
            async with asyncio.timeout(60):
                for hung in (queue, unconnected):
                    with pytest.raises(QueueUnavailable, match=r"can't be reached \(TimeoutError\)"):
                        await hung.publish([job()])
                with pytest.raises(QueueUnavailable, match=r"can't be reached \(TimeoutError\)"):
                    await queue.check()
        # A busy machine may need more than these limits for once.
        await until(lambda: succeeds(queue.publish([job()]), [None]))


async def succeeds(call, expected=None) -> bool:
    with suppress(QueueUnavailable):
        return await call == expected
    return False


async def test_a_check_of_an_open_connection_that_hangs_is_given_up_in_time(opened, rabbitmq):
    async with opened(connect_timeout=1.0) as queue:
        await until(lambda: succeeds(queue.check()))
        with frozen(rabbitmq):
            async with asyncio.timeout(60):
                with pytest.raises(QueueUnavailable, match=r"can't be reached \(TimeoutError\)"):
                    await queue.check()
        await until(lambda: succeeds(queue.check()))


async def test_an_idle_connection_that_was_cut_costs_no_attempt(opened, gate, gated_url, receive):
    async with opened(url=gated_url, retry_delays=()) as queue:
        assert await queue.publish([job()]) == [None]
        await gate.close()
        await gate.open()
        await until_noticed(queue)
        assert await queue.publish([job()]) == [None]
    await receive(2)


async def until_noticed(queue):
    async def noticed() -> bool:
        return not queue._link.usable

    await until(noticed)


ONE_CONFIRMATION = 21
"""Bytes of a frame with `basic.ack`."""


@pytest.fixture
def cut(opened, gate, gated_url):
    """Publishes 400 jobs, and cuts the connection behind the first confirmation, which may be of some of them."""

    @asynccontextmanager
    async def publishing(**options):
        jobs = [job() for _ in range(400)]

        async def is_cut() -> bool:
            return gate.connections == 0

        async with opened(url=gated_url, **options) as queue:
            await queue.check()
            async with gate.suffering(Fault(answer=ONE_CONFIRMATION)):
                answers = asyncio.create_task(queue.publish(jobs))
                await until(is_cut)
                await gate.close()
            yield jobs, answers

    return publishing


async def test_jobs_cut_off_from_their_confirmations_are_sent_again(cut, gate, receive):
    async with cut(retry_delays=(0.1,) * 40) as (jobs, answers):
        await gate.open()
        assert await answers == [None] * len(jobs)
    found = message_ids(await receive())
    assert set(found) == {str(one.message_id) for one in jobs}


async def test_what_was_confirmed_before_the_cut_counts_and_the_rest_is_told(cut, receive):
    async with cut(retry_delays=()) as (jobs, answers):
        reasons = await answers
    confirmed = {str(one.message_id) for one, reason in zip(jobs, reasons, strict=True) if reason is None}
    assert 0 < len(confirmed) < len(jobs)
    assert {reason.partition("(")[0] for reason in reasons if reason} == {"The queue can't be reached "}
    assert confirmed <= set(message_ids(await receive()))


@pytest.fixture
async def queue_of_the_worker(rabbitmq, queue_name, database_url):
    """As the settings choose it."""
    settings = Settings(database_url=database_url, queue_url=rabbitmq.url(queue=queue_name), retry_delays=(0.01,))
    queue = job_queue(settings, CredentialsProvider.static("key", "secret"))
    yield queue
    await queue.aclose()


async def test_the_relay_sends_a_photos_job_and_moves_it_to_processing(gallery, relay_to, queue_of_the_worker, receive):
    made = [await gallery.uploaded() for _ in range(3)]
    relay = relay_to(queue_of_the_worker)
    assert [await relay.run_once() for _ in range(2)] == [3, 0]
    assert [await gallery.state(photo) for photo in made] == ["processing"] * 3
    found = await receive(3)
    assert photo_ids(found) == sorted(str(photo.id) for photo in made)
    correlation_ids = {f"correlation-{json.loads(message.body)['photo_id']}" for message in found}
    assert {message.headers["correlation_id"] for message in found} == correlation_ids


async def test_jobs_confirmed_while_rabbitmq_is_down_arrive_when_it_is_back(
    gate, gated_url, opened, gallery, relay_to, running, eventually, receive, db
):
    await gate.close()
    async with opened(url=gated_url, retry_delays=(0.01,)) as queue:
        options = {"backoff": Backoff(first=timedelta(milliseconds=50), factor=1), "longest_pause_seconds": 0.05}
        async with running(relay_to(queue, poll_seconds=0.1, **options)):
            made = [await gallery.uploaded() for _ in range(12)]

            async def one_failed() -> bool:
                return await db.fetchrow("SELECT 1 FROM outbox WHERE attempts > 0") is not None

            async def all_sent() -> bool:
                return all([await gallery.state(photo) == "processing" for photo in made])

            await eventually(one_failed)
            assert {await gallery.state(photo) for photo in made} == {"uploaded"}
            await gate.open()
            await eventually(all_sent)
    assert photo_ids(await receive(12)) == sorted(str(photo.id) for photo in made)
