"""A queue on each of the real brokers, and a photodock that the consumers of these tests report to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from conftest import Sqs
from integration.rabbitmq.conftest import rabbitmq
from integration.workers.conftest import gate_to
from photodock.consumer import ConsumerOptions, Job
from photodock.consumer.consumer import Consumer
from photodock.consumer.done import RecentIds
from photodock.consumer.photodock import Photodock
from photodock.domain.jobs import DetectionJob, Priority
from photodock.embedded.rabbitmq import RabbitServer
from photodock.queues.by_url import dead_letters_at, inbox_at
from photodock.queues.job_spans import Destination
from photodock.queues.rabbitmq import RabbitQueue
from photodock.queues.sqs import SqsQueue
from photodock.storage.credentials import CredentialsProvider
from support.polling import until

__all__ = ["gate_to", "rabbitmq"]

numbers = count(1)
SECONDS = 60
FAST = ConsumerOptions(poll_seconds=1, visibility_seconds=3, first_delay=0.2, longest_delay=0.2, stop_timeout=0.2)
BROKERS = ("sqs", "rabbitmq")


class FakePhotodock:
    """As a consumer sees it: a photo, its bytes, and the reports that were taken."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, str]] = []
        self.results: dict[str, Any] = {}
        self.bytes_of_photos = b"photo"

    def routes(self) -> Iterator[web.RouteDef]:
        yield web.get("/api/v1/photos/{id}", self.photo)
        yield web.patch("/api/v1/photos/{id}/status", self.report)
        yield web.get("/content", self.content)

    async def photo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer pipeline"
        status = "completed" if request.match_info["id"] in self.results else "processing"
        return web.json_response({"status": status, "download_url": f"http://{request.host}/content", "error": None})

    async def content(self, request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        return web.Response(body=self.bytes_of_photos)

    async def report(self, request: web.Request) -> web.Response:
        update = await request.json()
        photo_id = request.match_info["id"]
        self.reports.append((photo_id, update["status"]))
        if update["status"] == "completed":
            self.results[photo_id] = update["detections"]
        return web.json_response({})

    def statuses(self, photo_id: UUID) -> list[str]:
        return [status for one, status in self.reports if one == str(photo_id)]


@pytest.fixture
async def pipeline() -> AsyncIterator[tuple[FakePhotodock, str]]:
    made = FakePhotodock()
    app = web.Application()
    app.add_routes(made.routes())
    async with TestServer(app, host="127.0.0.1") as server:
        yield made, str(server.make_url("/"))


def job(**changes: Any) -> DetectionJob:
    facts: dict[str, Any] = {
        "message_id": uuid4(),
        "photo_id": uuid4(),
        "s3_url": "s3://bucket/key.jpg",
        "detection_types": ("damage",),
        "priority": Priority.NORMAL,
        "correlation_id": "request-1",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    return DetectionJob(**(facts | changes))


@dataclass
class Broker:
    """One queue with its dead-letter queue. `left` counts its messages, those in somebody's hands included."""

    url: str
    publish: Callable[..., Awaitable[Any]]
    send_raw: Callable[[str], Awaitable[Any]]
    left: Callable[..., Awaitable[int]]

    async def send(self, *jobs: DetectionJob) -> None:
        assert await self.publish(jobs) == [None] * len(jobs)

    async def empty(self) -> bool:
        return await self.left() == 0

    async def holds(self, left: int, dead: int = 0) -> None:
        """Returns once there are so many of each: a broker counts a moment later what it has taken, or given back."""

        async def all_there() -> bool:
            return (await self.left(), await self.dead()) == (left, dead)

        await until(all_there)

    async def dead(self) -> int:
        return await self.left(dead=True)


@asynccontextmanager
async def sqs_queue(server: Sqs) -> AsyncIterator[Broker]:
    name = f"kit-{next(numbers)}"
    url = await asyncio.to_thread(server.create_queue, name)
    session = CredentialsProvider.static(server.access_key, server.secret_key).session
    queue = SqsQueue(session, url, region=server.region, endpoint_url=server.endpoint_url)

    async def left(*, dead: bool = False) -> int:
        request = {"QueueUrl": f"{url}-dead" if dead else url, "AttributeNames": ["All"]}
        found = (await asyncio.to_thread(server.server.sqs, "GetQueueAttributes", request))["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    async def send_raw(body: str) -> None:
        await asyncio.to_thread(server.server.sqs, "SendMessage", {"QueueUrl": url, "MessageBody": body})

    yield Broker(url, queue.publish, send_raw, left)
    await queue.aclose()


@asynccontextmanager
async def rabbitmq_queue(server: RabbitServer) -> AsyncIterator[Broker]:
    name = f"jobs-{uuid4().hex}"
    queue = RabbitQueue(server.url(queue=name))
    await queue.publish([])
    await _declared(queue)

    async def left(*, dead: bool = False) -> int:
        """The messages that are ready, and those in hand as long as a consumer holds them."""
        async with await aio_pika.connect(server.url()) as connection, connection.channel() as channel:
            found = await channel.declare_queue(f"{name}-dead" if dead else name, passive=True)
            return found.declaration_result.message_count or 0

    async def send_raw(body: str) -> None:
        async with await aio_pika.connect(server.url()) as connection, connection.channel() as channel:
            await channel.default_exchange.publish(aio_pika.Message(body.encode()), name)

    yield Broker(server.url(queue=name), queue.publish, send_raw, left)
    await queue.aclose()


async def _declared(queue: RabbitQueue) -> None:
    """The worker makes the queue at its first need of it."""
    await queue._opened()


@pytest.fixture(params=BROKERS)
async def broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Broker]:
    if request.param == "sqs":
        server = request.getfixturevalue("sqs")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
        opened = sqs_queue(server)
    else:
        opened = rabbitmq_queue(request.getfixturevalue("rabbitmq"))
    async with opened as made:
        yield made


@dataclass
class Kit:
    """Consumers of one queue, as many as a test wants, each a process of its own as far as the brokers know."""

    broker: Broker
    photodock_url: str
    stack: AsyncExitStack
    stops: list[asyncio.Event] = field(default_factory=list)

    async def start(
        self, handler: Any, *, options: ConsumerOptions = FAST, url: str | None = None, done: Any = None
    ) -> tuple["asyncio.Task[None]", asyncio.Event]:
        stop = asyncio.Event()
        inbox = inbox_at(
            url or self.broker.url,
            concurrency=options.concurrency,
            poll_seconds=options.poll_seconds,
            visibility_seconds=options.visibility_seconds,
        )
        photodock = Photodock(self.photodock_url, "pipeline", max_photo_bytes=1_000_000)
        consumer = Consumer(inbox, photodock, done or RecentIds(), options, Destination("aws_sqs", "jobs"))

        async def running() -> None:
            try:
                await consumer.run(handler, stop)
            finally:
                await photodock.aclose()
                await inbox.aclose()

        task = asyncio.create_task(running())
        self.stack.push_async_callback(_stopped, task, stop)
        return task, stop


async def _stopped(task: "asyncio.Task[None]", stop: asyncio.Event) -> None:
    stop.set()
    await asyncio.wait([task], timeout=SECONDS)
    assert task.done()


@pytest.fixture
async def kit(broker: Broker, pipeline: tuple[FakePhotodock, str]) -> AsyncIterator[Kit]:
    async with AsyncExitStack() as stack:
        yield Kit(broker, pipeline[1], stack)


@pytest.fixture
def photodock(pipeline: tuple[FakePhotodock, str]) -> FakePhotodock:
    return pipeline[0]


@pytest.fixture
def letters(broker: Broker) -> Callable[..., Awaitable[list[Any]]]:
    """The dead letters as `dlq list` finds them, once there are so many: those that somebody has just looked at return
    a moment later."""

    async def listed(count: int, limit: int = 100) -> list[Any]:
        queue, found = dead_letters_at(broker.url), []

        async def all_there() -> bool:
            found[:] = [letter async for letter in queue.letters(limit)]
            return len(found) == count

        try:
            await until(all_there)
        finally:
            await queue.aclose()
        return found

    return listed


async def detect(job: Job) -> dict[str, object]:
    return {"bytes": len(await job.download())}
