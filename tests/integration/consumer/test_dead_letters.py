"""Dead letters on both brokers: looked at, and moved back."""

import asyncio
import json

import aio_pika
import pytest

from integration.consumer.conftest import SECONDS, job
from photodock.domain.errors import QueueUnavailable
from photodock.queues.by_url import dead_letters_at, inbox_at
from photodock.queues.dead_letters import NoDeadLetterQueue
from support.polling import until


@pytest.fixture
async def queue(broker):
    made = dead_letters_at(broker.url)
    yield made
    await made.aclose()


@pytest.fixture
def bury(broker):
    """Makes dead letters of jobs, as detectors do that give up on them each time."""

    async def until_dead(*sent):
        await broker.send(*sent)
        inbox = inbox_at(broker.url, concurrency=5, poll_seconds=1, visibility_seconds=30)

        async def all_dead() -> bool:
            for message in await inbox.receive(limit=10):
                await inbox.give_back(message, 0)
            return await broker.dead() == len(sent)

        try:
            await until(all_dead, seconds=SECONDS * 2)
        finally:
            await inbox.aclose()

    return until_dead


async def test_each_letter_is_shown_once_and_stays_as_it_was(broker, queue, bury, letters):
    sent = [job() for _ in range(12)]
    await bury(*sent)
    for _ in range(2):
        found = await letters(12)
        assert sorted(json.loads(letter.body)["photo_id"] for letter in found) == sorted(
            str(one.photo_id) for one in sent
        )
        assert sorted(letter.attributes["message_id"] for letter in found) == sorted(
            str(one.message_id) for one in sent
        )
    if broker.url.startswith("amqp"):
        assert {(letter.first_reason, letter.last_reason) for letter in found} == {("delivery_limit", "delivery_limit")}
    else:
        assert {letter.receives >= 5 for letter in found} == {True}
    await broker.holds(left=0, dead=12)
    await letters(3, limit=3)


async def test_a_part_of_them_can_be_moved(broker, queue, bury):
    await bury(*(job() for _ in range(4)))
    assert (await queue.redrive(3)).moved == 3
    await broker.holds(left=3, dead=1)
    assert (await queue.redrive(None)).moved == 1
    assert (await queue.redrive(None)).moved == 0
    await broker.holds(left=4, dead=0)


async def test_what_is_moved_back_is_what_was_sent_and_counts_anew(broker, queue, bury):
    sent = job()
    await bury(sent)
    assert (await queue.redrive(None)).moved == 1
    inbox = inbox_at(broker.url, concurrency=1, poll_seconds=1, visibility_seconds=30)
    async with asyncio.timeout(SECONDS):
        while not (found := await inbox.receive(limit=1)):
            pass
    assert (json.loads(found[0].body), found[0].attributes) == (sent.body(), sent.attributes())
    assert found[0].receives == 1
    await inbox.aclose()


async def test_letters_that_are_left_in_the_middle_are_there_again(broker, queue, bury, letters):
    await bury(*(job() for _ in range(3)))
    looking = queue.letters(100)
    await anext(looking)
    await looking.aclose()
    await letters(3)


async def test_without_a_dead_letter_queue_it_says_so(sqs, rabbitmq, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", sqs.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", sqs.secret_key)
    plain = await asyncio.to_thread(sqs.server.sqs, "CreateQueue", {"QueueName": "kit-without-dead"})
    arn = "arn:aws:sqs:us-east-1:000000000000:kit-nowhere"
    nowhere = (await asyncio.to_thread(sqs.server.sqs, "CreateQueue", {"QueueName": "kit-with-nowhere"}))["QueueUrl"]
    await asyncio.to_thread(sqs.server.sqs, "CreateQueue", {"QueueName": "kit-nowhere"})
    policy = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})}
    await asyncio.to_thread(sqs.server.sqs, "SetQueueAttributes", {"QueueUrl": nowhere, "Attributes": policy})
    await asyncio.to_thread(sqs.server.sqs, "DeleteQueue", {"QueueUrl": nowhere.replace("with-nowhere", "nowhere")})
    for url, text in (
        (plain["QueueUrl"], "it has no RedrivePolicy"),
        (nowhere, "names kit-nowhere, which is not there"),
        (rabbitmq.url(queue="jobs-unknown"), "there is no jobs-unknown-dead"),
    ):
        queue = dead_letters_at(url)
        with pytest.raises(NoDeadLetterQueue, match=text):
            await queue.redrive(None)
        with pytest.raises(NoDeadLetterQueue, match=text):
            await anext(queue.letters(1))
        await queue.aclose()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/0/q", "amqp://127.0.0.1:9/"])
async def test_a_broker_that_is_away_is_one_sentence(url, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    queue = dead_letters_at(url)
    with pytest.raises(QueueUnavailable, match="can't be reached"):
        await queue.redrive(None)
    await queue.aclose()


async def test_letters_that_the_queue_does_not_take_stay_dead(rabbitmq):
    """The dead-letter queue is there, and the queue itself is not."""
    async with await aio_pika.connect(rabbitmq.url()) as connection, connection.channel() as channel:
        dead = await channel.declare_queue("jobs-gone-dead", durable=True)
        await channel.default_exchange.publish(aio_pika.Message(b"{}"), "jobs-gone-dead")
        queue = dead_letters_at(rabbitmq.url(queue="jobs-gone"))
        redriven = await queue.redrive(None)
        assert (redriven.moved, redriven.rest) == (0, "The queue does not take them (PublishError).")

        async def is_there() -> bool:
            return (await dead.declare()).message_count == 1

        await until(is_there)
        await dead.delete(if_empty=False)
