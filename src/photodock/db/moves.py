"""Every move of a photo between statuses.

A move is one statement: it locks the row, checks that the move is allowed from the state it finds there, changes the
row and writes the history. No row back means that another process was faster: read again and decide anew.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from photodock.db.groups import Groups
from photodock.db.photos import PLAIN_COLUMNS, to_photo
from photodock.db.pool import Executor, Row
from photodock.db.tenants import Tenants
from photodock.domain.errors import DatabaseUnavailable
from photodock.domain.identity import Trace
from photodock.domain.photo import DETECTION_FAILURES, UPLOADED, Photo, State, sources_of
from photodock.domain.values import JsonObject
from photodock.metrics.definitions import ENDS, STATUS_SECONDS
from photodock.tracing.spans import outgoing, traced

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


def _moved(row: Row | None) -> Photo | None:
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
    return _moved(row)


@traced("mark processing")
async def start_processing(db: Executor, photo_id: UUID, change: Move) -> Photo | None:
    row = await db.fetchrow(PROCESSING_MOVE, *change.arguments(photo_id))
    return _moved(row)


UPLOADED_MOVE = move_sql(
    assignments=", width = $10, height = $11, exif_data = $12, jobs_sent = 0",
    more="""
, job AS (
    INSERT INTO outbox (photo_id, organization_id, s3_url, detection_types, priority, correlation_id, traceparent)
    SELECT id, organization_id, $13, detection_types, priority, $14, $15 FROM moved
), rendition_job AS (
    INSERT INTO rendition_jobs (photo_id, organization_id, s3_key)
    SELECT id, organization_id, s3_key FROM moved WHERE $16::boolean ON CONFLICT DO NOTHING
)
""",
    columns=PLAIN_COLUMNS + ", pg_notify('photodock_outbox', '')",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What `confirm` read from the object. Sizes in pixels, as stored."""

    width: int | None
    height: int | None
    exif_data: JsonObject | None


UPLOADED_TOGETHER = move_sql(
    # What somebody else holds is left out.
    which="id = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED",
    assignments=", width = a.width, height = a.height, exif_data = a.exif_data, jobs_sent = 0",
    joined="""JOIN unnest(
        $1::uuid[], $10::integer[], $11::integer[], $12::jsonb[], $13::text[], $14::text[], $15::text[],
        $16::boolean[]) AS a (id, width, height, exif_data, s3_uri, correlation_id, traceparent, renditions)
        ON a.id = f.id""",
    returned=", a.s3_uri, a.correlation_id, a.traceparent, a.renditions AS with_renditions",
    more="""
, job AS (
    INSERT INTO outbox (photo_id, organization_id, s3_url, detection_types, priority, correlation_id, traceparent)
    SELECT id, organization_id, s3_uri, detection_types, priority, correlation_id, traceparent FROM moved
), rendition_job AS (
    INSERT INTO rendition_jobs (photo_id, organization_id, s3_key)
    SELECT id, organization_id, s3_key FROM moved WHERE with_renditions ON CONFLICT DO NOTHING
)
""",
    columns=PLAIN_COLUMNS + ", pg_notify('photodock_outbox', '')",
)


_Asked: TypeAlias = tuple[UUID, Move, tuple[object, ...]]


class UploadedGroup:
    """Moves to `uploaded` that wait at the same time, in one statement. Those that it leaves out go alone: whose photo
    somebody else holds, or may not move; all of them when it fails. For workers: of any organization."""

    def __init__(self, db: Tenants) -> None:
        self._db = db.any
        self._groups = Groups[_Asked, Row | None](self._ask, timeout=db.any.acquire_timeout)

    async def move(self, photo_id: UUID, change: Move, facts: tuple[object, ...]) -> Row | None:
        """None: it has to go alone. Raises DatabaseUnavailable."""
        return await self._groups.answer((photo_id, change, facts))

    async def _ask(self, group: list[_Asked]) -> list[Row | None]:
        _, change, _ = group[0]
        alike = {photo_id: facts for photo_id, other, facts in group if other == change}
        columns = [list(column) for column in zip(*alike.values(), strict=True)]
        _, *arguments = change.arguments(group[0][0])
        try:
            rows = await self._db.fetch(UPLOADED_TOGETHER, list(alike), *arguments, *columns)
        except DatabaseUnavailable:
            raise
        except Exception:
            return [None] * len(group)  # one of them did it: alone each gets its own
        moved = {row["id"]: row for row in rows}
        return [moved.pop(photo_id, None) if other == change else None for photo_id, other, _ in group]


@traced("mark uploaded")
async def mark_uploaded(
    db: Executor,
    photo_id: UUID,
    change: Move,
    found: Found,
    *,
    s3_uri: str,
    trace: Trace,
    renditions: bool = False,
    group: UploadedGroup | None = None,
) -> Photo | None:
    """Stores what was read, moves to `uploaded` and appends the detection job: one statement, one commit.

    `renditions`: a job for these too. `group`: first tried together with others, for any organization.
    """
    facts = (
        found.width,
        found.height,
        found.exif_data,
        s3_uri,
        trace.correlation_id,
        outgoing(trace.traceparent),
        renditions,
    )
    row = group and await group.move(photo_id, change, facts)
    return _moved(row or await db.fetchrow(UPLOADED_MOVE, *change.arguments(photo_id), *facts))


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
    return _moved(row)


COMPLETED_MOVE = move_sql(assignments=", detection_results = $10, detection_error = NULL")
DETECTION_FAILED_MOVE = move_sql(assignments=", detection_error = $10")


@traced("mark completed")
async def mark_completed(db: Executor, photo_id: UUID, change: Move, results: JsonObject) -> Photo | None:
    row = await db.fetchrow(COMPLETED_MOVE, *change.arguments(photo_id), results)
    return _moved(row)


@traced("mark detection failed")
async def mark_detection_failed(db: Executor, photo_id: UUID, change: Move, error: JsonObject) -> Photo | None:
    row = await db.fetchrow(DETECTION_FAILED_MOVE, *change.arguments(photo_id), error)
    return _moved(row)
