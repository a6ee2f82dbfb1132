"""Uploads in parts that are under way: which of S3's belongs to which photo."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from photodock.db.pool import Executor, Row
from photodock.db.tenants import Transactions
from photodock.tracing.spans import traced


@dataclass(frozen=True, slots=True)
class MultipartUpload:
    """`part_size` in bytes. `part_checksums` by number, as they were last signed; None where parts have none."""

    photo_id: UUID
    organization_id: UUID
    s3_key: str
    s3_upload_id: str
    part_size: int
    part_checksums: Mapping[int, str] | None


def _to_upload(row: Row) -> MultipartUpload:
    checksums = row["part_checksums"]
    return MultipartUpload(
        photo_id=row["photo_id"],
        organization_id=row["organization_id"],
        s3_key=row["s3_key"],
        s3_upload_id=row["s3_upload_id"],
        part_size=row["part_size"],
        part_checksums=None if checksums is None else {int(number): text for number, text in checksums.items()},
    )


@traced("read multipart upload")
async def get(db: Executor, photo_id: UUID, organization_id: UUID) -> MultipartUpload | None:
    row = await db.fetchrow(
        "SELECT * FROM multipart_uploads WHERE photo_id = $1 AND organization_id = $2", photo_id, organization_id
    )
    return _to_upload(row) if row else None


@traced("add multipart upload")
async def add(
    db: Executor, photo_id: UUID, organization_id: UUID, s3_upload_id: str, *, part_size: int, part_checksums: bool
) -> MultipartUpload | None:
    """None when the photo has one already, or is not awaited any more."""
    row = await db.fetchrow(
        """
        INSERT INTO multipart_uploads (photo_id, organization_id, s3_key, s3_upload_id, part_size, part_checksums)
        SELECT p.id, p.organization_id, p.s3_key, $3, $4, $5 FROM photos p
        -- Locked, so that whoever deletes the photo finds the row, or this finds no photo.
        WHERE p.id = $1 AND p.organization_id = $2 AND p.status = 'pending_upload' FOR SHARE
        ON CONFLICT (photo_id) DO NOTHING RETURNING *
        """,
        photo_id,
        organization_id,
        s3_upload_id,
        part_size,
        {} if part_checksums else None,
    )
    return _to_upload(row) if row else None


@traced("note part urls")
async def note_urls(
    db: Transactions,
    upload: MultipartUpload,
    *,
    url_expires_at: datetime,
    sweep_at: datetime,
    checksums: Mapping[int, str],
) -> bool:
    """That parts' URLs are issued, and for which checksums. False when the photo is not awaited any more."""
    async with db.transaction() as tx:
        noted = await tx.execute(
            """
            UPDATE photos SET url_expires_at = greatest(url_expires_at, $3), sweep_at = $4, version = version + 1
            WHERE id = $1 AND organization_id = $2 AND status = 'pending_upload'
            """,
            upload.photo_id,
            upload.organization_id,
            url_expires_at,
            sweep_at,
        )
        if noted and checksums:
            await tx.execute(
                """
                UPDATE multipart_uploads SET part_checksums = part_checksums || $3
                WHERE photo_id = $1 AND s3_upload_id = $2
                """,
                upload.photo_id,
                upload.s3_upload_id,
                {str(number): text for number, text in checksums.items()},
            )
    return bool(noted)


@traced("forget multipart upload")
async def forget(db: Executor, upload: MultipartUpload) -> None:
    """Once it is over. Another one of the same photo, begun meanwhile, stays."""
    await db.execute(
        "DELETE FROM multipart_uploads WHERE photo_id = $1 AND organization_id = $2 AND s3_upload_id = $3",
        upload.photo_id,
        upload.organization_id,
        upload.s3_upload_id,
    )


async def unwanted(db: Executor, *, limit: int) -> list[MultipartUpload]:
    """Of photos that are not awaited any more: they have arrived, were given up or deleted. Oldest first."""
    rows = await db.fetch(
        """
        SELECT * FROM multipart_uploads m
        WHERE (SELECT p.status FROM photos p WHERE p.id = m.photo_id) IS DISTINCT FROM 'pending_upload'
        ORDER BY m.begun_at LIMIT $1
        """,
        limit,
    )
    return [_to_upload(row) for row in rows]


async def known(db: Executor, s3_upload_ids: Collection[str]) -> set[str]:
    """Those of them that belong to a photo."""
    rows = await db.fetch(
        "SELECT s3_upload_id FROM multipart_uploads WHERE s3_upload_id = ANY($1)", list(s3_upload_ids)
    )
    return {row["s3_upload_id"] for row in rows}
