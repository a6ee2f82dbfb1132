"""What the sweeper does with a photo whose time has come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

import structlog
from structlog.contextvars import bound_contextvars

from photodock.db import moves, outbox, photos, sweep
from photodock.db.moves import Move
from photodock.db.pool import Database
from photodock.domain.errors import (
    InvalidStatusTransition,
    ObjectUnavailable,
    PhotoNotFound,
    StorageAccessDenied,
    StorageUnavailable,
    UploadNotFound,
)
from photodock.domain.identity import Trace
from photodock.domain.photo import DETECTION_TIMEOUT, UPLOAD_EXPIRED, Photo, PhotoStatus
from photodock.domain.schedule import next_look
from photodock.services.confirmation import Confirm

log = structlog.get_logger(__name__)

ACTOR = "sweeper"
MAX_JOBS = 4
"""The first detection job of a photo and 3 more."""
STORAGE_AWAY_WAIT = timedelta(minutes=1)
ACCESS_DENIED_WAIT = timedelta(hours=1)
"""Without `s3:ListBucket` AWS says 403 for a missing object: that must not be asked every minute for ever."""
OBJECT_AWAY_WAIT = timedelta(hours=1)
"""It may never be had: its uploader can have stored it so."""

EXPIRY = Move(
    to=UPLOAD_EXPIRED,
    actor=ACTOR,
    reason="no object came",
    error_detail="The photo did not arrive before its upload URL ended. Ask for a new URL and send it again.",
)


class Outcome(StrEnum):
    """What became of one item of a sweep."""

    CONFIRMED = "confirmed"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    STORAGE_AWAY = "storage_away"
    OBJECT_AWAY = "object_away"
    """This one object cannot be had; the store has others."""
    ACCESS_DENIED = "access_denied"
    JOB_WAITS = "job_waits"
    SENT_AGAIN = "sent_again"
    TIMED_OUT = "timed_out"
    DELETED = "deleted"
    MOVED_ON = "moved_on"
    """Someone else was faster; nothing is left to do."""
    ERROR = "error"


class PhotoSweep:
    """`s3_uri` makes a job's `s3://` address of an object's key."""

    def __init__(
        self,
        db: Database,
        confirmation: Confirm,
        *,
        s3_uri: Callable[[str], str],
        pending_ttl: timedelta,
        detection_timeout: timedelta,
    ) -> None:
        self._db = db
        self._confirmation = confirmation
        self._s3_uri = s3_uri
        self._pending_ttl = pending_ttl
        self._detection_timeout = detection_timeout

    async def look_at(self, photo: Photo) -> Outcome:
        """Does what the photo's status asks for; sets when to look again, if ever.

        Raises DatabaseUnavailable, and whatever the confirmation raises besides its promised errors.
        """
        trace = Trace(correlation_id=f"{ACTOR}-{uuid4().hex}")
        with bound_contextvars(photo_id=str(photo.id), correlation_id=trace.correlation_id):
            match photo.status:
                case PhotoStatus.PENDING_UPLOAD:
                    return await self._look_for_object(photo, trace)
                case PhotoStatus.UPLOADED | PhotoStatus.PROCESSING:
                    return await self._send_again(photo, trace)
                case _:
                    await sweep.look_again_at(self._db, photo, None)
                    return Outcome.MOVED_ON

    async def _look_for_object(self, photo: Photo, trace: Trace) -> Outcome:
        """Confirms a photo that is still `pending_upload`; gives it up only when its object is surely not there."""
        try:
            await self._confirmation.confirm_photo(photo, None, actor=ACTOR, trace=trace)
        except UploadNotFound:
            return await self._not_there(photo)
        except StorageAccessDenied:
            await self._look_again_in(photo, ACCESS_DENIED_WAIT)
            return Outcome.ACCESS_DENIED
        except ObjectUnavailable:
            await self._look_again_in(photo, OBJECT_AWAY_WAIT)
            return Outcome.OBJECT_AWAY
        except StorageUnavailable:
            return await self.put_off(photo)
        except (PhotoNotFound, InvalidStatusTransition):
            return Outcome.MOVED_ON
        return Outcome.CONFIRMED

    async def put_off(self, photo: Photo) -> Outcome:
        """Looks again when the store may be back."""
        await self._look_again_in(photo, STORAGE_AWAY_WAIT)
        return Outcome.STORAGE_AWAY

    async def _look_again_in(self, photo: Photo, wait: timedelta) -> None:
        await sweep.look_again_at(self._db, photo, datetime.now(UTC) + wait)

    async def _not_there(self, photo: Photo) -> Outcome:
        when = next_look(photo.url_expires_at, datetime.now(UTC), self._pending_ttl)
        if when is not None:
            await sweep.look_again_at(self._db, photo, when)
            return Outcome.NOT_YET
        async with self._db.transaction() as db:
            current = await photos.get(db, photo.id, None, lock=True)
            # A URL issued meanwhile leaves the status as it was, so only the version tells.
            if current is None or current.version != photo.version:
                return Outcome.MOVED_ON
            await moves.move(db, photo.id, EXPIRY)
        log.info("upload_expired")
        return Outcome.EXPIRED

    async def _send_again(self, photo: Photo, trace: Trace) -> Outcome:
        """A photo whose detection nobody reported in time: another job, and in the end `detection_timeout`."""
        async with self._db.transaction() as db:
            current = await photos.get(db, photo.id, None, lock=True)
            if current is None or current.version != photo.version:
                return Outcome.MOVED_ON
            if await sweep.job_waits(db, photo.id):
                await sweep.defer_detection(db, photo.id, self._detection_timeout)
                return Outcome.JOB_WAITS
            jobs_sent = await sweep.jobs_sent(db, photo.id)
            if jobs_sent >= MAX_JOBS:
                await moves.move(db, photo.id, _timeout(jobs_sent))
            else:
                s3_uri = self._s3_uri(photo.s3_key)
                await outbox.send_again(db, photo.id, s3_uri=s3_uri, trace=trace)
                await sweep.defer_detection(db, photo.id, self._detection_timeout)
        outcome = Outcome.TIMED_OUT if jobs_sent >= MAX_JOBS else Outcome.SENT_AGAIN
        log.warning("detection_overdue", jobs_sent=jobs_sent, outcome=outcome.value)
        return outcome


def _timeout(jobs_sent: int) -> Move:
    return Move(
        to=DETECTION_TIMEOUT,
        actor=ACTOR,
        reason=f"{jobs_sent} jobs sent, no answer",
        error_detail="No detector answered in time. Retry the detection later.",
    )
