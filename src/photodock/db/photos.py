"""Photos' rows: reading them, and every move between statuses.

A move is one statement: it locks the row, checks that the move is allowed from the state it finds there, changes the
row and writes the history. No row back means that another process was faster: read again and decide anew.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from photodock.db.pool import Database, Executor, Row
from photodock.domain.identity import Trace
from photodock.domain.jobs import Priority
from photodock.domain.photo import FailureCode, Photo, PhotoStatus, State, StatusEvent, sources_of
from photodock.domain.values import JsonObject

COLUMNS = tuple(field.name for field in fields(Photo))
SELECT = f"SELECT {', '.join('p.' + name for name in COLUMNS)} FROM photos p"  # noqa: S608  (names of our own columns)


def to_photo(row: Row) -> Photo:
    values = {name: row[name] for name in COLUMNS}
    values["status"] = PhotoStatus(values["status"])
    values["error_code"] = FailureCode(values["error_code"]) if values["error_code"] else None
    values["priority"] = Priority(values["priority"])
    values["detection_types"] = tuple(values["detection_types"])
    return Photo(**values)


async def get(db: Executor, photo_id: UUID, organization_id: UUID | None, *, lock: bool = False) -> Photo | None:
    """`organization_id` None reads any organization's: for workers and the pipeline."""
    row = await db.fetchrow(
        f"{SELECT} WHERE p.id = $1 AND ($2::uuid IS NULL OR p.organization_id = $2){' FOR UPDATE' if lock else ''}",
        photo_id,
        organization_id,
    )
    return to_photo(row) if row else None


async def page(
    db: Executor,
    organization_id: UUID,
    *,
    project_id: UUID | None,
    status: PhotoStatus | None,
    before: UUID | None,
    limit: int,
) -> list[Photo]:
    """Newest first, those older than `before`."""
    args: list[object] = [organization_id]
    where = ["p.organization_id = $1"]
    for condition, value in (
        ("p.project_id = ", project_id),
        ("p.status = ", status.value if status else None),
        ("p.id < ", before),
    ):
        if value is not None:
            args.append(value)
            where.append(f"{condition}${len(args)}")
    args.append(limit)
    rows = await db.fetch(f"{SELECT} WHERE {' AND '.join(where)} ORDER BY p.id DESC LIMIT ${len(args)}", *args)
    return [to_photo(row) for row in rows]


async def history(db: Executor, photo_id: UUID, organization_id: UUID | None) -> list[StatusEvent]:
    """Oldest first; empty when there is no such photo."""
    rows = await db.fetch(
        """
        SELECT e.from_status, e.to_status, e.at, e.actor, e.reason
        FROM photos p JOIN photo_status_events e ON e.photo_id = p.id
        WHERE p.id = $1 AND ($2::uuid IS NULL OR p.organization_id = $2) ORDER BY e.id
        """,
        photo_id,
        organization_id,
    )
    return [
        StatusEvent(
            from_status=PhotoStatus(row["from_status"]) if row["from_status"] else None,
            to_status=PhotoStatus(row["to_status"]),
            at=row["at"],
            actor=row["actor"],
            reason=row["reason"],
        )
        for row in rows
    ]


# $1 id, $2 and $3 the states it may come from, $4 and $5 the state it goes to, $6 actor, $7 reason, $8 error detail,
# $9 sweep_at. Locking first makes the decision on the newest row; the history has it from the very same statement.
MOVE = """
WITH found AS (
    SELECT id, status, error_code FROM photos WHERE id = $1 FOR UPDATE
), moved AS (
    UPDATE photos p SET
        status = $4, error_code = $5, error_detail = $8, sweep_at = $9, version = p.version + 1,
        uploaded_at = CASE WHEN $4 = 'uploaded' THEN coalesce(p.uploaded_at, clock_timestamp()) ELSE p.uploaded_at END,
        processing_at = CASE WHEN $4 = 'processing' THEN clock_timestamp()
                             WHEN $4 = 'uploaded' THEN NULL ELSE p.processing_at END,
        completed_at = CASE WHEN $4 = 'completed' THEN clock_timestamp() END,
        failed_at = CASE WHEN $4 = 'failed' THEN clock_timestamp() END
        {assignments}
    FROM found f
    WHERE p.id = f.id AND (f.status, coalesce(f.error_code, '')) IN (SELECT * FROM unnest($2::text[], $3::text[]))
    RETURNING p.*, f.status AS from_status
), event AS (
    INSERT INTO photo_status_events (photo_id, organization_id, from_status, to_status, actor, reason)
    SELECT id, organization_id, from_status, status, $6, $7 FROM moved
)
{more}
SELECT {columns} FROM moved p
"""
PLAIN_COLUMNS = ", ".join(COLUMNS)


def move_sql(assignments: str = "", more: str = "", columns: str = PLAIN_COLUMNS) -> str:
    return MOVE.format(assignments=assignments, more=more, columns=columns)


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


