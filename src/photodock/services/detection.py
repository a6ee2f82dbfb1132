"""What the detection pipeline reports about a photo, and starting a failed detection again."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from photodock.db import moves, outbox, photos
from photodock.db.moves import Move
from photodock.db.pool import Connection
from photodock.db.tenants import Tenants
from photodock.domain.errors import InvalidStatusTransition, PhotoNotFound
from photodock.domain.identity import PIPELINE_PREFIX, Principal, Trace
from photodock.domain.photo import (
    COMPLETED,
    DETECTION_FAILED,
    DETECTION_FAILURES,
    PROCESSING,
    TRANSITIONS,
    UPLOADED,
    Photo,
    State,
)
from photodock.domain.values import JsonObject
from photodock.services.uploads import PHOTO_NOT_FOUND

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Started:
    """A detector has begun."""

    to = PROCESSING


@dataclass(frozen=True, slots=True)
class Completed:
    detections: JsonObject

    to = COMPLETED


@dataclass(frozen=True, slots=True)
class Failed:
    """`error` is the detector's own `{code, detail}`."""

    error: JsonObject

    to = DETECTION_FAILED


Report = Started | Completed | Failed


class Detection:
    """`s3_uri` makes a job's `s3://` address of an object's key."""

    def __init__(self, db: Tenants, *, s3_uri: Callable[[str], str]) -> None:
        self._db = db
        self._s3_uri = s3_uri

    async def report(self, who: Principal, photo_id: UUID, report: Report) -> Photo:
        """Writes a detector's report, in one transaction. An identical repeat changes nothing.

        A detector may be faster than the relay's bookkeeping: a report on `uploaded` writes `processing` first.
        Raises PhotoNotFound, InvalidStatusTransition.
        """
        actor = f"{PIPELINE_PREFIX}{who.user_id}"
        async with self._db.any.transaction() as tx:
            photo = await photos.get(tx, photo_id, None, lock=True)
            if photo is None:
                raise PhotoNotFound(PHOTO_NOT_FOUND)
            if await repeats(tx, photo, report):
                return photo
            for step in steps_to(photo.state, report.to):
                photo = await self._write(tx, photo, step, report, actor)
        log.info("detection_reported", photo_id=str(photo_id), status=photo.status.value)
        return photo

    async def retry(self, who: Principal, photo_id: UUID, trace: Trace) -> Photo:
        """Queues a new job for a photo whose detection failed, and moves it back to `uploaded`.

        Its count of jobs begins anew, and a job of it that was never sent goes no more.
        Raises PhotoNotFound, InvalidStatusTransition.
        """
        async with self._db.of(who.organization_id).transaction() as tx:
            photo = await photos.get(tx, photo_id, who.organization_id, lock=True)
            if photo is None:
                raise PhotoNotFound(PHOTO_NOT_FOUND)
            if photo.error_code not in DETECTION_FAILURES:
                raise InvalidStatusTransition(
                    f"The photo is {photo.state}; only a failed detection can be started again."
                )
            await outbox.start_anew(tx, photo_id)
            moved = await moves.move(tx, photo_id, Move(to=UPLOADED, actor=who.user_id, reason="detection retried"))
            if moved is None:
                raise RuntimeError(f"the database refused the move {photo.state} -> {UPLOADED}")
            await outbox.send_again(tx, photo_id, s3_uri=self._s3_uri(photo.s3_key), trace=trace)
        log.info("detection_retried", photo_id=str(photo_id))
        return moved

    async def _write(self, tx: Connection, photo: Photo, to: State, report: Report, actor: str) -> Photo:
        moved: Photo | None
        match report:
            case Completed(detections) if to == COMPLETED:
                moved = await moves.mark_completed(tx, photo.id, Move(to=to, actor=actor), detections)
            case Failed(error) if to == DETECTION_FAILED:
                move = Move(to=to, actor=actor, reason=reason_of(error), error_detail=FAILED_DETAIL)
                moved = await moves.mark_detection_failed(tx, photo.id, move, error)
            case _:
                moved = await moves.start_processing(tx, photo.id, Move(to=to, actor=actor))
        if moved is None:
            # The row is locked by us and the step was looked up in the same table: the two disagree.
            raise RuntimeError(f"the database refused the move {photo.state} -> {to}")
        return moved


FAILED_DETAIL = "The detector could not process the photo; detection.error says why. A retry starts it again."


def reason_of(error: JsonObject) -> str:
    return str(error.get("code", ""))[:200]


async def repeats(tx: Connection, photo: Photo, report: Report) -> bool:
    """Whether the photo already says exactly this."""
    if photo.state != report.to:
        return False
    match report:
        case Completed(detections):
            return await photos.has_results(tx, photo.id, detections)
        case Failed(error):
            return photo.detection_error == error
        case Started():
            return True


def steps_to(now: State, to: State) -> tuple[State, ...]:
    """The states to write one after the other. Raises InvalidStatusTransition where no way leads."""
    if now == UPLOADED and to != PROCESSING:
        return (PROCESSING, to)
    if to not in TRANSITIONS[now]:
        raise InvalidStatusTransition(
            f"The photo is {now}; a report of {to.status} is not accepted then. See the lifecycle in the documentation."
        )
    return (to,)
