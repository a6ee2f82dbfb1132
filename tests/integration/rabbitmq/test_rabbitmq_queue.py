"""The RabbitMQ adapter on a real broker: what it sends, what it makes there, what it answers."""

import asyncio
import json
from uuid import uuid4

import pytest
from aio_pika import DeliveryMode
from structlog.testing import capture_logs

from integration.rabbitmq.conftest import job, message_ids, own_headers
from photodock.domain.errors import QueueUnavailable
from photodock.queues.rabbitmq import MAX_BYTES, MAX_DELIVERIES, RabbitQueue

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_message_is_exactly_the_promised_body_and_headers(opened, receive):
    sent = job(traceparent=TRACEPARENT)
    async with opened() as queue:
        assert await queue.publish([sent]) == [None]
    (message,) = await receive(1)
    assert json.loads(message.body) == {
        "photo_id": str(sent.photo_id),
        "s3_url": "s3://bucket/key.jpg",
        "detection_types": ["damage", "material"],
        "priority": "high",
    }
    assert own_headers(message) == {
        "message_id": str(sent.message_id),
        "correlation_id": "request-1",
        "traceparent": TRACEPARENT,
    }
    assert (message.message_id, message.correlation_id) == (str(sent.message_id), "request-1")
    assert message.content_type == "application/json"
    assert message.delivery_mode == DeliveryMode.PERSISTENT


async def test_an_absent_traceparent_is_no_header(opened, receive):
    async with opened() as queue:
        await queue.publish([job()])
    (message,) = await receive(1)
    assert set(own_headers(message)) == {"message_id", "correlation_id"}


async def test_a_batch_arrives_once_each_and_in_order(opened, receive):
    sent = [job() for _ in range(200)]
    async with opened() as queue:
        assert await queue.publish(sent) == [None] * 200
    assert [message.message_id for message in await receive(200)] == [str(one.message_id) for one in sent]


async def test_batches_of_several_tasks_share_a_connection_and_all_arrive(opened, receive):
    batches = [[job() for _ in range(20)] for _ in range(5)]
    async with opened() as queue:
        answers = await asyncio.gather(*(queue.publish(batch) for batch in batches))
    assert answers == [[None] * 20] * 5
    sent = sorted(str(one.message_id) for batch in batches for one in batch)
    assert message_ids(await receive(100)) == sent


async def test_a_job_handed_over_twice_is_one_message(opened, receive):
    one, other = job(), job()
    async with opened() as queue:
        assert await queue.publish([one, other, one]) == [None, None, None]
    assert message_ids(await receive(2)) == sorted([str(one.message_id), str(other.message_id)])


async def test_a_message_too_large_is_never_sent_and_costs_only_itself(opened, receive):
    good = job()
    async with opened() as queue:
        assert await queue.publish([job(s3_url="k" * MAX_BYTES), good]) == ["MessageTooLong", None]
    assert message_ids(await receive(1)) == [str(good.message_id)]


async def test_nothing_to_publish_asks_nobody(opened):
    async with opened(url="amqp://127.0.0.1:9/") as queue:
        assert await queue.publish([]) == []


async def test_a_deleted_queue_is_a_failure_once_and_then_made_again(opened, channel, queue_name, receive):
    async with opened() as queue:
        assert await queue.publish([job()]) == [None]
        await channel.queue_delete(queue_name)
        assert await queue.publish([job(), job()]) == ["NO_ROUTE", "NO_ROUTE"]
        assert await queue.publish([job()]) == [None]
    await receive(1)


async def test_a_queue_that_takes_no_more_is_a_failure_of_those_it_refuses(opened, channel, queue_name, receive):
    limits = {"x-max-length": 2, "x-overflow": "reject-publish"}
    await channel.declare_queue(queue_name, durable=True, arguments=limits)
    async with opened() as queue:
        assert await queue.publish([job(), job(), job()]) == [None, None, "NACK"]
        await receive(2)
        assert await queue.publish([job()]) == [None]


async def test_a_queue_that_was_made_in_another_way_is_used_as_it_is(opened, channel, queue_name, receive):
    await channel.declare_queue(queue_name, durable=True, arguments={"x-queue-type": "classic"})
    with capture_logs() as logs:
        async with opened() as queue:
            assert await queue.publish([job()]) == [None]
    (line,) = logs
    assert (line["event"], line["log_level"], line["queue"]) == ("queue_used_as_it_is", "warning", queue_name)
    assert "inequivalent arg" in line["reason"]
    await receive(1)


