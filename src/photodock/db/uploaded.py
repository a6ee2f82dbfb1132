"""The move to `uploaded`, with what was read and the jobs that follow: of one photo, or many in one statement."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from photodock.db.groups import Groups
from photodock.db.moves import Move, move_sql, moved
from photodock.db.photos import PLAIN_COLUMNS
from photodock.db.pool import Executor, Row
from photodock.db.tenants import Tenants
from photodock.domain.errors import DatabaseUnavailable
from photodock.domain.identity import Trace
from photodock.domain.photo import Photo
from photodock.domain.values import JsonObject
from photodock.tracing.spans import outgoing, traced

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
        by_id = {row["id"]: row for row in rows}
        return [by_id.pop(photo_id, None) if other == change else None for photo_id, other, _ in group]


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
    return moved(row or await db.fetchrow(UPLOADED_MOVE, *change.arguments(photo_id), *facts))
