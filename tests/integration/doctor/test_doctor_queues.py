"""Queues, dead letters and bucket events, broken one way at a time."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from integration.doctor.conftest import Bed, diagnose
from integration.rabbitmq.conftest import rabbitmq
from photodock.bootstrap.core import opened_core
from photodock.bootstrap.worker import opened_s3_events
from photodock.doctor.checks import events
from photodock.doctor.findings import State
from photodock.domain.errors import QueueUnavailable
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.rabbitmq import RabbitServer
from photodock.queues.inbox import ReceivedMessage
from photodock.queues.rabbitmq import RabbitQueue
from photodock.queues.sqs_inbox import SqsInbox

__all__ = ["rabbitmq"]

QUEUE = ("queue", "dead_letter_queue")


def set_attributes(server: MiniStackServer, url: str, **attributes: Any) -> None:
    server.sqs("SetQueueAttributes", {"QueueUrl": url, "Attributes": attributes})


def jobs_of(bed: Bed) -> str:
    assert bed.settings.queue_url
    return bed.settings.queue_url.get_secret_value()


async def test_a_queue_that_is_missing_is_told(bed: Bed) -> None:
    found = await diagnose(bed.but(queue_url=jobs_of(bed) + "-gone").settings, *QUEUE)
    assert "There is no such queue" in found.said("queue")
    assert "PHOTODOCK_SQS_REGION" in found.said("queue")
    assert found.of("dead_letter_queue").state is State.NOT_APPLICABLE


async def test_a_queue_server_that_is_away_is_told(bed: Bed) -> None:
    said = (await diagnose(bed.but(sqs_endpoint_url="http://127.0.0.1:9").settings, "queue")).said("queue")
    assert "Nothing listens at 127.0.0.1:9" in said


async def test_a_queue_that_is_not_set_is_told(bed: Bed) -> None:
    assert "PHOTODOCK_QUEUE_URL is not set" in (await diagnose(bed.but(queue_url="").settings, "queue")).said("queue")


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"RedrivePolicy": ""}, "The queue has no dead-letter queue"),
        ({"RedrivePolicy": {"maxReceiveCount": 5, "deadLetterTargetArn": "GONE"}}, "which is not there"),
        ({"RedrivePolicy": {"maxReceiveCount": 1, "deadLetterTargetArn": "DEAD"}}, "after 1 delivery"),
    ],
)
async def test_dead_letters_that_have_no_good_place_are_told(
    attributes: dict[str, Any], told: str, bed: Bed, strict: MiniStackServer
) -> None:
    arn = f"arn:aws:sqs:us-east-1:000000000000:{jobs_of(bed).rpartition('/')[2]}"
    text = {name: json.dumps(value) if value else "" for name, value in attributes.items()}
    policy = text["RedrivePolicy"].replace("GONE", f"{arn}-gone").replace("DEAD", f"{arn}-dead")
    if "-gone" in policy:
        gone = strict.create_queues(f"{jobs_of(bed).rpartition('/')[2]}-gone")
        set_attributes(strict, jobs_of(bed), RedrivePolicy=policy)
        strict.sqs("DeleteQueue", {"QueueUrl": gone})
    else:
        set_attributes(strict, jobs_of(bed), RedrivePolicy=policy)
    assert told in (await diagnose(bed.settings, "dead_letter_queue")).said("dead_letter_queue")


async def test_dead_letters_are_counted(bed: Bed, strict: MiniStackServer) -> None:
    strict.sqs("SendMessage", {"QueueUrl": f"{jobs_of(bed)}-dead", "MessageBody": "{}"})
    said = (await diagnose(bed.settings, "dead_letter_queue")).said("dead_letter_queue")
    assert "1 dead letters" in said
    assert "photodock dlq redrive" in said


@pytest.fixture
def telling(bed: Bed, strict: MiniStackServer) -> Bed:
    """With a queue of bucket events that the bucket does not know of yet."""
    return bed.but(s3_events_queue_url=queue_for_events(strict))


def queue_for_events(server: MiniStackServer) -> str:
    """Its URL; S3 may send to it."""
    url = server.create_queues(f"events-{uuid4().hex[:8]}")
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    set_attributes(server, url, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    return url


async def notify(bed: Bed, **changes: Any) -> None:
    name = (bed.settings.s3_events_queue_url or "").rpartition("/")[2]
    rule = {"QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{name}", "Events": ["s3:ObjectCreated:*"], **changes}
    async with bed.client() as client:
        await client.put_bucket_notification_configuration(
            Bucket=bed.bucket, NotificationConfiguration={"QueueConfigurations": [rule]}
        )


def waiting(monkeypatch: pytest.MonkeyPatch, *, for_workers: float, longest: float) -> None:
    """In seconds."""
    monkeypatch.setattr(events, "WORKERS_SECONDS", for_workers)
    monkeypatch.setattr(events, "LONGEST_SECONDS", longest)


async def test_an_event_that_no_worker_takes_is_found_in_the_queue(
    telling: Bed, strict: MiniStackServer, trials_left: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(monkeypatch, for_workers=0.5, longest=60)
    await notify(telling)
    url = telling.settings.s3_events_queue_url
    other = {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "k"}}}]}
    strict.sqs("SendMessage", {"QueueUrl": url, "MessageBody": json.dumps(other)})
    found = (await diagnose(telling.settings, "events")).of("events")
    assert found.state is State.OK
    assert "No worker took it" in found.found
    kept = strict.sqs("ReceiveMessage", {"QueueUrl": url, "MaxNumberOfMessages": 10}).get("Messages", [])
    assert other in [json.loads(message["Body"]) for message in kept], "what is not the doctor's own stays"
    assert await trials_left() == []


async def test_a_worker_that_may_not_give_messages_back_finds_its_event_all_the_same(
    telling: Bed, strict: MiniStackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(self: SqsInbox, message: ReceivedMessage, delay_seconds: float) -> None:
        raise QueueUnavailable("AccessDenied")

    monkeypatch.setattr(SqsInbox, "give_back", refused)
    waiting(monkeypatch, for_workers=0.5, longest=60)
    await notify(telling)
    strict.sqs("SendMessage", {"QueueUrl": telling.settings.s3_events_queue_url, "MessageBody": "another's"})
    found = (await diagnose(telling.settings, "events")).of("events")
    assert (found.state, "No worker took it" in found.found) == (State.OK, True)


@asynccontextmanager
async def consuming(bed: Bed) -> AsyncIterator[None]:
    """A worker's consumer of bucket events."""
    stop = asyncio.Event()
    async with opened_core(bed.settings) as core, opened_s3_events(bed.settings, core) as parts:
        running = asyncio.create_task(parts["s3_events"](stop))
        yield
        stop.set()
        await running


