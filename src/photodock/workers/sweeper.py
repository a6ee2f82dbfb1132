"""Looks after what nobody came back for."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog

from photodock.db import changes, outbox, sweep, webhook_deliveries
from photodock.db.photos import Deletion
from photodock.db.pool import Database
from photodock.domain.errors import DatabaseUnavailable, StorageAccessDenied, StorageError
from photodock.domain.photo import Photo, PhotoStatus
from photodock.domain.schedule import next_look
from photodock.metrics.definitions import SWEEPER_FINDINGS, SWEEPER_ROUND
from photodock.services.confirmation import Confirm
from photodock.workers.leftovers import Leftovers
from photodock.workers.photo_sweep import ACCESS_DENIED_WAIT, STORAGE_AWAY_WAIT, Outcome, PhotoSweep
from photodock.workers.waiting import wait_for_any

log = structlog.get_logger(__name__)

T = TypeVar("T", Photo, Deletion)

BATCH = 50
LEASE = timedelta(minutes=5)
"""For one batch: 50 photos, 8 at a time, each with a store that answers at the last moment."""
CONCURRENCY = 8
QUOTA_KEPT = timedelta(minutes=10)
SENT_JOBS_KEPT = timedelta(days=7)
DELIVERIES_KEPT = timedelta(days=30)
"""The log of webhooks."""
PURGE_BATCH = 1000


@dataclass(slots=True)
class Turn:
    """One sweep's state. Once the store was found away, nothing more is asked of it until the next one."""

    stop: asyncio.Event
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    storage_away: bool = False


