"""Store, broker and inbox in memory, so that thousands of steps take seconds.

The store keeps the promises of S3 that the service builds on: a presigned PUT is taken only as it was signed, before
its URL's end and to a free key; an object is whole or not there; deleting leaves no version. How real servers keep
them is tested in `test_s3_store.py` and `test_upload_url_tampering.py`. PostgreSQL is real here.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from photodock.domain.errors import ObjectNotFound, QueueUnavailable, StorageAccessDenied, StorageUnavailable
from photodock.domain.jobs import DetectionJob
from photodock.queues.sqs_inbox import ReceivedMessage
from photodock.storage.s3 import ObjectHead

BUCKET = "photodock-machine"
Meanwhile = Callable[[], Awaitable[None]]


class Crash(BaseException):
    """The process is killed here: no handler of the product catches it, as none would run."""


async def nothing() -> None: ...


async def crash() -> None:
    raise Crash


async def away() -> None:
    raise StorageUnavailable("The store is away.")


async def denied() -> None:
    raise StorageAccessDenied("The store refuses us.")


@dataclass
class Store:
    """`before` and `after` happen once, around the effect of the next call; `always` at every call."""

    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    before: Meanwhile = nothing
    after: Meanwhile = nothing
    always: Meanwhile = nothing

    def put(self, key: str, data: bytes, content_type: str) -> bool:
        """False is S3's 412: `If-None-Match: *` is signed into every upload URL."""
        if key in self.objects:
            return False
        self.objects[key] = (data, content_type)
        return True

    async def read_head(self, key: str, length: int) -> ObjectHead:
        async with _Around(self):
            data, content_type = self._object(key)
            etag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
            return ObjectHead(len(data), content_type, etag, data[:length])

    async def read_range(self, key: str, start: int, end: int) -> bytes:
        async with _Around(self):
            return self._object(key)[0][start:end]

    async def delete(self, key: str) -> None:
        async with _Around(self):
            self.objects.pop(key, None)

    def _object(self, key: str) -> tuple[bytes, str]:
        if key not in self.objects:
            raise ObjectNotFound("There is no such object.")
        return self.objects[key]


class _Around:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._after: Meanwhile = nothing

    async def __aenter__(self) -> None:
        before, self._after = self._store.before, self._store.after
        self._store.before = self._store.after = nothing
        await self._store.always()
        await before()

    async def __aexit__(self, *_: object) -> None:
        # Also behind "not found": what was read may be stale by the time it is acted upon.
        await self._after()


@dataclass
class Queue:
    """Keeps what arrived. `before` and `after` happen once, around the next batch's arrival."""

    delivered: list[DetectionJob] = field(default_factory=list)
    before: Meanwhile = nothing
    after: Meanwhile = nothing
    refuses: Callable[[int], bool] = lambda _: False
    """By the job's place in the next batch."""

    async def publish(self, jobs: Sequence[DetectionJob]) -> list[str | None]:
        before, after, refuses = self.before, self.after, self.refuses
        self.be_well()
        await before()
        answers = ["refused" if refuses(place) else None for place in range(len(jobs))]
        self.delivered += [job for job, answer in zip(jobs, answers, strict=True) if answer is None]
        await after()
        return answers

    def be_well(self) -> None:
        self.before = self.after = nothing
        self.refuses = lambda _: False

    async def check(self) -> None: ...

    async def aclose(self) -> None: ...


async def broker_away() -> None:
    raise QueueUnavailable("The broker is away.")


async def broker_fault() -> None:
    raise ValueError("one job that the broker's client chokes on")


class Inbox:
    """Takes deletions and forgets them: the machine itself decides which event comes again."""

    async def delete(self, messages: Sequence[ReceivedMessage]) -> None: ...


def created_event(key: str, bucket: str = BUCKET) -> ReceivedMessage:
    record = {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key)}},
    }
    return ReceivedMessage(json.dumps({"Records": [record]}), "receipt", 1)
