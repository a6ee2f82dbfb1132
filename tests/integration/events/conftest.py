"""A bucket that tells a queue of its new objects, and the consumer of that queue."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from photodock.bootstrap import Core, opened_core
from photodock.db.pool import Database
from photodock.embedded.ministack import MiniStackServer
from photodock.queues.sqs_inbox import SqsInbox
from photodock.settings import Settings
from photodock.storage.bucket import Bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.s3 import ObjectStore
from photodock.workers.s3_events import S3Events
from support.serving import serving
from support.store import Store
from support.system import SECRET, Caller

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

numbers = count(1)
VISIBILITY_SECONDS = 1
MAX_RECEIVES = 3


@pytest.fixture(scope="session")
def cloud(servers_dir: Path) -> Iterator[MiniStackServer]:
    """S3, and what its notifications go through."""
    services = ("sqs", "s3", "sns", "events")
    with MiniStackServer(servers_dir / "cloud", servers_dir / "logs", services=services) as server:
        yield server


@pytest.fixture
def aws(cloud: MiniStackServer) -> Callable[[str], Any]:
    credentials = CredentialsProvider.static(cloud.access_key, cloud.secret_key)
    return lambda name: credentials.session.create_client(
        name, region_name=cloud.region, endpoint_url=cloud.endpoint_url
    )


@dataclass(frozen=True)
class EventQueue:
    """An SQS queue that S3 may send to, with a short visibility timeout and a dead-letter queue."""

    server: MiniStackServer
    name: str

    @property
    def url(self) -> str:
        return self.server.queue_url(self.name)

    async def call(self, action: str, **request: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self.server.sqs, action, {"QueueUrl": self.url, **request})

    async def attributes(self, url: str | None = None) -> dict[str, str]:
        answer = await self.call("GetQueueAttributes", QueueUrl=url or self.url, AttributeNames=["All"])
        found: dict[str, str] = answer["Attributes"]
        return found

    async def send(self, *bodies: str | dict[str, Any]) -> None:
        for body in bodies:
            await self.call("SendMessage", MessageBody=body if isinstance(body, str) else json.dumps(body))

    async def left(self, url: str | None = None) -> int:
        """Messages that are there, hidden ones included."""
        found = await self.attributes(url)
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    async def dead(self) -> int:
        return await self.left(f"{self.url}-dead")

    async def make(self) -> None:
        await asyncio.to_thread(self.server.create_queues, self.name)
        arn = (await self.attributes())["QueueArn"]
        policy = {
            "Effect": "Allow",
            "Principal": {"Service": ["s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"]},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        redrive = {"deadLetterTargetArn": f"{arn}-dead", "maxReceiveCount": MAX_RECEIVES}
        attributes = {
            "Policy": json.dumps({"Version": "2012-10-17", "Statement": [policy]}),
            "VisibilityTimeout": str(VISIBILITY_SECONDS),
            "RedrivePolicy": json.dumps(redrive),
        }
        await self.call("SetQueueAttributes", Attributes=attributes)


@pytest.fixture
async def events(cloud: MiniStackServer) -> EventQueue:
    queue = EventQueue(cloud, f"events-{next(numbers)}")
    await queue.make()
    return queue


@pytest.fixture
async def s3(aws: Callable[[str], Any]) -> AsyncIterator["S3Client"]:
    async with aws("s3") as client:
        yield client


@pytest.fixture
async def store(s3: "S3Client") -> Store:
    """A bucket of this test's own, which tells nobody of anything yet."""
    store = Store(s3, f"photos-{next(numbers)}")
    await s3.create_bucket(Bucket=store.bucket)
    return store


@pytest.fixture
async def notifying(store: Store, events: EventQueue) -> EventQueue:
    """The queue, told by the bucket itself of every new object from now on."""
    arn = (await events.attributes())["QueueArn"]
    await store.client.put_bucket_notification_configuration(
        Bucket=store.bucket,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    return events


@pytest.fixture
def event_settings(
    database_url: str, cloud: MiniStackServer, store: Store, events: EventQueue, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", cloud.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", cloud.secret_key)
    return Settings(
        environment="tests",
        database_url=database_url,
        s3_bucket=store.bucket,
        s3_region=cloud.region,
        s3_endpoint_url=cloud.endpoint_url,
        s3_events_queue_url=events.url,
        sqs_endpoint_url=cloud.endpoint_url,
        jwt_secret=SECRET,
        retry_delays=(),
    )


@pytest.fixture
async def core(event_settings: Settings) -> AsyncIterator[Core]:
    async with opened_core(event_settings) as core:
        yield core


@pytest.fixture
async def api(event_settings: Settings) -> AsyncIterator[Caller]:
    async for caller in serving(event_settings):
        yield caller


@pytest.fixture
async def project(api: Caller) -> str:
    return await api.make_project()


@pytest.fixture
async def inbox(core: Core, events: EventQueue) -> AsyncIterator[SqsInbox]:
    inbox = SqsInbox(
        core.credentials.session,
        events.url,
        region=events.server.region,
        endpoint_url=events.server.endpoint_url,
        poll_seconds=2,
    )
    yield inbox
    await inbox.aclose()


@dataclass(frozen=True)
class Consumer:
    """The consumer, called by hand; `away` is one whose store does not answer."""

    core: Core
    inbox: SqsInbox
    bucket: str

    def part(self, **others: Any) -> S3Events:
        facts = {"db": self.core.db, "confirmation": self.core.confirmation, "store": self.core.store}
        return S3Events(**(facts | {"inbox": self.inbox} | others), bucket=self.bucket)

    async def turn(self, **others: Any) -> dict[str, int]:
        """One poll and what comes of it."""
        outcomes = await self.part(**others).handle(await self.inbox.receive())
        return {outcome.value: number for outcome, number in outcomes.items()}


@pytest.fixture
def consumer(core: Core, inbox: SqsInbox, store: Store) -> Consumer:
    return Consumer(core, inbox, store.bucket)


@pytest.fixture
def store_away(core: Core, store: Store) -> ObjectStore:
    bucket = Bucket(store.bucket, "us-east-1", "http://127.0.0.1:9", "path")
    return ObjectStore(bucket, core.credentials, delays=(), connect_timeout=0.5, timeout=0.5)


@pytest.fixture
def event_of(store: Store) -> Callable[..., dict[str, Any]]:
    """S3's message of an object, as a duplicate or a late one would be."""

    def make(key: str, bucket: str | None = None) -> dict[str, Any]:
        place = {"bucket": {"name": bucket or store.bucket}, "object": {"key": key}}
        return {"Records": [{"eventName": "ObjectCreated:Put", "s3": place}]}

    return make


Running = Callable[[S3Events], Awaitable[None]]


async def outbox_rows(db: Database) -> list[str]:
    """The photos' ids, one for each job."""
    return [str(row["photo_id"]) for row in await db.fetch("SELECT photo_id FROM outbox")]


@pytest.fixture
def jobs(core: Core) -> Callable[[], Awaitable[list[str]]]:
    return lambda: outbox_rows(core.db)
