"""Whose an object is: the way back from its key to a photo, a tombstone, or nobody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from photodock.db.photos import SELECT, Deletion, to_photo
from photodock.db.pool import Executor
from photodock.domain.object_key import parse_object_key
from photodock.domain.photo import FailureCode, Photo, PhotoStatus, State


async def photos_of(db: Executor, keys: Sequence[str]) -> dict[str, Photo]:
    """By key; one that is no photo's is left out: ask `holders` for it. The keys may hold no U+0000."""
    rows = await db.fetch(f"{SELECT} WHERE p.id = ANY($1) AND p.s3_key = ANY($2)", _photo_ids(keys), keys)
    return {photo.s3_key: photo for photo in map(to_photo, rows)}


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The photo of a key; `state` is None where only its tombstone is left."""

    photo_id: UUID
    organization_id: UUID
    s3_key: str
    url_expires_at: datetime
    state: State | None


async def holders(db: Executor, keys: Sequence[str]) -> dict[str, KeyHolder]:
    """By key; a key that is nobody's is left out. The keys may hold no U+0000."""
    rows = await db.fetch(
        """
        SELECT s3_key, id AS photo_id, organization_id, url_expires_at, status, error_code
        FROM photos WHERE id = ANY($1) AND s3_key = ANY($2)
        UNION ALL
        SELECT s3_key, photo_id, organization_id, url_expires_at, NULL, NULL
        FROM tombstones WHERE photo_id = ANY($1) AND s3_key = ANY($2)
        """,
        _photo_ids(keys),
        keys,
    )
    return {
        row["s3_key"]: KeyHolder(
            photo_id=row["photo_id"],
            organization_id=row["organization_id"],
            s3_key=row["s3_key"],
            url_expires_at=row["url_expires_at"],
            state=_state(row["status"], row["error_code"]),
        )
        for row in rows
    }


def _photo_ids(keys: Sequence[str]) -> list[UUID]:
    """The rows are found by these: keys have no index of their own."""
    return [key.photo_id for key in map(parse_object_key, keys) if key]


def _state(status: str | None, error_code: str | None) -> State | None:
    if status is None:
        return None
    return State(PhotoStatus(status), FailureCode(error_code) if error_code else None)


async def note_deletion(db: Executor, holder: KeyHolder) -> Deletion:
    """Notes the object for deletion now, so that it is deleted whatever happens to this process or to the store."""
    row = await db.fetchrow(
        """
        INSERT INTO object_deletions AS d (photo_id, organization_id, s3_key, url_expires_at, due_at)
        VALUES ($1, $2, $3, $4, clock_timestamp())
        ON CONFLICT (photo_id) DO UPDATE
            SET due_at = excluded.due_at, url_expires_at = greatest(d.url_expires_at, excluded.url_expires_at)
        RETURNING url_expires_at
        """,
        holder.photo_id,
        holder.organization_id,
        holder.s3_key,
        holder.url_expires_at,
    )
    return Deletion(holder.photo_id, holder.s3_key, row["url_expires_at"] if row else holder.url_expires_at)


async def known_projects(db: Executor, ids: Collection[UUID]) -> set[UUID]:
    """Those of them that exist, in whatever organization."""
    rows = await db.fetch("SELECT id FROM projects WHERE id = ANY($1)", list(ids))
    return {row["id"] for row in rows}


@dataclass(frozen=True, slots=True)
class Adoption:
    """A photo's row made from its object. `file_size` in bytes; `sweep_at`: when the sweeper takes it over."""

    photo_id: UUID
    project_id: UUID
    upload_id: UUID
    actor: str
    file_name: str
    file_size: int
    mime_type: str
    s3_key: str
    detection_types: tuple[str, ...]
    created_at: datetime
    sweep_at: datetime


async def adopt(db: Executor, new: Adoption) -> bool:
    """Makes the row, `pending_upload`. False when its project is unknown, or the key is a photo's or a tombstone's."""
    row = await db.fetchrow(
        """
        WITH made AS (
            INSERT INTO photos (id, organization_id, project_id, upload_id, user_id, file_name, file_size, mime_type,
                s3_key, detection_types, priority, created_at, sweep_at, url_expires_at)
            SELECT $1, o.organization_id, o.id, $3, $4, $5, $6, $7, $8, $9, 'normal', $10, $11, clock_timestamp()
            FROM projects o WHERE o.id = $2 AND NOT EXISTS (SELECT FROM tombstones t WHERE t.photo_id = $1)
            ON CONFLICT DO NOTHING
            RETURNING id, organization_id
        ), event AS (
            INSERT INTO photo_status_events (photo_id, organization_id, to_status, actor, reason)
            SELECT id, organization_id, 'pending_upload', $4, 'row made again from the object' FROM made
        )
        SELECT id FROM made
        """,
        new.photo_id,
        new.project_id,
        new.upload_id,
        new.actor,
        new.file_name,
        new.file_size,
        new.mime_type,
        new.s3_key,
        new.detection_types,
        new.created_at,
        new.sweep_at,
    )
    return row is not None
