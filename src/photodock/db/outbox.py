"""The outbox: jobs that a status change promised and a broker has not confirmed yet.

Taking a row moves its `due_at` past the lease, so that a relay killed in the middle loses nothing: the row comes due
again and the job is sent with the same `message_id`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from photodock.db.pool import Connection, Database, Executor, Row
from photodock.domain.identity import Trace
from photodock.domain.jobs import DetectionJob, Priority
from photodock.tracing.spans import outgoing, traced

CHANNEL = "photodock_outbox"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """`attempts` counts the failures so far."""

    id: int
    organization_id: UUID
    attempts: int
    job: DetectionJob


@dataclass(frozen=True, slots=True)
class ParkedJob:
    id: int
    photo_id: UUID
    organization_id: UUID
    attempts: int
    last_error: str | None
    created_at: datetime
    parked_at: datetime


async def take(db: Database, *, limit: int, lease: timedelta) -> list[OutboxRow]:
    """The due rows, each for this caller alone until the lease ends."""
    rows = await db.fetch(
        """
        WITH due AS (
            SELECT id FROM outbox
            WHERE sent_at IS NULL AND parked_at IS NULL AND due_at <= statement_timestamp()
            ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox o SET due_at = clock_timestamp() + $2 FROM due WHERE o.id = due.id
        RETURNING o.*
        """,
        limit,
        lease,
    )
    return [_to_row(row) for row in rows]


def _to_row(row: Row) -> OutboxRow:
    job = DetectionJob(
        message_id=row["message_id"],
        photo_id=row["photo_id"],
        s3_url=row["s3_url"],
        detection_types=tuple(row["detection_types"]),
        priority=Priority(row["priority"]),
        correlation_id=row["correlation_id"],
        traceparent=row["traceparent"],
    )
    return OutboxRow(row["id"], row["organization_id"], row["attempts"], job)


async def mark_sent(db: Database, ids: Sequence[int], *, detection_timeout: timedelta) -> list[timedelta]:
    """Marks the rows sent and moves their photos from `uploaded` to `processing`, where no detector was faster.

    A photo that is `processing` already (its job was sent again) only gets a new deadline. Photos are locked before
    their outbox rows, in the order of a deletion and of each other, so that none of them waits in a circle. Returns
    how long each photo that moved was `uploaded`.
    """
    rows = await db.fetch(
        """
        WITH found AS (
            SELECT id, status FROM photos WHERE id IN (SELECT photo_id FROM outbox WHERE id = ANY($1))
            ORDER BY id FOR UPDATE
        ), sent AS (
            UPDATE outbox SET sent_at = clock_timestamp(), last_error = NULL
            WHERE id = ANY($1) AND sent_at IS NULL AND photo_id IN (SELECT id FROM found) RETURNING photo_id
        ), moved AS (
            UPDATE photos p SET status = 'processing', version = p.version + 1, jobs_sent = p.jobs_sent + 1,
                processing_at = coalesce(p.processing_at, clock_timestamp()), sweep_at = clock_timestamp() + $2
            FROM found f WHERE p.id = f.id AND f.status IN ('uploaded', 'processing')
                AND p.id IN (SELECT photo_id FROM sent)
            RETURNING p.id, p.organization_id, p.processing_at - p.uploaded_at AS waited, f.status AS from_status
        ), event AS (
            INSERT INTO photo_status_events (photo_id, organization_id, from_status, to_status, actor, reason)
            SELECT id, organization_id, from_status, 'processing', 'relay', 'detection job queued'
            FROM moved WHERE from_status = 'uploaded'
        )
        SELECT waited FROM moved WHERE from_status = 'uploaded'
        """,
        ids,
        detection_timeout,
    )
    return [row["waited"] for row in rows]


async def mark_failed(db: Database, retries: Mapping[int, tuple[timedelta | None, str]]) -> dict[int, datetime]:
    """For each row the time until its next attempt, or None to park it for a manual retry, and what went wrong.

    Returns when each row comes due again.
    """
    rows = await db.fetch(
        """
        UPDATE outbox o SET attempts = o.attempts + 1, last_error = r.error,
            due_at = clock_timestamp() + coalesce(r.wait, interval '0'),
            parked_at = CASE WHEN r.wait IS NULL THEN clock_timestamp() END
        FROM unnest($1::bigint[], $2::interval[], $3::text[]) AS r (id, wait, error)
        WHERE o.id = r.id AND o.sent_at IS NULL RETURNING o.id, o.due_at
        """,
        list(retries),
        [wait for wait, _ in retries.values()],
        [error for _, error in retries.values()],
    )
    return {row["id"]: row["due_at"] for row in rows}


async def give_back(db: Database, ids: Sequence[int]) -> None:
    """Ends the lease of rows that were taken and not tried."""
    await db.execute("UPDATE outbox SET due_at = clock_timestamp() WHERE id = ANY($1) AND sent_at IS NULL", ids)


async def next_due_in(db: Database) -> timedelta | None:
    """How long until the next row comes due (negative: it is), by the database's clock; None when nothing waits."""
    row = await db.fetchrow(
        "SELECT min(due_at) - clock_timestamp() AS wait FROM outbox WHERE sent_at IS NULL AND parked_at IS NULL"
    )
    return row["wait"] if row else None


async def hasten(db: Database, *, lease: timedelta, failed: Mapping[int, datetime]) -> int:
    """Brings the waiting retries forward to now, when a broker is back; returns how many.

    Of the rows that come due within a lease only those in `failed` that are still due at that very time: any other
    may be in another relay's hands.
    """
    return await db.execute(
        """
        UPDATE outbox SET due_at = clock_timestamp()
        WHERE sent_at IS NULL AND parked_at IS NULL AND (due_at > clock_timestamp() + $1
            OR (id, due_at) IN (SELECT * FROM unnest($2::bigint[], $3::timestamptz[])))
        """,
        lease,
        list(failed),
        list(failed.values()),
    )


async def parked(
    db: Executor, organization_id: UUID | None, *, after: int = 0, limit: int | None = None
) -> list[ParkedJob]:
    """Oldest first, those behind the id `after`; `organization_id` None stands for any, `limit` None for all."""
    rows = await db.fetch(
        """
        SELECT id, photo_id, organization_id, attempts, last_error, created_at, parked_at FROM outbox
        WHERE parked_at IS NOT NULL AND ($1::uuid IS NULL OR organization_id = $1) AND id > $2 ORDER BY id LIMIT $3
        """,
        organization_id,
        after,
        limit,
    )
    return [ParkedJob(**dict(row)) for row in rows]


async def retry(db: Executor, ids: Sequence[int] | None, organization_id: UUID | None) -> int:
    """Un-parks these rows (None: all of them) and starts their attempts anew; returns how many."""
    row = await db.fetchrow(
        """
        WITH freed AS (
            UPDATE outbox SET parked_at = NULL, attempts = 0, due_at = clock_timestamp()
            WHERE parked_at IS NOT NULL AND ($1::bigint[] IS NULL OR id = ANY($1))
                AND ($2::uuid IS NULL OR organization_id = $2)
            RETURNING id
        )
        SELECT count(*) AS freed, pg_notify('photodock_outbox', '') FROM freed
        """,
        ids,
        organization_id,
    )
    return int(row["freed"]) if row else 0


@traced("queue job")
async def send_again(db: Connection, photo_id: UUID, *, s3_uri: str, trace: Trace) -> None:
    """Appends a new job for a photo; the caller's transaction holds the photo's row."""
    await db.execute(
        """
        WITH job AS (
            INSERT INTO outbox (photo_id, organization_id, s3_url, detection_types, priority, correlation_id,
                traceparent)
            SELECT id, organization_id, $2, detection_types, priority, $3, $4 FROM photos WHERE id = $1 RETURNING id
        )
        SELECT pg_notify('photodock_outbox', '') FROM job
        """,
        photo_id,
        s3_uri,
        trace.correlation_id,
        outgoing(trace.traceparent),
    )


async def start_anew(db: Connection, photo_id: UUID) -> None:
    """Forgets a photo's detection so far: jobs that wait or are parked, the count of those sent, the last error.

    The caller's transaction holds the photo's row.
    """
    await db.execute("DELETE FROM outbox WHERE photo_id = $1 AND sent_at IS NULL", photo_id)
    await db.execute("UPDATE photos SET jobs_sent = 0, detection_error = NULL WHERE id = $1", photo_id)


async def purge_sent(db: Database, *, older_than: timedelta, limit: int = 1000) -> int:
    return await db.execute(
        """
        DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox WHERE sent_at < statement_timestamp() - $1::interval ORDER BY sent_at LIMIT $2
        )
        """,
        older_than,
        limit,
    )
