"""Making the small pictures of a photo, one job at a time."""

import asyncio
import base64
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from photodock.db import photos, renditions
from photodock.db.pool import Database
from photodock.db.renditions import RenditionJob
from photodock.domain.errors import (
    ObjectNotFound,
    ObjectUnavailable,
    ObjectUnreadable,
    StorageAccessDenied,
    StorageError,
)
from photodock.domain.photo import Photo
from photodock.domain.renditions import LONGEST_SIDES, MIME_TYPE, Rendition, rendition_key, rendition_keys
from photodock.pixels import (
    DecodingLimitExceeded,
    Limits,
    PixelsError,
    Rendered,
    TooManyPixels,
    Undecodable,
    UnsupportedType,
    render,
)
from photodock.storage.s3 import ObjectStore

log = structlog.get_logger()

MAX_ATTEMPTS = 5
MAX_LIMIT_ATTEMPTS = 2
"""Of a photo that takes more time or memory than one may: once more, in case the machine was too busy."""
FIRST_WAIT = timedelta(seconds=10)
WAIT_FACTOR = 6
STORAGE_AWAY_WAIT = timedelta(minutes=1)
ACCESS_DENIED_WAIT = timedelta(hours=1)
MACHINE_WAIT = timedelta(minutes=1)
MAX_BYTES = 256 * 1024 * 1024
"""Of a photo: it is held in memory while it is decoded, one for each process that decodes."""
PIECE_BYTES = 8 * 1024 * 1024
"""What one GET asks for: each piece has the store's own limits of time, and its own tries."""
STORAGE_SECONDS = 180.0
"""What reading and writing of one job may take in all."""
CACHE_CONTROL = "private, max-age=31536000, immutable"
"""What is once made of a photo never changes, and whoever deletes it deletes the photo."""
HOPELESS = (Undecodable, TooManyPixels, UnsupportedType)
"""Another attempt would end alike. Whatever ran out of time, or died, may have found a machine that was too busy."""
FIRST_ID = UUID(int=0)
BACKFILL_BATCH = 1_000


class Outcome(StrEnum):
    """What became of one job."""

    MADE = "made"
    GIVEN_UP = "given_up"
    """Nothing can be made of this photo; it is usable as ever."""
    PUT_OFF = "put_off"
    AWAY = "away"
    """The store is away, or refuses, or the machine can start no process: no fault of the photo."""
    GONE = "gone"
    """The photo was deleted."""


class Renditions:
    def __init__(self, db: Database, store: ObjectStore, limits: Limits) -> None:
        self._db = db
        self._store = store
        self._limits = limits

    @property
    def longest_seconds(self) -> float:
        """What one job may take in all; a lease must be longer."""
        return STORAGE_SECONDS + self._limits.seconds

    async def make(self, job: RenditionJob) -> Outcome:
        """Makes and stores the photo's renditions, records them and ends the job, in this order.

        Whoever is killed in between leaves the job, which comes due again: the objects' names are always the same, so
        the next one writes over them, or deletes them where the photo is gone. Raises DatabaseUnavailable.
        """
        try:
            async with asyncio.timeout(self.longest_seconds):
                return await self._attempt(job)
        except StorageError as error:
            wait = ACCESS_DENIED_WAIT if isinstance(error, StorageAccessDenied) else STORAGE_AWAY_WAIT
            await renditions.put_off(self._db, job, wait, counted=False)
            return Outcome.AWAY
        # No process, no memory, no descriptor; and TimeoutError, when it took longer than `longest_seconds`.
        except (OSError, MemoryError) as error:
            log.warning("renditions_wait_for_machine", kind=type(error).__name__, reason=str(error))
            await renditions.put_off(self._db, job, MACHINE_WAIT, counted=False)
            return Outcome.AWAY

    async def give_back(self, job: RenditionJob) -> None:
        """For a job that was taken and is not tried to its end."""
        await renditions.put_off(self._db, job, timedelta(0), counted=False)

    async def queue_missing(self, *, given_up: bool) -> int:
        """Makes jobs for all photos that have no renditions; `given_up`: also those that had none made. Idempotent."""
        queued, after = 0, FIRST_ID
        while True:
            stretch = await renditions.queue_missing(self._db, after=after, limit=BACKFILL_BATCH, given_up=given_up)
            queued += stretch.queued
            if stretch.last is None:
                return queued
            after = stretch.last

    async def _attempt(self, job: RenditionJob) -> Outcome:
        photo = await photos.get(self._db, job.photo_id, None)
        if photo is None:
            return await self._clear(job)
        reason = _hopeless(job, photo)
        if reason:
            return await self._give_up(job, reason)
        try:
            rendered = await render(await self._read(photo), list(LONGEST_SIDES.values()), limits=self._limits)
        except (PixelsError, ObjectNotFound, ObjectUnavailable, ObjectUnreadable) as error:
            return await self._failed(job, error)
        made = await self._store_pictures(photo, rendered)
        thumbhash = base64.b64encode(rendered.thumbhash).decode()
        return Outcome.MADE if await renditions.finish(self._db, photo.id, made, thumbhash) else await self._clear(job)

    async def _read(self, photo: Photo) -> bytes:
        data = bytearray()
        for start in range(0, photo.file_size, PIECE_BYTES):
            data += await self._store.read_range(photo.s3_key, start, min(start + PIECE_BYTES, photo.file_size))
        return bytes(data)

    async def _store_pictures(self, photo: Photo, rendered: Rendered) -> list[Rendition]:
        made = []
        for name, picture in zip(LONGEST_SIDES, rendered.pictures, strict=True):
            key = rendition_key(photo.s3_key, name)
            await self._store.put(key, picture.data, content_type=MIME_TYPE, cache_control=CACHE_CONTROL)
            made.append(Rendition(name, picture.width, picture.height, len(picture.data)))
        return made

    async def _clear(self, job: RenditionJob) -> Outcome:
        """The photo was deleted before its pictures were written, perhaps: the deletion did not find them then."""
        for key in rendition_keys(job.s3_key):
            await self._store.delete(key)
        await renditions.forget(self._db, job.photo_id)
        return Outcome.GONE

    async def _failed(self, job: RenditionJob, error: PixelsError | StorageError) -> Outcome:
        missing = "object_not_found" if isinstance(error, ObjectNotFound) else "object_unreadable"
        reason = error.code if isinstance(error, PixelsError) else missing
        most = MAX_LIMIT_ATTEMPTS if isinstance(error, DecodingLimitExceeded) else MAX_ATTEMPTS
        if isinstance(error, HOPELESS) or job.attempts >= most:
            return await self._give_up(job, reason)
        wait = FIRST_WAIT * WAIT_FACTOR ** (job.attempts - 1)
        log.warning("renditions_put_off", reason=reason, attempts=job.attempts, seconds=wait.total_seconds())
        await renditions.put_off(self._db, job, wait, counted=True)
        return Outcome.PUT_OFF

    async def _give_up(self, job: RenditionJob, reason: str) -> Outcome:
        if not await renditions.give_up(self._db, job.photo_id):
            return await self._clear(job)
        log.warning("renditions_given_up", reason=reason, attempts=job.attempts)
        return Outcome.GIVEN_UP


def _hopeless(job: RenditionJob, photo: Photo) -> str | None:
    if job.attempts > MAX_ATTEMPTS:
        return "broken_off"  # in each of them: by the end of its worker, or by a bug that the photo brings out
    return "file_too_large" if photo.file_size > MAX_BYTES else None
