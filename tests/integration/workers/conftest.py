"""Photos in each state, a broker that fails on command, and the messages of the real one."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from photodock.db import photos, projects, uploaded, uploads
from photodock.db.listener import Listener
from photodock.db.moves import Move
from photodock.db.outbox import CHANNEL
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.db.uploaded import Found
from photodock.domain.identity import Trace
from photodock.domain.jobs import DetectionJob, Priority
from photodock.domain.limits import Limit, Limits
from photodock.domain.photo import UPLOADED, NewPhoto, Photo, Project, object_key
from photodock.workers.relay import Relay
from support.proxy import Proxy


@dataclass(frozen=True)
class Gallery:
    """Makes photos and reads them back."""

    db: Database
    project: Project

    async def pending(self, *, url_ended_ago: timedelta = timedelta(minutes=6)) -> Photo:
        """A photo that the sweeper is due to look at."""
        now = datetime.now(UTC)
        new = NewPhoto(self.project.id, "roof.jpg", 2048, "image/jpeg", None, ("damage",), Priority.NORMAL, None)
        issue = uploads.Issue(
            organization_id=self.project.organization_id,
            user_id="anna",
            upload_id=uuid4(),
            now=now,
            url_expires_at=now - url_ended_ago,
            sweep_at=now - timedelta(seconds=1),
            limits=Limits({Limit.URLS: 1000}),
        )
        photo_id = uuid7()
        key = object_key(self.project.id, photo_id, new.mime_type, now)
        asked = uploads.as_request(issue, new, photo_id=photo_id, s3_key=key, idempotency_key=None, request_hash=None)
        await uploads.request(Tenants(self.db), issue, asked)
        return await self.get(photo_id)

    async def uploaded(self) -> Photo:
        """A photo whose detection job stands in the outbox."""
        photo = await self.pending()
        await self.confirm(photo.id)
        return await self.get(photo.id)

    async def confirm(self, photo_id: UUID) -> None:
        await uploaded.mark_uploaded(
            self.db,
            photo_id,
            Move(to=UPLOADED, actor="anna"),
            Found(640, 480, None),
            s3_uri=f"s3://bucket/{photo_id}",
            trace=Trace(f"correlation-{photo_id}", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        )

    async def get(self, photo_id: UUID) -> Photo:
        photo = await photos.get(self.db, photo_id, None)
        assert photo is not None
        return photo

    async def state(self, photo: Photo) -> str:
        return str((await self.get(photo.id)).state)

    async def history(self, photo: Photo) -> list[tuple[str, str | None]]:
        events = await photos.history(Tenants(self.db), photo.id, None)
        return [(event.to_status.value, event.actor) for event in events]


@pytest.fixture
async def gallery(db: Database) -> Gallery:
    project = Project(uuid4(), uuid4(), "Roofs")
    await projects.put(db, project)
    return Gallery(db, project)


@dataclass
class FakeQueue:
    """Confirms everything, unless `answer` says otherwise; keeps what it was given."""

    answer: Callable[[Sequence[DetectionJob]], Awaitable[list[str | None]]] | None = None
    batches: list[list[DetectionJob]] = field(default_factory=list)

    async def publish(self, jobs: Sequence[DetectionJob]) -> list[str | None]:
        self.batches.append(list(jobs))
        return await self.answer(jobs) if self.answer else [None] * len(jobs)

    async def check(self) -> None: ...

    async def aclose(self) -> None: ...

    @property
    def jobs(self) -> list[DetectionJob]:
        return [job for batch in self.batches for job in batch]


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def listener(database_url: str) -> Listener:
    return Listener(database_url, CHANNEL, reconnect_delays=(0.05,))


MakeRelay = Callable[..., Relay]


@pytest.fixture
def relay_to(db: Database, listener: Listener) -> MakeRelay:
    def make(queue: Any, **options: Any) -> Relay:
        return Relay(db, queue, listener, **({"detection_timeout": timedelta(hours=1)} | options))

    return make


@pytest.fixture
def running() -> Callable[[Any], Any]:
    """Runs a part (the relay, the sweeper) while the block lasts, and stops it in order."""

    @asynccontextmanager
    async def run(part: Any) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(part.run(stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(60):
                await task

    return run


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    """Polls until the condition holds; fails after `seconds`."""

    async def wait(condition: Callable[[], Awaitable[bool]], seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while not await condition():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    return wait


@pytest.fixture
def receive(sqs: Any) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """Receives until `count` messages have come, and once more to see that there are no others."""

    async def messages(queue_url: str, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        request = {
            "QueueUrl": queue_url,
            "MaxNumberOfMessages": 10,
            "MessageAttributeNames": ["All"],
            "WaitTimeSeconds": 0,
        }
        async with asyncio.timeout(60):
            while True:
                answer = await asyncio.to_thread(sqs.server.sqs, "ReceiveMessage", request)
                found += answer.get("Messages", [])
                if len(found) >= count and not answer.get("Messages"):
                    return [_plain(message) for message in found]

    return messages


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    return {"body": json.loads(message["Body"]), **attributes}


@pytest.fixture
async def gate_to() -> AsyncIterator[Callable[[str], Awaitable[Proxy]]]:
    gates: list[Proxy] = []

    async def make(target: str) -> Proxy:
        gate = Proxy(target)
        await gate.open()
        gates.append(gate)
        return gate

    yield make
    for gate in gates:
        await gate.close()
