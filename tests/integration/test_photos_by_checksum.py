"""What asking for checksums reads, on the real database."""

from uuid import UUID, uuid4

import pytest

from photodock.db import photos
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from support.system import sha256

ORGANIZATION, PROJECT = uuid4(), uuid4()
SAME = sha256(b"same")
MANY = 20_000

PHOTOS = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
    checksum_sha256, status, detection_types, priority, created_at, uploaded_at, url_expires_at)
SELECT id, $1, $2, 'anna', gen_random_uuid(), 'roof.jpg', 'image/jpeg', 1024, id::text,
    CASE WHEN n % 4 = 0 THEN $4 WHEN n % 2 = 0 THEN encode(sha256(n::text::bytea), 'base64') END,
    'completed', '{damage}', 'normal', now(), now(), now()
FROM (SELECT n, gen_random_uuid() AS id FROM generate_series(1, $3::integer) n) AS numbered
"""


@pytest.fixture
async def crowded(db: Database) -> Database:
    """A quarter of the photos are the same one, half of them have no checksum."""
    await db.execute("INSERT INTO projects VALUES ($1, $2, 'North roof')", PROJECT, ORGANIZATION)
    await db.execute(PHOTOS, ORGANIZATION, PROJECT, MANY, SAME)
    await db.execute("ANALYZE photos")
    return db


READ = "SELECT seq_tup_read + idx_tup_fetch AS so_far FROM pg_stat_xact_user_tables WHERE relname = 'photos'"


async def rows_read(db: Database, checksums: list[str]) -> int:
    """Of the table of photos, by one question; the last of so many that PostgreSQL has settled on a plan."""
    counts = []
    for _ in range(8):
        async with Tenants(db).of(ORGANIZATION).transaction() as tx:
            # A connection's counts may hold those of transactions before.
            [before] = await tx.fetch(READ)
            await tx.fetch("SELECT * FROM photos_by_checksum($1, $2, $3)", ORGANIZATION, PROJECT, checksums)
            [after] = await tx.fetch(READ)
        counts.append(after["so_far"] - before["so_far"])
    return int(counts[-1])


async def test_what_is_asked_for_is_read_and_nothing_else(crowded: Database) -> None:
    rows = await crowded.fetch("SELECT checksum_sha256 FROM photos WHERE checksum_sha256 <> $1 LIMIT 100", SAME)
    unique = [row["checksum_sha256"] for row in rows]
    absent = [sha256(f"absent {n}".encode()) for n in range(399)]
    assert await rows_read(crowded, [SAME]) == 1
    assert await rows_read(crowded, [*unique, SAME, *absent]) == 101
    assert await rows_read(crowded, absent) == 0


async def test_a_foreign_project_is_none_and_an_empty_one_has_none(crowded: Database) -> None:
    empty = UUID(int=7)
    await crowded.execute("INSERT INTO projects VALUES ($1, $2, 'South roof')", empty, ORGANIZATION)
    tenants = Tenants(crowded)
    assert await photos.by_checksum(tenants, ORGANIZATION, empty, [SAME]) == []
    assert await photos.by_checksum(tenants, uuid4(), PROJECT, [SAME]) is None
