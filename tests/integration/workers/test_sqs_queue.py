"""The SQS adapter against a real SQS server, behind a gate that can be closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiobotocore.session import AioSession

from photodock.domain.errors import QueueUnavailable
from photodock.domain.jobs import DetectionJob, Priority
from photodock.queues.sqs import SqsQueue
from photodock.workers.relay import Backoff

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def job(**changes: Any) -> DetectionJob:
    facts: dict[str, Any] = {
        "message_id": uuid4(),
        "photo_id": uuid4(),
        "s3_url": "s3://bucket/key.jpg",
        "detection_types": ("damage", "material"),
        "priority": Priority.HIGH,
        "correlation_id": "request-1",
    }
    return DetectionJob(**(facts | changes))


def session_of(sqs: Any) -> AioSession:
    session = AioSession()
    session.set_credentials(sqs.access_key, sqs.secret_key)
    return session


@asynccontextmanager
async def opened(sqs: Any, queue_url: str, **options: Any) -> AsyncIterator[SqsQueue]:
    settings = {"region": sqs.region, "endpoint_url": sqs.endpoint_url, "retry_delays": (0.05, 0.1)} | options
    queue = SqsQueue(session_of(sqs), queue_url, **settings)
    try:
        yield queue
    finally:
        await queue.aclose()


@pytest.fixture
def queue_url(sqs: Any) -> str:
    url: str = sqs.create_queue(f"jobs-{uuid4().hex}")
    return url


@pytest.fixture
async def gate(sqs: Any, gate_to: Any) -> Any:
    return await gate_to(sqs.endpoint_url)


async def test_a_message_is_exactly_the_promised_body_and_attributes(sqs, queue_url, receive):
    sent = job(traceparent=TRACEPARENT)
    async with opened(sqs, queue_url) as queue:
        assert await queue.publish([sent]) == [None]
    (message,) = await receive(queue_url, 1)
    assert message == {
        "body": {
            "photo_id": str(sent.photo_id),
            "s3_url": "s3://bucket/key.jpg",
            "detection_types": ["damage", "material"],
            "priority": "high",
        },
        "message_id": str(sent.message_id),
        "correlation_id": "request-1",
        "traceparent": TRACEPARENT,
    }


async def test_more_jobs_than_a_request_holds_all_arrive(sqs, queue_url, receive):
    sent = [job() for _ in range(23)]
    async with opened(sqs, queue_url) as queue:
        assert await queue.publish(sent) == [None] * 23
    found = await receive(queue_url, 23)
    assert sorted(message["message_id"] for message in found) == sorted(str(one.message_id) for one in sent)


async def test_one_bad_job_does_not_hold_back_the_others(sqs, queue_url, receive):
    good, large = job(), job(s3_url="s3://bucket/" + "k" * 300_000)
    async with opened(sqs, queue_url) as queue:
        assert await queue.publish([large, good]) == ["MessageTooLong", None]
    assert [message["message_id"] for message in await receive(queue_url, 1)] == [str(good.message_id)]


async def test_nothing_to_publish_asks_nobody(sqs):
    async with opened(sqs, "http://127.0.0.1:9/queue", endpoint_url="http://127.0.0.1:9") as queue:
        assert await queue.publish([]) == []


async def test_a_queue_that_is_not_there_is_reported_without_retries(sqs, queue_url):
    async with opened(sqs, queue_url + "-missing", retry_delays=(60,)) as queue:
        with pytest.raises(QueueUnavailable, match="refuses our requests"):
            await queue.publish([job()])
        with pytest.raises(QueueUnavailable, match="refuses our requests"):
            await queue.check()


async def test_check_passes_where_publishing_would(sqs, queue_url):
    async with opened(sqs, queue_url) as queue:
        await queue.check()


async def test_a_broker_that_is_away_is_tried_again_and_then_reported(sqs, queue_url, gate):
    async with opened(sqs, queue_url, endpoint_url=f"http://{gate.address}") as queue:
        await gate.close()
        with pytest.raises(QueueUnavailable, match="can't be reached"):
            await queue.publish([job()])
        with pytest.raises(QueueUnavailable, match="can't be reached"):
            await queue.check()


async def test_a_broker_that_comes_back_between_two_tries_loses_nothing(sqs, queue_url, gate, receive):
    async with opened(sqs, queue_url, endpoint_url=f"http://{gate.address}", retry_delays=(0.1,) * 40) as queue:
        assert await queue.publish([job()]) == [None]
        await gate.close()
        publishing = asyncio.create_task(queue.publish([job()]))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(publishing), 0.3)
        await gate.open()
        assert await publishing == [None]
    assert len(await receive(queue_url, 2)) == 2


async def test_a_broker_that_hangs_is_given_up_in_time(sqs, queue_url):
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with opened(sqs, queue_url, endpoint_url=url, read_timeout=0.1) as queue, asyncio.timeout(60):
        with pytest.raises(QueueUnavailable, match="ReadTimeoutError"):
            await queue.publish([job()])
    server.close()


async def test_jobs_confirmed_while_sqs_is_down_arrive_when_it_is_back(
    sqs, queue_url, gate, gallery, relay_to, running, eventually, receive, db
):
    await gate.close()
    async with opened(sqs, queue_url, endpoint_url=f"http://{gate.address}", retry_delays=(0.01,)) as queue:
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
    found = await receive(queue_url, 12)
    assert sorted(message["body"]["photo_id"] for message in found) == sorted(str(photo.id) for photo in made)