async def move(db: Executor, photo_id: UUID, change: Move) -> Photo | None:
    row = await db.fetchrow(PLAIN_MOVE, *change.arguments(photo_id))
    return to_photo(row) if row else None


async def start_processing(db: Executor, photo_id: UUID, change: Move) -> Photo | None:
    row = await db.fetchrow(PROCESSING_MOVE, *change.arguments(photo_id))
    return to_photo(row) if row else None


UPLOADED_MOVE = move_sql(
    assignments=", width = $10, height = $11, exif_data = $12, jobs_sent = 0",
    more="""
, job AS (
    INSERT INTO outbox (photo_id, organization_id, s3_url, detection_types, priority, correlation_id, traceparent)
    SELECT id, organization_id, $13, detection_types, priority, $14, $15 FROM moved
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


async def mark_uploaded(
    db: Executor,
    photo_id: UUID,
    change: Move,
    found: Found,
    *,
    s3_uri: str,
    trace: Trace,
) -> Photo | None:
    """Stores what was read, moves to `uploaded` and appends the detection job: one statement, one commit."""
    row = await db.fetchrow(
        UPLOADED_MOVE,
        *change.arguments(photo_id),
        found.width,
        found.height,
        found.exif_data,
        s3_uri,
        trace.correlation_id,
        trace.traceparent,
    )
    return to_photo(row) if row else None


MISMATCH_MOVE = move_sql(
    more="""
, doomed AS (
    INSERT INTO object_deletions (photo_id, organization_id, s3_key, url_expires_at, due_at)
    SELECT id, organization_id, s3_key, url_expires_at, clock_timestamp() FROM moved
    ON CONFLICT (photo_id) DO UPDATE SET due_at = excluded.due_at
)
"""
)


async def mark_mismatched(db: Executor, photo_id: UUID, change: Move) -> Photo | None:
    """Fails the photo and notes its object for deletion."""
    row = await db.fetchrow(MISMATCH_MOVE, *change.arguments(photo_id))
    return to_photo(row) if row else None


COMPLETED_MOVE = move_sql(assignments=", detection_results = $10, detection_error = NULL")
DETECTION_FAILED_MOVE = move_sql(assignments=", detection_error = $10")


async def mark_completed(db: Executor, photo_id: UUID, change: Move, results: JsonObject) -> Photo | None:
    row = await db.fetchrow(COMPLETED_MOVE, *change.arguments(photo_id), results)
    return to_photo(row) if row else None


async def mark_detection_failed(db: Executor, photo_id: UUID, change: Move, error: JsonObject) -> Photo | None:
    row = await db.fetchrow(DETECTION_FAILED_MOVE, *change.arguments(photo_id), error)
    return to_photo(row) if row else None


async def has_results(db: Executor, photo_id: UUID, results: JsonObject) -> bool:
    """Whether the photo holds just these results, as JSONB compares: `1` is `1.0`, `1e23` its integer, `true` neither.

    Python sees all three otherwise, because what JSONB gives back is spelt anew.
    """
    row = await db.fetchrow("SELECT 1 FROM photos WHERE id = $1 AND detection_results = $2", photo_id, results)
    return row is not None


@dataclass(frozen=True, slots=True)
class Deletion:
    """An object to delete; `url_expires_at` is the end of the last upload URL that could bring it back."""

    photo_id: UUID
    s3_key: str
    url_expires_at: datetime


DELETE = """
WITH gone AS (
    DELETE FROM photos WHERE id = $1
    RETURNING id, organization_id, project_id, s3_key, url_expires_at
), stone AS (
    INSERT INTO tombstones (photo_id, organization_id, project_id, s3_key, url_expires_at)
    SELECT id, organization_id, project_id, s3_key, url_expires_at FROM gone
), doomed AS (
    INSERT INTO object_deletions (photo_id, organization_id, s3_key, url_expires_at, due_at)
    SELECT id, organization_id, s3_key, url_expires_at, clock_timestamp() FROM gone
    ON CONFLICT (photo_id) DO UPDATE SET due_at = excluded.due_at
), nameless AS (
    UPDATE photo_status_events SET actor = NULL WHERE photo_id = (SELECT id FROM gone)
)
SELECT s3_key, url_expires_at FROM gone
"""


async def delete(db: Database, photo_id: UUID, organization_id: UUID) -> Deletion | None:
    """Turns the photo into a tombstone and notes its object for deletion.

    Its job leaves the outbox with it. None when there is no such photo.
    """
    async with db.transaction() as tx:
        # Locked by a statement of its own: the next one's snapshot then holds the history of a move that was faster.
        if await get(tx, photo_id, organization_id, lock=True) is None:
            return None
        row = await tx.fetchrow(DELETE, photo_id)
    return Deletion(photo_id, row["s3_key"], row["url_expires_at"]) if row else None
