"""A bucket that tells a queue of its new objects, and the consumer of that queue."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from conftest import administer, database_named
from photodock.bootstrap.core import Core, opened_core
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.queues.sqs_inbox import SqsInbox
from photodock.settings import Settings
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.s3 import ObjectStore
from photodock.workers.s3_events import S3Events
from support.polling import until
from support.serving import serving
from support.store import Store
from support.system import SECRET, Caller

DATABASE = "shared_by_event_tests"
numbers = count(1)
MAX_RECEIVES = 2


@pytest.fixture(scope="session")
def cloud(servers_dir: Path) -> Iterator[MiniStackServer]:
    """S3, and what its notifications go through."""
    services = ("sqs", "s3", "sns", "events")
    with MiniStackServer(servers_dir / "cloud", servers_dir / "logs", services=services) as server:
        yield server


@pytest.fixture(scope="session")
def aws(cloud: MiniStackServer) -> Callable[[str], Any]:
    credentials = CredentialsProvider.static(cloud.access_key, cloud.secret_key)
    return lambda name: credentials.session.create_client(
        name, region_name=cloud.region, endpoint_url=cloud.endpoint_url
    )


@dataclass(frozen=True)
class EventQueue:
    """An SQS queue that S3 may send to, with a dead-letter queue."""

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

    async def holds(self, count: int) -> None:
        """Returns once so many messages are there: the server sends its events a moment after its answers."""

        async def all_there() -> bool:
            return await self.left() == count

        await until(all_there)

    async def dead(self) -> int:
        return await self.left(f"{self.url}-dead")

    async def make(self, *, visibility_seconds: int = 60) -> None:
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
            "VisibilityTimeout": str(visibility_seconds),
            "RedrivePolicy": json.dumps(redrive),
        }
        await self.call("SetQueueAttributes", Attributes=attributes)


@pytest.fixture
async def events(cloud: MiniStackServer) -> EventQueue:
    queue = EventQueue(cloud, f"events-{next(numbers)}")
    await queue.make()
    return queue


@pytest.fixture(scope="session")
async def store(aws: Callable[[str], Any]) -> AsyncIterator[Store]:
    """A bucket that tells nobody of anything until it is told to."""
    async with aws("s3") as client:
        await client.create_bucket(Bucket="photos-with-events")
        yield Store(client, "photos-with-events")


@pytest.fixture
async def notify(store: Store) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Sets the bucket's notifications, for this test alone."""

    async def configure(**configuration: Any) -> None:
        await store.client.put_bucket_notification_configuration(
            Bucket=store.bucket, NotificationConfiguration=configuration
        )

    yield configure
    await configure()


@pytest.fixture
async def notifying(notify: Callable[..., Awaitable[None]], events: EventQueue) -> EventQueue:
    """The queue, told by the bucket itself of every new object from now on."""
    arn = (await events.attributes())["QueueArn"]
    await notify(QueueConfigurations=[{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    return events


@pytest.fixture(scope="session")
def keys(cloud: MiniStackServer) -> Callable[[], AbstractContextManager[None]]:
    """The cloud's keys in the environment, for as long as something starts that looks for them there."""

    @contextmanager
    def present() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", cloud.access_key)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", cloud.secret_key)
            yield

    return present


@pytest.fixture(scope="session")
async def settings(
    postgres: PostgresServer, template: str, cloud: MiniStackServer, store: Store
) -> AsyncIterator[Settings]:
    await administer(postgres.database_url, f"CREATE DATABASE {DATABASE} TEMPLATE {template}")
    yield Settings(
        environment="tests",
        database_url=database_named(postgres.database_url, DATABASE),
        s3_bucket=store.bucket,
        s3_region=cloud.region,
        s3_endpoint_url=cloud.endpoint_url,
        sqs_endpoint_url=cloud.endpoint_url,
        jwt_secret=SECRET,
        retry_delays=(),
    )
    await administer(postgres.database_url, f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.fixture(scope="session")
async def core(settings: Settings, keys: Callable[[], AbstractContextManager[None]]) -> AsyncIterator[Core]:
    async with AsyncExitStack() as stack:
        with keys():
            core = await stack.enter_async_context(opened_core(settings))
        yield core


@pytest.fixture(scope="session")
async def running_api(settings: Settings, keys: Callable[[], AbstractContextManager[None]]) -> AsyncIterator[Caller]:
    callers = serving(settings)
    with keys():
        caller = await anext(callers)
    yield caller
    await anext(callers, None)


@pytest.fixture
def api(running_api: Caller) -> Caller:
    return running_api.stranger()


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
        poll_seconds=1,
    )
    yield inbox
    await inbox.aclose()


@dataclass(frozen=True)
class Consumer:
    """The consumer, called by hand; `others` stand in for its parts."""

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
async def store_away(core: Core, store: Store) -> AsyncIterator[ObjectStore]:
    bucket = Bucket(store.bucket, "us-east-1", "http://127.0.0.1:9", "path")
    away = ObjectStore(bucket, core.credentials, delays=(), connect_timeout=0.5, timeout=0.5)
    yield away
    await away.aclose()


@pytest.fixture
def event_of(store: Store) -> Callable[..., dict[str, Any]]:
    """S3's message of an object, as a duplicate or a late one would be."""

    def make(key: str, bucket: str | None = None) -> dict[str, Any]:
        place = {"bucket": {"name": bucket or store.bucket}, "object": {"key": key}}
        return {"Records": [{"eventName": "ObjectCreated:Put", "s3": place}]}

    return make


@pytest.fixture
def jobs(core: Core, api: Caller) -> Callable[[], Awaitable[list[str]]]:
    """The organization's photos in the outbox, one for each job."""

    async def photo_ids() -> list[str]:
        rows = await core.db.fetch("SELECT photo_id FROM outbox WHERE organization_id = $1", api.organization_id)
        return [str(row["photo_id"]) for row in rows]

    return photo_ids
