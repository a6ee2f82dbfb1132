"""From the outbox to the broker."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from photodock.db import outbox
from photodock.db.listener import Listener, NoListener
from photodock.db.outbox import OutboxRow
from photodock.db.pool import Database
from photodock.domain.errors import DatabaseUnavailable, QueueUnavailable
from photodock.domain.jobs import DetectionJob
from photodock.domain.retry import retrying
from photodock.metrics.definitions import QUEUE_JOBS, QUEUE_OUTAGES, STATUS_SECONDS
from photodock.queues.protocol import JobQueue
from photodock.workers.waiting import wait_for_any

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
PUBLISH_SECONDS = 45.0
"""What a broker gets for one batch, its own retries included: less than the lease, so that nobody else sends it too."""
RECORD_DELAYS = (0.2, 0.5, 1.0, 2.0)
"""A database that restarts just now: jobs that were sent and not marked would be sent again after the lease."""
GATHER_SECONDS = 0.05
"""After a batch that was not full: under load jobs come one by one, and ten in one request cost as much as one. The
first after a silence is sent at once."""
SPIN_SECONDS = 0.05
"""Rows that are due and locked by another relay must not make this one ask without a pause."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """The waits between the attempts to send one job: exponential, each a quarter shorter or longer by chance.

    The defaults wait 1, 4, 16, 64 s, 4 and 17 minutes, then an hour: a short fault is over at once, and 10 attempts
    outlast an outage of three hours.
    """

    max_attempts: int = 10
    first: timedelta = timedelta(seconds=1)
    factor: float = 4.0
    longest: timedelta = timedelta(hours=1)

    def wait(self, job: DetectionJob, attempts: int) -> timedelta | None:
        """After the `attempts`-th failure; None when that was the last attempt."""
        if attempts >= self.max_attempts:
            return None
        # The id is random, so it serves as the chance that spreads jobs of one outage.
        chance = job.message_id.int % 1000 / 1000
        return min(self.first * self.factor ** (attempts - 1), self.longest) * (0.75 + 0.5 * chance)


class Relay:
    """Sends due outbox rows and records what became of them. Any number may run side by side.

    Publishing happens outside of any transaction, under a lease: a relay killed in between, or one whose database
    went away, leaves rows that come due again and are then sent with the same `message_id`.

    While the broker is away, single rows probe it at growing intervals, so that an outage costs a few rows some of
    their attempts, not all rows all of them; where none is due, a plain question does. When it is back, and when the
    relay starts, those that wait for a retry come due at once.
    """

    def __init__(
        self,
        db: Database,
        queue: JobQueue,
        listener: Listener | NoListener,
        *,
        detection_timeout: timedelta,
        batch_size: int = 100,
        poll_seconds: float = 5.0,
        longest_pause_seconds: float = 10.0,
        backoff: Backoff | None = None,
    ) -> None:
        self._db = db
        self._queue = queue
        self._listener = listener
        self._detection_timeout = detection_timeout
        self._batch_size = batch_size
        self._poll_seconds = poll_seconds
        self._longest_pause_seconds = longest_pause_seconds
        self._backoff = backoff or Backoff()
        self._wake = asyncio.Event()
        # None: not known yet.
        self._broker_answers: bool | None = None
        self._outages = 0
        self._failed_by_outage: dict[int, datetime] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Sends until `stop` is set; a batch in hand is finished first. When cancelled, its rows are given back."""
        async with self._listener.listening(self._wake.set):
            while not stop.is_set():
                self._wake.clear()
                try:
                    taken = await self.run_once()
                    if not taken and not self._broker_answers:
                        await self._probe()
                    if self._outages:
                        await wait_for_any(stop, timeout=self._pause())
                    elif taken < self._batch_size:
                        if taken:
                            await wait_for_any(stop, timeout=GATHER_SECONDS)
                        await wait_for_any(stop, self._wake, timeout=await self._seconds_until_due())
                except DatabaseUnavailable as error:
                    log.warning("relay_waits_for_database", kind=type(error.__cause__).__name__)
                    # The listener's reconnection wakes it.
                    await wait_for_any(stop, self._wake, timeout=self._poll_seconds)

    async def run_once(self) -> int:
        """Sends one batch; returns how many rows it took. Raises DatabaseUnavailable."""
        rows = await outbox.take(self._db, limit=1 if self._outages else self._batch_size, lease=LEASE)
        if rows:
            await self._record(rows, await self._publish(rows))
        return len(rows)

    async def _publish(self, rows: Sequence[OutboxRow]) -> list[str | None]:
        """For each row None, or why it was not sent."""
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                reasons = await self._queue.publish([row.job for row in rows])
        except asyncio.CancelledError:
            await self._give_back(rows)
            raise
        except (QueueUnavailable, TimeoutError) as error:
            reason = error.detail if isinstance(error, QueueUnavailable) else "The queue did not answer in time."
            self._note_outage(reason)
            return [reason] * len(rows)
        # A fault that one job provokes: probing with single rows then finds and parks that one.
        except Exception as error:
            self._outages += 1
            log.exception("publish_failed")
            return [type(error).__name__] * len(rows)
        await self._note_answer()
        return reasons

    async def _probe(self) -> None:
        """Asks the broker itself: after a long outage the next row may come due in an hour."""
        try:
            await self._queue.check()
        except QueueUnavailable as error:
            self._note_outage(error.detail)
        else:
            await self._note_answer()

    def _note_outage(self, reason: str) -> None:
        self._broker_answers = False
        self._outages += 1
        QUEUE_OUTAGES.inc()
        log.warning("queue_unavailable", reason=reason, failures=self._outages)

    async def _note_answer(self) -> None:
        if self._broker_answers and not self._outages:
            return
        # What it speeds up comes due by itself too; the batch in hand has to be recorded first of all.
        with suppress(DatabaseUnavailable):
            brought_forward = await outbox.hasten(self._db, lease=LEASE, failed=self._failed_by_outage)
            log.info("queue_available", after_failures=self._outages, brought_forward=brought_forward)
        self._broker_answers = True
        self._outages = 0
        self._failed_by_outage.clear()

    async def _record(self, rows: Sequence[OutboxRow], reasons: Sequence[str | None]) -> None:
        answers = list(zip(rows, reasons, strict=True))
        sent = [row.id for row, reason in answers if reason is None]
        failed = {row.id: self._failure(row, reason) for row, reason in answers if reason is not None}
        if sent:
            await self._surely(lambda: self._mark_sent(sent))
            QUEUE_JOBS.labels("sent").inc(len(sent))
            for row, reason in answers:
                if reason is None:
                    log.info("job_sent", **_ids(row))
        if failed:
            await self._surely(lambda: self._mark_failed(failed))

    async def _mark_sent(self, sent: Sequence[int]) -> None:
        for waited in await outbox.mark_sent(self._db, sent, detection_timeout=self._detection_timeout):
            STATUS_SECONDS.labels("uploaded").observe(waited.total_seconds())

    async def _mark_failed(self, failed: Mapping[int, tuple[timedelta | None, str]]) -> None:
        due = await outbox.mark_failed(self._db, failed)
        # What failed by a fault of ours keeps its own pace.
        if self._broker_answers is False:
            self._failed_by_outage |= due

    def _failure(self, row: OutboxRow, reason: str) -> tuple[timedelta | None, str]:
        attempts = row.attempts + 1
        wait = self._backoff.wait(row.job, attempts)
        QUEUE_JOBS.labels("parked" if wait is None else "failed").inc()
        report = log.error if wait is None else log.warning
        report(
            "job_parked" if wait is None else "job_not_sent",
            **_ids(row),
            attempts=attempts,
            reason=reason,
            retry_in_seconds=wait and round(wait.total_seconds(), 1),
        )
        return wait, reason

    async def _surely(self, call: Callable[[], Awaitable[None]]) -> None:
        await retrying(call, RECORD_DELAYS, lambda error: isinstance(error, DatabaseUnavailable))

    async def _give_back(self, rows: Sequence[OutboxRow]) -> None:
        """Some of them may have been sent: then they are sent twice, which is better than a minute late."""
        with suppress(DatabaseUnavailable, TimeoutError):
            async with asyncio.timeout(1.0):
                await outbox.give_back(self._db, [row.id for row in rows])

    def _pause(self) -> float:
        return min(2.0 ** (self._outages - 1), self._longest_pause_seconds)

    async def _seconds_until_due(self) -> float:
        wait = await outbox.next_due_in(self._db)
        if wait is None:
            return self._poll_seconds
        return min(max(wait.total_seconds(), SPIN_SECONDS), self._poll_seconds)


def _ids(row: OutboxRow) -> dict[str, str | int]:
    """What a log line says of a job."""
    traced: dict[str, str | int] = {"trace_id": row.job.trace_id} if row.job.trace_id else {}
    return traced | {
        "outbox_id": row.id,
        "photo_id": str(row.job.photo_id),
        "message_id": str(row.job.message_id),
        "correlation_id": row.job.correlation_id,
    }