class Sweeper:
    """Confirms photos for clients that never came back, sends detection jobs again, deletes objects once more, and
    purges what has had its time. Any number may run side by side.

    `delete_object` takes an object's key, deletes every version of it, is content when there is none, and raises
    StorageError. `pending_ttl` counts from the end of the last upload URL; `changes_kept`: how far back a client may
    resume the feed of changes.
    """

    def __init__(
        self,
        db: Database,
        confirmation: Confirm,
        delete_object: Callable[[str], Awaitable[object]],
        *,
        s3_uri: Callable[[str], str],
        pending_ttl: timedelta,
        detection_timeout: timedelta,
        changes_kept: timedelta = timedelta(hours=1),
        interval_seconds: float = 15.0,
        leftovers: Leftovers | None = None,
    ) -> None:
        self._db = db
        self._delete_object = delete_object
        self._pending_ttl = pending_ttl
        self._changes_kept = changes_kept
        self._interval_seconds = interval_seconds
        self._leftovers = leftovers
        self._photos = PhotoSweep(
            db, confirmation, s3_uri=s3_uri, pending_ttl=pending_ttl, detection_timeout=detection_timeout
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Sweeps every `interval_seconds` until `stop` is set. Every step of it may be cancelled."""
        while not stop.is_set():
            try:
                await self.run_once(stop)
            except DatabaseUnavailable as error:
                log.warning("sweeper_waits_for_database", kind=type(error.__cause__).__name__)
            await wait_for_any(stop, timeout=self._interval_seconds)

    async def run_once(self, stop: asyncio.Event | None = None) -> Counter[Outcome]:
        """Does all that is due, or until `stop` is set; returns how often what came of it.

        Raises DatabaseUnavailable. What fails for another reason is logged and comes due again after its lease.
        """
        turn = Turn(stop or asyncio.Event())
        await self._each(turn, self._due_photos, self._photo, done=self._let_go)
        await self._each(turn, self._due_deletions, self._deletion)
        if self._leftovers and not turn.storage_away:
            await self._leftovers.run_once()
        await self._purge()
        SWEEPER_ROUND.set_to_current_time()
        for outcome, count in turn.outcomes.items():
            SWEEPER_FINDINGS.labels(outcome.value).inc(count)
        if turn.outcomes:
            log.info("swept", **{outcome.value: count for outcome, count in turn.outcomes.items()})
        return turn.outcomes

    async def _due_photos(self) -> list[Photo]:
        return await sweep.take_due_photos(self._db, limit=BATCH, lease=LEASE)

    async def _let_go(self, looked_at: list[tuple[Photo, Outcome]]) -> None:
        """What failed comes due again after as long as its lease would have lasted."""
        if failed := [photo.id for photo, outcome in looked_at if outcome is Outcome.ERROR]:
            await sweep.put_back(self._db, failed, LEASE)
        await sweep.let_go(self._db, [photo.id for photo, _ in looked_at])

    async def _due_deletions(self) -> list[Deletion]:
        return await sweep.take_due_deletions(self._db, limit=BATCH, lease=LEASE)

    async def _each(
        self,
        turn: Turn,
        take: Callable[[], Awaitable[list[T]]],
        handle: Callable[[Turn, T], Awaitable[Outcome]],
        done: Callable[[list[tuple[T, Outcome]]], Awaitable[None]] | None = None,
    ) -> None:
        """Takes batch after batch until nothing is due; one item's failure never stops the others.

        `done` is told of each batch's items, and what came of them.
        """
        slots = asyncio.Semaphore(CONCURRENCY)

        async def isolated(item: T) -> Outcome:
            async with slots:
                try:
                    return await handle(turn, item)
                except Exception:
                    log.exception(
                        "sweep_item_failed", photo_id=str(item.id if isinstance(item, Photo) else item.photo_id)
                    )
                    return Outcome.ERROR

        while not turn.stop.is_set():
            items = await take()
            outcomes = await asyncio.gather(*(isolated(item) for item in items))
            turn.outcomes.update(outcomes)
            if done and items:
                await done(list(zip(items, outcomes, strict=True)))
            if len(items) < BATCH:
                return

    async def _photo(self, turn: Turn, photo: Photo) -> Outcome:
        if turn.storage_away and photo.status is PhotoStatus.PENDING_UPLOAD:
            return await self._photos.put_off(photo)
        outcome = await self._photos.look_at(photo)
        turn.storage_away |= outcome is Outcome.STORAGE_AWAY
        return outcome

    async def _deletion(self, turn: Turn, deletion: Deletion) -> Outcome:
        outcome = await self._delete(turn, deletion.s3_key)
        now = datetime.now(UTC)
        match outcome:
            case Outcome.STORAGE_AWAY:
                when: datetime | None = now + STORAGE_AWAY_WAIT
            case Outcome.ACCESS_DENIED:
                when = now + ACCESS_DENIED_WAIT
            case _:
                # A URL outlives its photo, and an upload begun in time may end long after.
                when = next_look(deletion.url_expires_at, now, self._pending_ttl)
        await sweep.schedule_deletion(self._db, deletion, when)
        return outcome

    async def _delete(self, turn: Turn, key: str) -> Outcome:
        if turn.storage_away:
            return Outcome.STORAGE_AWAY
        try:
            await self._delete_object(key)
        except StorageAccessDenied:
            return Outcome.ACCESS_DENIED
        except StorageError:
            turn.storage_away = True
            return Outcome.STORAGE_AWAY
        return Outcome.DELETED

    async def _purge(self) -> None:
        await sweep.purge_quota(self._db, older_than=QUOTA_KEPT)
        await sweep.purge_leases(self._db)
        while await outbox.purge_sent(self._db, older_than=SENT_JOBS_KEPT, limit=PURGE_BATCH) == PURGE_BATCH:
            pass
        await changes.drop_foreign(self._db)
        # Of a full batch all but one go.
        while await changes.trim(self._db, older_than=self._changes_kept, limit=PURGE_BATCH) == PURGE_BATCH - 1:
            pass
        while await webhook_deliveries.purge(self._db, older_than=DELIVERIES_KEPT, limit=PURGE_BATCH) == PURGE_BATCH:
            pass
