"""Confirms photos as soon as the bucket says that their object is there."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from uuid import uuid4

import structlog
from structlog.contextvars import bound_contextvars

from photodock.db import object_keys
from photodock.db.pool import Database
from photodock.domain.errors import (
    DatabaseUnavailable,
    InvalidStatusTransition,
    ObjectUnavailable,
    PhotoNotFound,
    QueueUnavailable,
    StorageUnavailable,
    UploadNotFound,
)
from photodock.domain.identity import Trace
from photodock.domain.object_key import TRIAL_PREFIX, originals_of, parse_object_key
from photodock.domain.photo import AWAITING_UPLOAD, CONTENT_MISMATCH, Photo
from photodock.queues.sqs_inbox import MAX_MESSAGES, ReceivedMessage, SqsInbox
from photodock.services.confirmation import Confirm, delete_object
from photodock.storage.s3 import ObjectStore
from photodock.tracing.spans import photo_step
from photodock.workers.s3_messages import CreatedObject, MalformedMessage, created_objects
from photodock.workers.waiting import wait_for_any

log = structlog.get_logger(__name__)

ACTOR = "s3-event"
CONCURRENCY = 16
"""Objects looked at at a time: each waits for the store most of its time."""
BATCHES_AHEAD = 3
"""Full answers of the queue that wait for their turn, so that its own slowness holds nothing up."""
PATIENCE_SECONDS = 0.5
"""So long what is in hand is waited for, before the next is fetched beside it."""
LONGEST_PAUSE_SECONDS = 30.0


class Outcome(StrEnum):
    """What became of one object that a message told of, or of a message that told of none."""

    CONFIRMED = "confirmed"
    MISMATCHED = "mismatched"
    """Not what had been declared: the photo failed, the object is deleted."""
    UNCHANGED = "unchanged"
    """Confirmed before, by its client or by another event."""
    DELETED = "deleted"
    """Its photo is gone, or was not what had been declared: an upload URL may outlive both."""
    NOT_THERE = "not_there"
    """Deleted since the event."""
    RENDITION = "rendition"
    """Written by this service itself."""
    UNKNOWN_KEY = "unknown_key"
    TRIAL = "trial"
    """An object of `photodock doctor`: deleted, by which it sees that its event came."""
    OTHER_BUCKET = "other_bucket"
    NO_OBJECT = "no_object"
    """A test event, or an event of another kind."""
    OBJECT_AWAY = "object_away"
    """This one object cannot be had; the store has others."""
    AWAY = "away"
    """Store or database: the message comes again."""
    MALFORMED = "malformed"
    ERROR = "error"


KEPT = frozenset({Outcome.AWAY, Outcome.OBJECT_AWAY, Outcome.MALFORMED, Outcome.ERROR})
"""A message with one of these stays in the queue: it comes again, and at last goes to the dead-letter queue."""


class S3Events:
    """Consumes the queue of the bucket's ObjectCreated notifications. Any number may run side by side.

    An event is a hint and never believed: `confirm` looks at the object itself. So repeats, reordering and forgeries
    are harmless, and an event that never comes is made up for by the sweeper.

    While store or database is away single messages probe it at growing intervals, so that an outage does not carry
    the whole queue into the dead-letter queue.
    """

    def __init__(
        self, db: Database, confirmation: Confirm, store: ObjectStore, inbox: SqsInbox, *, bucket: str
    ) -> None:
        self._db = db
        self._confirmation = confirmation
        self._store = store
        self._inbox = inbox
        self._bucket = bucket
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._outages = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until `stop` is set; messages in hand are finished first. When cancelled, they come again."""
        in_hand: set[asyncio.Task[bool]] = set()
        try:
            while not stop.is_set():
                messages = await self._next(stop)
                in_hand.add(asyncio.create_task(self._is_away(messages)))
                # A full answer tells of more, which are fetched while these are worked on.
                wait_down_to = BATCHES_AHEAD if messages and len(messages) == MAX_MESSAGES else 0
                away = False
                while len(in_hand) > (0 if away else wait_down_to):
                    # One object may take long, when it is read as a whole: the others need not wait for it.
                    must_end = away or self._outages or len(in_hand) > BATCHES_AHEAD
                    patience = None if must_end else PATIENCE_SECONDS
                    done, in_hand = await asyncio.wait(in_hand, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                    if not done:
                        break
                    away = any(task.result() for task in done) or away
                self._outages = self._outages + 1 if away else 0
                if away:
                    await wait_for_any(stop, timeout=min(2.0 ** (self._outages - 1), LONGEST_PAUSE_SECONDS))
            await asyncio.gather(*in_hand)
        finally:
            for task in in_hand:
                task.cancel()
            await asyncio.gather(*in_hand, return_exceptions=True)

    async def _next(self, stop: asyncio.Event) -> list[ReceivedMessage] | None:
        """None while the queue is away."""
        try:
            return await self._receive(stop)
        except QueueUnavailable as error:
            log.warning("s3_events_wait_for_queue", reason=error.detail)
            return None

    async def _is_away(self, messages: Sequence[ReceivedMessage] | None) -> bool:
        """Handles them; whether queue, store or database was away."""
        if messages is None:
            return True
        try:
            return Outcome.AWAY in await self.handle(messages)
        except QueueUnavailable as error:
            log.warning("s3_events_wait_for_queue", reason=error.detail)
            return True

    async def _receive(self, stop: asyncio.Event) -> list[ReceivedMessage]:
        """The next messages; none as soon as `stop` is set, though the poll itself may last longer."""
        receiving = asyncio.ensure_future(self._inbox.receive(limit=1 if self._outages else MAX_MESSAGES))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((receiving, stopping), return_when=asyncio.FIRST_COMPLETED)
            return await receiving if receiving.done() else []
        finally:
            receiving.cancel()
            stopping.cancel()
            await asyncio.gather(receiving, stopping, return_exceptions=True)

    async def handle(self, messages: Sequence[ReceivedMessage]) -> Counter[Outcome]:
        """Does what the messages ask for and deletes those that are done; returns how often what came of them.

        Raises QueueUnavailable when they could not be deleted: then all of them come again.
        """
        created = [self._read(message) for message in messages]
        try:
            photos = await self._photos(created)
        except DatabaseUnavailable as error:
            log.warning("s3_event_put_off", messages=len(messages), error_code=error.code)
            return Counter({Outcome.AWAY: len(messages)})
        found = await asyncio.gather(*(self._message(objects, photos) for objects in created))
        done = [message for message, outcomes in zip(messages, found, strict=True) if not KEPT & set(outcomes)]
        await self._inbox.delete(done)
        counts = Counter(outcome for outcomes in found for outcome in outcomes)
        if counts:
            log.info("s3_events", **{outcome.value: count for outcome, count in counts.items()})
        return counts

    def _read(self, message: ReceivedMessage) -> tuple[CreatedObject, ...] | None:
        try:
            return created_objects(message.body)
        except MalformedMessage as error:
            log.error("s3_event_malformed", reason=str(error), receives=message.receives)
            return None

    async def _photos(self, created: Sequence[tuple[CreatedObject, ...] | None]) -> dict[str, Photo]:
        """The photos of all messages, in one query."""
        keys = {one.key for objects in created for one in objects or () if self._may_be_ours(one)}
        return await object_keys.photos_of(self._db, list(keys)) if keys else {}

    def _may_be_ours(self, created: CreatedObject) -> bool:
        return created.bucket == self._bucket and parse_object_key(created.key) is not None

    async def _message(
        self, created: tuple[CreatedObject, ...] | None, photos: Mapping[str, Photo]
    ) -> Sequence[Outcome]:
        if created is None:
            return [Outcome.MALFORMED]
        async with self._slots:
            return [await self._isolated(one, photos.get(one.key)) for one in created] or [Outcome.NO_OBJECT]

    async def _isolated(self, created: CreatedObject, photo: Photo | None) -> Outcome:
        """One object's failure never stops the others."""
        trace = Trace(correlation_id=f"{ACTOR}-{uuid4().hex}")
        with bound_contextvars(correlation_id=trace.correlation_id):
            try:
                return await self._outcome(created, photo, trace)
            except (StorageUnavailable, DatabaseUnavailable) as error:
                log.warning("s3_event_put_off", key=created.key, error_code=error.code)
                return Outcome.OBJECT_AWAY if isinstance(error, ObjectUnavailable) else Outcome.AWAY
            except Exception:
                log.exception("s3_event_failed", key=created.key)
                return Outcome.ERROR

    async def _outcome(self, created: CreatedObject, photo: Photo | None, trace: Trace) -> Outcome:
        if created.bucket != self._bucket:
            log.warning("s3_event_of_another_bucket", bucket=created.bucket)
            return Outcome.OTHER_BUCKET
        if created.key.startswith(TRIAL_PREFIX):
            await self._store.delete(created.key)
            return Outcome.TRIAL
        return await self._object(created, photo, trace)

    async def _object(self, created: CreatedObject, photo: Photo | None, trace: Trace) -> Outcome:
        if photo is None or photo.state == CONTENT_MISMATCH:
            return await self._unwanted(created)
        if photo.state not in AWAITING_UPLOAD:
            return Outcome.UNCHANGED
        try:
            with photo_step("process bucket event", photo.id, consumes=True):
                photo = await self._confirmation.confirm_photo(photo, None, actor=ACTOR, trace=trace)
        except UploadNotFound:
            return Outcome.NOT_THERE
        except (PhotoNotFound, InvalidStatusTransition):
            # Deleted, or found to be something else, a moment ago.
            return await self._unwanted(created)
        return Outcome.MISMATCHED if photo.state == CONTENT_MISMATCH else Outcome.CONFIRMED

    async def _unwanted(self, created: CreatedObject) -> Outcome:
        """Deletes the object of a photo that is gone or failed for good; noted first, so that with the store away the
        sweeper does it."""
        if originals_of(created.key):
            return Outcome.RENDITION
        holders = await object_keys.holders(self._db, [created.key]) if self._may_be_ours(created) else {}
        holder = holders.get(created.key)
        if holder is None:
            log.warning("s3_event_of_unknown_key", key=created.key)
            return Outcome.UNKNOWN_KEY
        if holder.state is not None and holder.state != CONTENT_MISMATCH:
            # Its row was made after the query for all: the message comes again.
            return Outcome.AWAY
        await delete_object(self._db, self._store, await object_keys.note_deletion(self._db, holder))
        return Outcome.DELETED
