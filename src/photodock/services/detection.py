"""What the detection pipeline reports about a photo."""

from dataclasses import dataclass
from uuid import UUID

import structlog

from photodock.db import photos
from photodock.db.photos import Move
from photodock.db.pool import Connection, Database
from photodock.domain.errors import InvalidStatusTransition, PhotoNotFound
from photodock.domain.identity import Principal
from photodock.domain.photo import (
    COMPLETED,
    DETECTION_FAILED,
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
    def __init__(self, db: Database) -> None:
        self._db = db

    async def report(self, who: Principal, photo_id: UUID, report: Report) -> Photo:
        """Writes a detector's report, in one transaction. An identical repeat changes nothing.

        A detector may be faster than the relay's bookkeeping: a report on `uploaded` writes `processing` first.
        Raises PhotoNotFound, InvalidStatusTransition.
        """
        actor = f"pipeline:{who.user_id}"
        async with self._db.transaction() as tx:
            photo = await photos.get(tx, photo_id, None, lock=True)
            if photo is None:
                raise PhotoNotFound(PHOTO_NOT_FOUND)
            if await repeats(tx, photo, report):
                return photo
            for step in steps_to(photo.state, report.to):
                photo = await self._write(tx, photo, step, report, actor)
        log.info("detection_reported", photo_id=str(photo_id), status=photo.status.value)
        return photo

    async def _write(self, tx: Connection, photo: Photo, to: State, report: Report, actor: str) -> Photo:
        moved: Photo | None
        match report:
            case Completed(detections) if to == COMPLETED:
                moved = await photos.mark_completed(tx, photo.id, Move(to=to, actor=actor), detections)
            case Failed(error) if to == DETECTION_FAILED:
                move = Move(to=to, actor=actor, reason=reason_of(error), error_detail=FAILED_DETAIL)
                moved = await photos.mark_detection_failed(tx, photo.id, move, error)
            case _:
                moved = await photos.start_processing(tx, photo.id, Move(to=to, actor=actor))
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