async def test_a_job_that_is_returned_too_often_becomes_a_dead_letter(opened, channel, queue_name, receive):
    sent = job()
    async with opened() as queue:
        await queue.publish([sent])
    deliveries = 0
    consumed = await channel.get_queue(queue_name)
    async with asyncio.timeout(60), consumed.iterator() as messages:
        async for message in messages:
            deliveries += 1
            await message.reject(requeue=True)
            if deliveries == MAX_DELIVERIES:
                break
    dead = await channel.get_queue(f"{queue_name}-dead")
    async with asyncio.timeout(60), dead.iterator() as letters:
        letter = await anext(letters)
        await letter.ack()
    assert letter.message_id == str(sent.message_id)
    assert json.loads(letter.body) == sent.body()
    assert letter.headers["x-death"][0]["reason"] == "delivery_limit"
    assert await consumed.get(fail=False) is None


async def test_rights_on_these_names_alone_suffice_to_make_them(opened, queue_name, receive):
    with capture_logs() as logs:
        async with opened(user="maker") as queue:
            assert await queue.publish([job()]) == [None]
            await queue.check()
    assert logs == []
    await receive(1)
    await receive(0, f"{queue_name}-dead")


async def test_a_sender_that_may_only_send_uses_the_queue_that_is_there(opened, receive):
    async with opened() as queue:
        await queue.check()
    async with opened(user="sender") as queue:
        assert await queue.publish([job()]) == [None]
        await queue.check()
    await receive(1)


async def test_a_sender_that_may_not_make_the_missing_queue_is_told_so(opened):
    with capture_logs() as logs:
        async with opened(user="sender", retry_delays=(60,)) as queue:
            with pytest.raises(QueueUnavailable, match=r"refuses our requests \(ACCESS_REFUSED\)"):
                await queue.publish([job()])
            with pytest.raises(QueueUnavailable, match=r"refuses our requests \(ACCESS_REFUSED\)"):
                await queue.check()
    assert [(line["event"], line["code"]) for line in logs] == [("queue_misconfigured", "ACCESS_REFUSED")] * 2


async def test_a_virtual_host_that_is_not_there_is_a_misconfiguration(opened, rabbitmq):
    url = rabbitmq.url() + uuid4().hex
    async with opened(url=url, retry_delays=(60,)) as queue:
        with pytest.raises(QueueUnavailable, match=r"refuses our requests \(NOT_ALLOWED\)"):
            await queue.publish([job()])


async def test_a_wrong_password_is_a_misconfiguration_and_never_told(opened, rabbitmq, queue_name, caplog):
    password = f"wrong-{uuid4().hex}"
    url = rabbitmq.url(queue=queue_name).replace(rabbitmq.password(), password)
    # The service itself keeps aiormq quiet, and another test may have set that up.
    with capture_logs() as logs, caplog.at_level("DEBUG"), caplog.at_level("DEBUG", logger="aiormq"):
        async with opened(url=url, retry_delays=(60,)) as queue:
            with pytest.raises(QueueUnavailable, match=r"refuses our requests \(ACCESS_REFUSED\)") as raised:
                await queue.publish([job()])
    assert [(line["event"], line["log_level"], line["code"]) for line in logs] == [
        ("queue_misconfigured", "error", "ACCESS_REFUSED")
    ]
    assert caplog.records
    told = f"{logs} {caplog.text} {queue!r} {raised.value!r} {raised.value.__cause__!r}"
    assert password not in told


async def test_check_passes_where_publishing_would(opened):
    async with opened() as queue:
        await queue.check()
        await queue.check()


async def test_a_missing_queue_fails_the_check_of_an_open_connection(opened, channel, queue_name):
    async with opened() as queue:
        await queue.check()
        await channel.queue_delete(queue_name)
        with pytest.raises(QueueUnavailable, match=r"refuses our requests \(NOT_FOUND\)"):
            await queue.check()


async def test_closing_twice_or_unused_is_harmless(rabbitmq):
    queue = RabbitQueue(rabbitmq.url())
    await queue.aclose()
    await queue.check()
    await queue.aclose()
    await queue.aclose()
