"""Every move of a photo between statuses.

A move is one statement: it locks the row, checks that the move is allowed from the state it finds there, changes the
row and writes the history. No row back means that another process was faster: read again and decide anew.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from photodock.db.photos import PLAIN_COLUMNS, to_photo
from photodock.db.pool import Executor, Row
from photodock.domain.photo import DETECTION_FAILURES, UPLOADED, Photo, State, sources_of
from photodock.domain.values import JsonObject
from photodock.metrics.definitions import ENDS, STATUS_SECONDS
from photodock.tracing.spans import traced

# $1 id, $2 and $3 the states it may come from, $4 and $5 the state it goes to, $6 actor, $7 reason, $8 error detail,
# $9 sweep_at. Locking first makes the decision on the newest row; the history has it from the very same statement.
MOVE = """
WITH found AS (
    SELECT id, status, error_code FROM photos WHERE {which}
), moved AS (
    UPDATE photos p SET
        status = $4, error_code = $5, error_detail = $8, sweep_at = $9, version = p.version + 1,
        uploaded_at = CASE WHEN $4 = 'uploaded' THEN coalesce(p.uploaded_at, clock_timestamp()) ELSE p.uploaded_at END,
        processing_at = CASE WHEN $4 = 'processing' THEN clock_timestamp()
                             WHEN $4 = 'uploaded' THEN NULL ELSE p.processing_at END,
        completed_at = CASE WHEN $4 = 'completed' THEN clock_timestamp() END,
        failed_at = CASE WHEN $4 = 'failed' THEN clock_timestamp() END
        {assignments}
    FROM found f {joined}
    WHERE p.id = f.id AND (f.status, coalesce(f.error_code, '')) IN (SELECT * FROM unnest($2::text[], $3::text[]))
    RETURNING p.*, f.status AS from_status, f.error_code AS from_error {returned}
), event AS (
    INSERT INTO photo_status_events (photo_id, organization_id, from_status, to_status, actor, reason)
    SELECT id, organization_id, from_status, status, $6, $7 FROM moved
)
{more}
SELECT {columns}, from_status, from_error FROM moved p
"""


def move_sql(
    assignments: str = "",
    more: str = "",
    columns: str = PLAIN_COLUMNS,
    *,
    which: str = "id = $1 FOR UPDATE",
    joined: str = "",
    returned: str = "",
) -> str:
    return MOVE.format(
        assignments=assignments, more=more, columns=columns, which=which, joined=joined, returned=returned
    )


PLAIN_MOVE = move_sql()
# The deadline that the relay set stays, or else comes from it as soon as it marks the job sent.
PROCESSING_MOVE = PLAIN_MOVE.replace("sweep_at = $9", "sweep_at = coalesce($9, p.sweep_at)")


@dataclass(frozen=True, slots=True)
class Move:
    """A change of status: where to, by whom and why."""

    to: State
    actor: str
    reason: str | None = None
    error_detail: str | None = None
    sweep_at: datetime | None = None

    def arguments(self, photo_id: UUID) -> tuple[object, ...]:
        sources = sources_of(self.to)
        return (
            photo_id,
            [source.status.value for source in sources],
            [source.error_code.value if source.error_code else "" for source in sources],
            self.to.status.value,
            self.to.error_code.value if self.to.error_code else None,
            self.actor,
            self.reason,
            self.error_detail,
            self.sweep_at,
        )


def moved(row: Row | None) -> Photo | None:
    """The photo behind a move, which is counted: also, what is rare, one that is rolled back afterwards."""
    if row is None:
        return None
    photo = to_photo(row)
    note_move(photo, row["from_status"], row["from_error"])
    return photo


def note_move(photo: Photo, from_status: str, from_error: str | None) -> None:
    end = (photo.error_code or photo.status).value
    is_retry = from_error in DETECTION_FAILURES and photo.state == UPLOADED
    if counted := None if is_retry else ENDS.get(end):
        counted.inc()
    begun = {"pending_upload": photo.created_at, "uploaded": photo.uploaded_at, "processing": photo.processing_at}
    moments = (photo.uploaded_at, photo.processing_at, photo.completed_at, photo.failed_at)
    since, until = begun.get(from_status), max(filter(None, moments))
    if since:
        STATUS_SECONDS.labels(from_status).observe((until - since).total_seconds())


@traced("move photo")
async def move(db: Executor, photo_id: UUID, change: Move) -> Photo | None:
    row = await db.fetchrow(PLAIN_MOVE, *change.arguments(photo_id))
    return moved(row)


@traced("mark processing")
async def start_processing(db: Executor, photo_id: UUID, change: Move) -> Photo | None:
    row = await db.fetchrow(PROCESSING_MOVE, *change.arguments(photo_id))
    return moved(row)


MISMATCH_MOVE = move_sql(
    more="""
, doomed AS (
    INSERT INTO object_deletions (photo_id, organization_id, s3_key, url_expires_at, due_at)
    SELECT id, organization_id, s3_key, url_expires_at, clock_timestamp() FROM moved
    ON CONFLICT (photo_id) DO UPDATE SET due_at = excluded.due_at
)
"""
)


@traced("mark mismatched")
async def mark_mismatched(db: Executor, photo_id: UUID, change: Move) -> Photo | None:
    """Fails the photo and notes its object for deletion."""
    row = await db.fetchrow(MISMATCH_MOVE, *change.arguments(photo_id))
    return moved(row)


COMPLETED_MOVE = move_sql(assignments=", detection_results = $10, detection_error = NULL")
DETECTION_FAILED_MOVE = move_sql(assignments=", detection_error = $10")


@traced("mark completed")
async def mark_completed(db: Executor, photo_id: UUID, change: Move, results: JsonObject) -> Photo | None:
    row = await db.fetchrow(COMPLETED_MOVE, *change.arguments(photo_id), results)
    return moved(row)


@traced("mark detection failed")
async def mark_detection_failed(db: Executor, photo_id: UUID, change: Move, error: JsonObject) -> Photo | None:
    row = await db.fetchrow(DETECTION_FAILED_MOVE, *change.arguments(photo_id), error)
    return moved(row)
