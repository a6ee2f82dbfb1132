"""The product's parts on a real database, and the clock."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from machine.doubles import BUCKET, Inbox, Queue, Store
from machine.model import DETECTION_TIMEOUT, PENDING_TTL, URL_TTL, URLS_PER_MINUTE
from photodock.db.listener import Listener, NoListener
from photodock.db.outbox import CHANNEL
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.domain.limits import Limit, Limits
from photodock.services.confirmation import Confirmation
from photodock.services.detection import Detection
from photodock.services.feed import Feed
from photodock.services.library import Library
from photodock.services.places import PlaceLimits
from photodock.services.upload_rules import UploadRules
from photodock.services.uploads import Uploads
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import Credentials
from photodock.storage.presigner import Presigner
from photodock.workers.relay import Relay
from photodock.workers.s3_events import S3Events
from photodock.workers.sweeper import Sweeper

STEP_SECONDS = 60
"""No step may hang: a deadlock or a lost wake-up is a failure like any other."""

T = TypeVar("T")


@dataclass
class Bench:
    """One database and one event loop for all examples; counts what was run."""

    runner: asyncio.Runner
    db: Database
    url: str
    examples: int = 0
    steps: int = 0
    _clock_sql: str = ""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def in_time() -> T:
            async with asyncio.timeout(STEP_SECONDS):
                return await work

        return self.runner.run(in_time())

    async def clear(self) -> None:
        tables = await self.db.fetch(
            "SELECT string_agg(format('%I', tablename), ', ') AS names FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        await self.db.execute(f"TRUNCATE {tables[0]['names']} CASCADE")

    async def move_clock(self, by: timedelta) -> None:
        """Makes everything in the database older: for a system that asks for the time, time has moved on."""
        if not self._clock_sql:
            self._clock_sql = await self._make_clock_sql()
        await self.db.execute(self._clock_sql.format(seconds=int(by.total_seconds())))

    async def _make_clock_sql(self) -> str:
        tables = await self.db.fetch(
            """
            SELECT table_name, string_agg(format('%1$I = %1$I - interval %2$L', column_name, '{seconds} s'), ', ')
                    AS moves
            FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'upload_quota'
                AND data_type = 'timestamp with time zone' GROUP BY table_name
            """
        )
        moves = [f"UPDATE {row['table_name']} SET {row['moves']}" for row in tables]  # noqa: S608  (from the catalogue)
        return "; ".join([*moves, "DELETE FROM upload_quota"])


RunMachine = Callable[..., Bench]
"""Runs the state machine with these changes of hypothesis' settings; returns what was run."""


@contextmanager
def opened_bench(url: str) -> Iterator[Bench]:
    # A loop of its own: hypothesis calls its rules synchronously.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        db = Database(url)
        try:
            yield Bench(runner, db, url)
        finally:
            runner.run(db.close())


class Parts:
    """Everything but the HTTP and the processes around it."""

    def __init__(self, bench: Bench) -> None:
        self.db = bench.db
        self._url = bench.url
        self.store = Store()
        self.queue = Queue()
        bucket = Bucket(BUCKET, "eu-central-1", "http://storage.example", "path")
        self.presigner = Presigner(bucket, lambda: Credentials("key", "secret"))
        rules = UploadRules(1, 10_000_000, Limits({Limit.URLS: URLS_PER_MINUTE}), int(URL_TTL.total_seconds()))
        store: Any = self.store
        tenants = Tenants(self.db)
        self.uploads = Uploads(tenants, self.presigner, rules)
        self.confirmation = Confirmation(tenants, store, self.presigner)
        # One signing slot for ever: the ETag then tells the row's version alone.
        feed = Feed(self.db, NoListener(), poll_seconds=60)
        self.library = Library(
            tenants,
            store,
            self.presigner,
            feed,
            PlaceLimits(process=1_000, organization=1_000, user=1_000),
            clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        )
        self.detection = Detection(tenants, s3_uri=self.presigner.s3_uri)
        inbox: Any = Inbox()
        self.events = S3Events(self.db, self.confirmation, store, inbox, bucket=BUCKET)
        self.sweeper = Sweeper(
            self.db,
            self.confirmation,
            store.delete,
            s3_uri=self.presigner.s3_uri,
            pending_ttl=PENDING_TTL,
            detection_timeout=DETECTION_TIMEOUT,
        )
        self.relays = [self.new_relay(), self.new_relay()]

    def new_relay(self) -> Relay:
        return Relay(self.db, self.queue, Listener(self._url, CHANNEL), detection_timeout=DETECTION_TIMEOUT)