async def test_a_worker_that_takes_the_event_is_found_to_run(
    telling: Bed, strict: MiniStackServer, trials_left: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(monkeypatch, for_workers=60, longest=60)
    await notify(telling)
    async with consuming(telling):
        found = (await diagnose(telling.settings, "events")).of("events")
    assert found.state is State.OK
    assert "A worker had the event" in found.found
    assert await trials_left() == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (None, "the bucket sends none"),
        ({"QueueArn": "another"}, "they go to `events-"),
        ({"Events": ["s3:ObjectRemoved:*"]}, "the bucket sends other events to it"),
        ({"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "photos/"}]}}}, "prefix `photos/`"),
    ],
)
async def test_an_event_that_does_not_come_is_explained_by_the_buckets_notification(
    changes: dict[str, Any] | None,
    told: str,
    telling: Bed,
    strict: MiniStackServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting(monkeypatch, for_workers=0.5, longest=3)
    if changes and "QueueArn" in changes:
        other = queue_for_events(strict).rpartition("/")[2]
        changes = {"QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{other}"}
    if changes is not None:
        await notify(telling, **changes)
    assert told in (await diagnose(telling.settings, "events")).said("events")


async def test_events_and_jobs_in_one_queue_are_told(bed: Bed) -> None:
    shared = bed.but(s3_events_queue_url=jobs_of(bed)).settings
    assert "share a queue" in (await diagnose(shared, "events_queue")).said("events_queue")


async def test_rabbitmqs_queue_is_looked_at_and_never_made(bed: Bed, rabbitmq: RabbitServer) -> None:
    url = rabbitmq.url(queue=f"jobs-{uuid4().hex}")
    settings = bed.but(queue_url=url).settings
    for _ in range(2):
        assert "There is no such queue" in (await diagnose(settings, *QUEUE)).said("queue")
    queue = RabbitQueue(url)
    await queue.check()
    await queue.aclose()
    found = await diagnose(settings, *QUEUE)
    assert found.wrong == []
    assert "after 5 deliveries" in found.of("dead_letter_queue").found


async def test_rabbitmqs_queue_of_another_making_is_told_with_the_difference(bed: Bed, rabbitmq: RabbitServer) -> None:
    name = f"jobs-{uuid4().hex}"
    async with await aio_pika.connect(rabbitmq.url()) as connection, connection.channel() as channel:
        await channel.declare_queue(name, durable=True)
    settings = bed.but(queue_url=rabbitmq.url(queue=name)).settings
    said = (await diagnose(settings, *QUEUE)).said("dead_letter_queue")
    assert "inequivalent arg" in said
    assert f"there is no `{name}-dead`" in said


@pytest.mark.parametrize(("old", "new"), [("photodock:", "nobody:"), ("?", "nowhere?")])
async def test_rabbitmqs_refusals_are_told(old: str, new: str, bed: Bed, rabbitmq: RabbitServer) -> None:
    url = rabbitmq.url(queue=f"jobs-{uuid4().hex}").replace(old, new, 1)
    said = (await diagnose(bed.but(queue_url=url).settings, "queue")).said("queue")
    assert "RabbitMQ refuses" in said
    assert "docs/rabbitmq.md" in said
