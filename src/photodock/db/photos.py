"""Photos' rows: reading and deleting them. `db.moves` has the changes of status."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from photodock.db.groups import Groups
from photodock.db.pool import Connection, Executor, Row
from photodock.db.tenants import Tenants, Transactions
from photodock.domain.jobs import Priority
from photodock.domain.photo import FailureCode, Photo, PhotoStatus, StatusEvent
from photodock.domain.renditions import Rendition, RenditionName
from photodock.domain.values import JsonObject
from photodock.tracing.spans import traced

COLUMNS = tuple(field.name for field in fields(Photo))
PLAIN_COLUMNS = ", ".join(COLUMNS)
SELECT = f"SELECT {', '.join('p.' + name for name in COLUMNS)} FROM photos p"  # noqa: S608  (names of our own columns)


def to_photo(row: Row) -> Photo:
    values = {name: row[name] for name in COLUMNS}
    values["status"] = PhotoStatus(values["status"])
    values["error_code"] = FailureCode(values["error_code"]) if values["error_code"] else None
    values["priority"] = Priority(values["priority"])
    values["detection_types"] = tuple(values["detection_types"])
    if values["renditions"] is not None:
        values["renditions"] = tuple(_to_rendition(**one) for one in values["renditions"])
    return Photo(**values)


def _to_rendition(*, name: str, width: int, height: int, file_size: int) -> Rendition:
    return Rendition(RenditionName(name), width, height, file_size)


async def get(db: Executor, photo_id: UUID, organization_id: UUID | None, *, lock: bool = False) -> Photo | None:
    """`organization_id` None reads any organization's: for workers and the pipeline."""
    row = await db.fetchrow(
        f"{SELECT} WHERE p.id = $1 AND ($2::uuid IS NULL OR p.organization_id = $2){' FOR UPDATE' if lock else ''}",
        photo_id,
        organization_id,
    )
    return to_photo(row) if row else None


@traced("read photo")
async def seen(db: Tenants, photo_id: UUID, organization_id: UUID | None) -> Photo | None:
    """The photo as an organization sees it, or (None) anyone's, in one round trip."""
    if organization_id is None:
        return await get(db.any, photo_id, None)
    rows = await db.of(organization_id).call("get_photo", photo_id, columns=PLAIN_COLUMNS)
    return to_photo(rows[0]) if rows else None


class Versions:
    """Whether photos are as they were: of all that wait at the same time, in one statement."""

    def __init__(self, db: Tenants) -> None:
        self._db = db
        self._groups = Groups[tuple[UUID, UUID], int | None](self._ask, timeout=db.any.acquire_timeout)

    @traced("photo version")
    async def of(self, photo_id: UUID, organization_id: UUID | None) -> int | None:
        """The version of the photo that `seen` would find."""
        if organization_id is not None:
            return await self._groups.answer((organization_id, photo_id))
        row = await self._db.any.fetchrow("SELECT version FROM photos WHERE id = $1", photo_id)
        return row["version"] if row else None

    async def _ask(self, group: list[tuple[UUID, UUID]]) -> Sequence[int | None]:
        organizations, ids = map(list, zip(*group, strict=True))
        rows = await self._db.call_for_all("photo_versions", organizations, ids)
        found = {(row["organization_id"], row["id"]): row["version"] for row in rows}
        return [found.get(one) for one in group]


@traced("list photos")
async def page(
    db: Executor,
    organization_id: UUID,
    *,
    project_id: UUID | None,
    status: PhotoStatus | None,
    ids: Sequence[UUID] | None,
    before: UUID | None,
    limit: int,
) -> list[Photo]:
    """Newest first, those older than `before`; of `ids` alone where they are given."""
    args: list[object] = [organization_id]
    where = ["p.organization_id = $1"]
    if status:
        # Written out: only of a value that it knows can PostgreSQL tell that the index of unfinished photos has it.
        where.append(f"p.status = '{PhotoStatus(status).value}'")
    for condition, value in (
        ("p.project_id = ", project_id),
        ("p.id = ANY", ids),
        ("p.id < ", before),
    ):
        if value is not None:
            args.append(value)
            where.append(f"{condition}(${len(args)})")
    args.append(limit)
    rows = await db.fetch(f"{SELECT} WHERE {' AND '.join(where)} ORDER BY p.id DESC LIMIT ${len(args)}", *args)
    return [to_photo(row) for row in rows]


