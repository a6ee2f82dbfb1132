"""What the inbox of RabbitMQ does besides, on the real broker."""

import asyncio

import aio_pika
import pytest

from integration.consumer.conftest import SECONDS, job, rabbitmq_queue
from photodock.domain.errors import QueueUnavailable
from photodock.queues.inbox import DeliveryLost
from photodock.queues.rabbitmq_inbox import RabbitInbox


@pytest.fixture
async def queue(rabbitmq):
    async with rabbitmq_queue(rabbitmq) as made:
        yield made


@pytest.fixture
async def inbox(queue):
    made = RabbitInbox(queue.url, concurrency=2, poll_seconds=0.2)
    yield made
    await made.aclose()


async def received(inbox, count):
    found = []
    async with asyncio.timeout(SECONDS):
        while len(found) < count:
            found += await inbox.receive(limit=count - len(found))
    return found


async def test_no_more_messages_are_in_hand_than_were_asked_for(inbox, queue):
    await queue.send(*(job() for _ in range(5)))
    await received(inbox, 2)
    assert await inbox.receive(limit=5) == []
    await queue.holds(left=3)


async def test_what_was_delivered_by_a_connection_that_is_gone_cannot_be_acknowledged(inbox, queue):
    await queue.send(job())
    [message] = await received(inbox, 1)
    await inbox.extend(message)
    await inbox.aclose()
    for call in (inbox.extend(message), inbox.acknowledge(message), inbox.give_back(message, 1)):
        with pytest.raises(DeliveryLost, match="connection is gone"):
            await call
    [again] = await received(inbox, 1)
    assert (again.attributes, again.receives) == (message.attributes, 2)


async def test_a_queue_that_is_deleted_ends_the_wait_for_its_messages(inbox, queue, rabbitmq):
    patient = RabbitInbox(queue.url, poll_seconds=600)
    async with asyncio.timeout(SECONDS):
        await queue.send(job())
        await received(patient, 1)
        waiting = asyncio.create_task(patient.receive(limit=1))
        async with await aio_pika.connect(rabbitmq.url()) as connection, connection.channel() as channel:
            await channel.queue_delete(queue.url.partition("queue=")[2])
        with pytest.raises(QueueUnavailable, match="can't be reached"):
            await waiting
        with pytest.raises(QueueUnavailable, match="NOT_FOUND"):
            await patient.receive(limit=1)
    await patient.aclose()


async def test_messages_held_back_are_bounded_and_all_return_with_the_connection(inbox, queue, monkeypatch):
    monkeypatch.setattr("photodock.queues.rabbitmq_inbox.MAX_HELD", 1)
    await queue.send(*(job() for _ in range(4)))
    for message in await received(inbox, 2):
        await inbox.give_back(message, 600)
    # The place of the first was given to another, that of the second not.
    await received(inbox, 1)
    assert await inbox.receive(limit=5) == []
    await queue.holds(left=1)
    await inbox.aclose()
    await queue.holds(left=4)


async def test_a_message_held_back_while_the_connection_ends_is_the_brokers_again(inbox, queue):
    await queue.send(job())
    [message] = await received(inbox, 1)
    await inbox.give_back(message, 600)
    async with asyncio.timeout(SECONDS):
        await inbox.aclose()
    [again] = await received(inbox, 1)
    assert again.receives == 2


async def test_what_was_not_handed_out_returns_before_the_stop_is_over(inbox, queue):
    await queue.send(job(), job())
    [first] = await received(inbox, 1)
    await inbox.receive_no_more()
    await queue.holds(left=1)
    await inbox.acknowledge(first)
    assert await inbox.receive(limit=1) == []


async def test_a_message_given_back_during_a_stop_makes_room_for_no_other(inbox, queue):
    await queue.send(*(job() for _ in range(3)))
    first, second = await received(inbox, 2)
    await inbox.receive_no_more()
    await inbox.give_back(first, 600)
    assert await inbox.receive(limit=1) == []
    await queue.holds(left=1)
    await inbox.acknowledge(second)


async def test_without_a_connection_there_is_nothing_to_let_go(inbox):
    await inbox.receive_no_more()
    assert inbox._link is None
