"""A photodock, its storage and a queue inside the test, with faults to order."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from photodock.client.retry import Retry
from photodock.consumer import ConsumerOptions, RecentIds
from photodock.consumer.consumer import Consumer
from photodock.consumer.photodock import Photodock
from photodock.queues.inbox import ReceivedMessage
from photodock.queues.job_spans import Destination

PHOTO_ID = UUID("018f0000-0000-7000-8000-000000000001")
PRESIGNED = "https://storage.test/photo.jpg?X-Amz-Credential=key&X-Amz-Signature=5ec3e7"
TOKEN = "t0ken-of-the-test"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECONDS = 30


class FakePhotodock:
    """The API and the storage in one transport. `faults` are answered or raised first: GET, PATCH or storage."""

    def __init__(self) -> None:
        self.photo: dict[str, Any] = {"status": "processing", "download_url": PRESIGNED, "error": None}
        self.data = b"a photo"
        self.faults: dict[str, list[httpx.Response | Exception]] = defaultdict(list)
        self.reports: list[dict[str, Any]] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        call = "storage" if request.url.host == "storage.test" else request.method
        if self.faults[call]:
            fault = self.faults[call].pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        if call == "storage":
            return httpx.Response(200, content=self.data)
        if call == "PATCH":
            self.reports.append(json.loads(request.content))
        return httpx.Response(200, json=self.photo)

    def calls(self, kind: str) -> list[httpx.Request]:
        return [
            request
            for request in self.requests
            if kind == ("storage" if request.url.host == "storage.test" else request.method)
        ]

    @property
    def statuses(self) -> list[str]:
        return [report["status"] for report in self.reports]


@dataclass
class FakeInbox:
    """Gives `messages` or raises what stands among them, one a call, then waits; `given_back` has the delays."""

    messages: list[ReceivedMessage | Exception] = field(default_factory=list)
    heartbeat_seconds: float | None = None
    acknowledged: list[str] = field(default_factory=list)
    given_back: list[tuple[str, float]] = field(default_factory=list)
    extended: list[str] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, *, limit: int) -> list[ReceivedMessage]:
        self.limits.append(limit)
        if not self.messages:
            self.empty.set()
            await asyncio.Event().wait()
        message = self.messages.pop(0)
        if isinstance(message, Exception):
            raise message
        return [message]

    def _fault(self, call: str) -> None:
        if call in self.faults:
            raise self.faults[call]

    async def extend(self, message: ReceivedMessage) -> None:
        self.extended.append(message.receipt)
        self._fault("extend")

    async def acknowledge(self, message: ReceivedMessage) -> None:
        self._fault("acknowledge")
        self.acknowledged.append(message.receipt)

    async def give_back(self, message: ReceivedMessage, delay_seconds: float) -> None:
        self._fault("give_back")
        self.given_back.append((message.receipt, delay_seconds))

    async def receive_no_more(self) -> None:
        self._fault("receive_no_more")

    async def aclose(self) -> None: ...


def message(*, receives: int = 1, receipt: str | None = None, **changes: str) -> ReceivedMessage:
    body = {
        "photo_id": str(PHOTO_ID),
        "s3_url": "s3://bucket/key.jpg",
        "detection_types": ["damage", "material"],
        "priority": "high",
    }
    attributes = {"message_id": str(uuid4()), "correlation_id": "request-7", "traceparent": TRACE} | changes
    return ReceivedMessage(json.dumps(body), receipt or attributes["message_id"], receives, attributes)


@pytest.fixture
def server() -> FakePhotodock:
    return FakePhotodock()


@pytest.fixture
def inbox() -> FakeInbox:
    return FakeInbox()


@pytest.fixture
async def photodock(server: FakePhotodock) -> AsyncIterator[Photodock]:
    async def at_once(_: float) -> None: ...

    made = Photodock(
        "http://photodock.test/",
        TOKEN,
        max_photo_bytes=1_000,
        retry=Retry(attempts=3),
        sleep=at_once,
        transport=httpx.MockTransport(server),
    )
    yield made
    await made.aclose()


@dataclass
class Running:
    """A consumer at work on the fakes."""

    inbox: FakeInbox
    photodock: Photodock
    done: Any = field(default_factory=RecentIds)
    options: ConsumerOptions = field(default_factory=ConsumerOptions)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def consumer(self) -> Consumer:
        return Consumer(self.inbox, self.photodock, self.done, self.options, Destination("aws_sqs", "jobs"))

    async def until_empty(self, handler: Any) -> None:
        """Works off all messages there are."""
        running = asyncio.create_task(self.consumer.run(handler, self.stop))
        async with asyncio.timeout(SECONDS):
            await self.inbox.empty.wait()
            self.stop.set()
            await running


@pytest.fixture
def running(inbox: FakeInbox, photodock: Photodock) -> Running:
    return Running(inbox, photodock)