@dataclass(frozen=True, slots=True)
class SamePhoto:
    """A photo that has arrived and holds the bytes of this checksum."""

    checksum_sha256: str
    photo_id: UUID
    status: PhotoStatus


async def by_checksum(
    db: Tenants, organization_id: UUID, project_id: UUID, checksums: Sequence[str]
) -> list[SamePhoto] | None:
    """Of each checksum the project's first photo, in their order; None when the organization has no such project."""
    rows = await db.of(organization_id).call("photos_by_checksum", project_id, checksums)
    if not rows:
        return None
    found = (row for row in rows if row["photo_id"])
    return [SamePhoto(row["checksum_sha256"], row["photo_id"], PhotoStatus(row["status"])) for row in found]


ANY_HISTORY = """
SELECT e.from_status, e.to_status, e.at, e.actor, e.reason
FROM photos p JOIN photo_status_events e ON e.photo_id = p.id WHERE p.id = $1 ORDER BY e.id
"""


@traced("read history")
async def history(db: Tenants, photo_id: UUID, organization_id: UUID | None) -> list[StatusEvent]:
    """Oldest first; empty when there is no such photo."""
    if organization_id is None:
        rows = await db.any.fetch(ANY_HISTORY, photo_id)
    else:
        rows = await db.of(organization_id).call("get_history", photo_id)
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
    s3_upload_id: str | None = None
    """Of the multipart upload that was under way, if one was."""


DELETE = """
WITH gone AS (
    DELETE FROM photos WHERE id = ANY($1)
    RETURNING id, organization_id, project_id, s3_key, url_expires_at
), stone AS (
    INSERT INTO tombstones (photo_id, organization_id, project_id, s3_key, url_expires_at)
    SELECT id, organization_id, project_id, s3_key, url_expires_at FROM gone
), doomed AS (
    INSERT INTO object_deletions (photo_id, organization_id, s3_key, url_expires_at, due_at)
    SELECT id, organization_id, s3_key, url_expires_at, clock_timestamp() FROM gone
    ON CONFLICT (photo_id) DO UPDATE SET due_at = excluded.due_at
), formless AS (
    UPDATE multipart_uploads m SET part_checksums = NULL FROM gone WHERE m.photo_id = gone.id
    RETURNING m.photo_id, m.s3_upload_id
), spared AS (
    -- A job that a worker has in hand stays: whoever ends it finds the photo gone, and deletes what it has written.
    DELETE FROM rendition_jobs WHERE photo_id IN (SELECT id FROM gone) AND due_at <= clock_timestamp()
), nameless AS (
    UPDATE photo_status_events SET actor = NULL, reason = NULL WHERE id IN (
        -- In the order in which an erasure walks the history, so that neither waits for the other in a circle.
        SELECT e.id FROM photo_status_events e WHERE e.photo_id IN (SELECT id FROM gone) ORDER BY e.id FOR UPDATE
    )
)
SELECT g.id, g.s3_key, g.url_expires_at, f.s3_upload_id FROM gone g LEFT JOIN formless f ON f.photo_id = g.id
"""


@traced("delete photo")
async def delete(db: Transactions, photo_id: UUID, organization_id: UUID) -> Deletion | None:
    """Turns the photo into a tombstone and notes its object for deletion.

    Its job leaves the outbox with it, and its renditions' job. None when there is no such photo.
    """
    async with db.transaction() as tx:
        # Locked by a statement of its own: the next one's snapshot then holds the history of a move that was faster.
        if await get(tx, photo_id, organization_id, lock=True) is None:
            return None
        [deletion] = await delete_locked(tx, [photo_id])
    return deletion


async def delete_locked(tx: Connection, ids: Sequence[UUID]) -> list[Deletion]:
    """The same for photos whose rows the caller's transaction holds."""
    rows = await tx.fetch(DELETE, ids)
    return [Deletion(row["id"], row["s3_key"], row["url_expires_at"], row["s3_upload_id"]) for row in rows]
