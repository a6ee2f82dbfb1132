"""A sweep reads what is due and nothing of what is finished, however much that is."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from photodock.db import multipart, outbox, sweep
from photodock.db.pool import Database
from support.plans import nodes

FINISHED = 20_000
DUE = 100

FINISHED_PHOTOS = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
    status, detection_types, priority, created_at, url_expires_at)
SELECT id, $1, $2, 'anna', gen_random_uuid(), 'roof.jpg', 'image/jpeg', 1024, 'done/' || id,
    'completed', '{damage}', 'normal', now(), now()
FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $3::integer)) AS numbered
"""
SENT_JOBS = """
INSERT INTO outbox (photo_id, organization_id, s3_url, detection_types, priority, correlation_id, sent_at)
SELECT id, organization_id, 's3://bucket/key', '{damage}', 'normal', 'c', now() FROM photos WHERE status = 'completed'
"""
NOTED_DELETIONS = """
INSERT INTO object_deletions (photo_id, organization_id, s3_key, url_expires_at, due_at)
SELECT gen_random_uuid(), $1, 'gone/' || n, now(), now() + interval '1 day' FROM generate_series(1, $2::integer) n
"""

# Of photos that wait for their file, and of finished ones whose parts are left over.
UPLOADS_IN_PARTS = """
INSERT INTO multipart_uploads (photo_id, organization_id, s3_key, s3_upload_id, part_size)
(SELECT id, organization_id, s3_key, id::text, 5242880 FROM photos WHERE status = 'pending_upload' LIMIT 40)
UNION ALL (SELECT id, organization_id, s3_key, id::text, 5242880 FROM photos WHERE status = 'completed' LIMIT 40)
"""


class Overheard:
    """In the place of the database: keeps the statement that it is asked for."""

    sql: str
    args: tuple[object, ...]

    async def fetch(self, sql: str, *args: object) -> list[Any]:
        self.sql, self.args = sql, args
        return []


@pytest.fixture
async def crowded(db: Database, gallery: Any) -> Database:
    """Many finished rows, and a few that are due."""
    project = gallery.project
    await db.execute(FINISHED_PHOTOS, project.organization_id, project.id, FINISHED)
    await db.execute(SENT_JOBS)
    await db.execute(NOTED_DELETIONS, project.organization_id, FINISHED)
    for _ in range(DUE // 2):
        await gallery.pending()
        await gallery.uploaded()
    await db.execute(UPLOADS_IN_PARTS)
    await db.execute("UPDATE object_deletions SET due_at = now() WHERE s3_key LIKE 'gone/1__'")
    for table in ("photos", "outbox", "object_deletions", "multipart_uploads"):
        await db.execute(f"ANALYZE {table}")
    return db


@pytest.mark.parametrize(
    ("take", "table"),
    [
        (lambda db: sweep.take_due_photos(db, limit=50, lease=timedelta(minutes=5)), "photos"),
        (lambda db: sweep.take_due_deletions(db, limit=50, lease=timedelta(minutes=5)), "object_deletions"),
        (lambda db: multipart.unwanted(db, limit=50), "photos"),
        (lambda db: outbox.take(db, limit=50, lease=timedelta(minutes=1)), "outbox"),
    ],
    ids=["photos", "deletions", "uploads in parts", "jobs"],
)
async def test_taking_what_is_due_reads_only_what_is_due(
    crowded: Database, take: Callable[[Any], Awaitable[Any]], table: str
) -> None:
    overheard = Overheard()
    await take(overheard)
    rows = await crowded.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {overheard.sql}", *overheard.args)
    plan = rows[0][0]
    scans = [node for node in nodes(json.loads(plan)[0]["Plan"]) if node.get("Relation Name") == table]
    assert {node["Node Type"] for node in scans} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "ModifyTable"}
    read = [node["Actual Rows"] * node["Actual Loops"] for node in scans]
    assert 0 < max(read) <= DUE
    assert all(node.get("Rows Removed by Filter", 0) <= DUE for node in scans)
