"""A sweep reads what is due, and nothing of what is finished or has its time still to come, however much that is."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from photodock.db import multipart, outbox, renditions, sweep, webhook_deliveries
from photodock.db.pool import Database
from support.plans import nodes

FINISHED = 20_000
AWAITED = 5_000
LIMIT = 50
FEWER, MORE = LIMIT // 2, LIMIT * 40
"""So many are due. Where that is less than the limit, nothing ends the search but the time of the others."""
MOST = 2 * LIMIT
"""So many are read for it."""
HANDS = 4
"""Renditions that one worker makes at a time."""
LEASE = timedelta(minutes=5)

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

AWAITED_PHOTOS = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
    detection_types, priority, created_at, url_expires_at, sweep_at)
SELECT id, $1, $2, 'anna', gen_random_uuid(), 'roof.jpg', 'image/jpeg', 1024, 'awaited/' || id,
    '{damage}', 'normal', now(), now(), now() + CASE WHEN n > $3 THEN interval '1 day' ELSE '0' END
FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, $3::integer + $4) n) AS numbered
"""
WAITING_JOBS = """
INSERT INTO outbox (photo_id, organization_id, s3_url, detection_types, priority, correlation_id, due_at)
SELECT id, organization_id, 's3://bucket/key', '{damage}', 'normal', 'c', sweep_at FROM photos
WHERE s3_key LIKE 'awaited/%'
"""
DUE_DELETIONS = """
UPDATE object_deletions SET due_at = now()
WHERE photo_id IN (SELECT photo_id FROM object_deletions ORDER BY s3_key LIMIT $1)
"""
OLD_JOBS = """
UPDATE outbox SET sent_at = now() - interval '8 days'
WHERE id IN (SELECT id FROM outbox WHERE sent_at IS NOT NULL ORDER BY id LIMIT $1)
"""
WEBHOOK = """
INSERT INTO webhooks (organization_id, url, enabled, sealed_secret) VALUES ($1, 'https://example.com/', true, 'sealed')
"""
DELIVERIES = """
INSERT INTO webhook_deliveries (organization_id, webhook_id, type, due_at)
SELECT w.organization_id, w.id, 'photo.completed', now() + CASE WHEN n > $1 THEN interval '1 day' ELSE '0' END
FROM webhooks w, generate_series(1, $1::integer + $2) n
"""
RENDITION_JOBS = """
INSERT INTO rendition_jobs (photo_id, organization_id, s3_key, due_at)
SELECT id, organization_id, s3_key, sweep_at FROM photos WHERE s3_key LIKE 'awaited/%'
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

    async def execute(self, sql: str, *args: object) -> int:
        self.sql, self.args = sql, args
        return 0


@pytest.fixture(params=[FEWER, MORE])
async def crowded(db: Database, gallery: Any, request: pytest.FixtureRequest) -> Database:
    """Many rows that are finished or have their time still to come, and some that are due."""
    due: int = request.param
    project = gallery.project
    await db.execute(FINISHED_PHOTOS, project.organization_id, project.id, FINISHED)
    await db.execute(SENT_JOBS)
    await db.execute(AWAITED_PHOTOS, project.organization_id, project.id, due, AWAITED)
    await db.execute(WAITING_JOBS)
    await db.execute(NOTED_DELETIONS, project.organization_id, FINISHED)
    await db.execute(UPLOADS_IN_PARTS)
    await db.execute(DUE_DELETIONS, due)
    await db.execute(OLD_JOBS, due)
    await db.execute(WEBHOOK, project.organization_id)
    await db.execute(DELIVERIES, due, FINISHED)
    await db.execute(RENDITION_JOBS)
    for table in ("photos", "outbox", "object_deletions", "multipart_uploads", "webhook_deliveries", "rendition_jobs"):
        await db.execute(f"ANALYZE {table}")
    return db


def deliveries(db: Any) -> Awaitable[Any]:
    return webhook_deliveries.take(db, in_hand=[], per_webhook=LIMIT, limit=LIMIT, lease=LEASE)


@pytest.mark.parametrize(
    ("take", "table", "most"),
    [
        (lambda db: sweep.take_due_photos(db, limit=LIMIT, lease=LEASE), "photos", MOST),
        (lambda db: sweep.take_due_deletions(db, limit=LIMIT, lease=LEASE), "object_deletions", MOST),
        (lambda db: multipart.unwanted(db, limit=LIMIT), "photos", MOST),
        (lambda db: outbox.take(db, limit=LIMIT, lease=LEASE), "outbox", MOST),
        (lambda db: outbox.purge_sent(db, older_than=timedelta(days=7), limit=LIMIT), "outbox", MOST),
        (deliveries, "webhook_deliveries", MOST),
        (lambda db: renditions.take(db, limit=HANDS, lease=LEASE), "rendition_jobs", renditions.CHOSEN_AMONG),
    ],
    ids=["photos", "deletions", "uploads in parts", "jobs", "old jobs", "webhooks", "renditions"],
)
async def test_taking_what_is_due_reads_only_what_is_due(
    crowded: Database, take: Callable[[Any], Awaitable[Any]], table: str, most: int
) -> None:
    overheard = Overheard()
    await take(overheard)
    rows = await crowded.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {overheard.sql}", *overheard.args)
    plan = rows[0][0]
    scans = [node for node in nodes(json.loads(plan)[0]["Plan"]) if node.get("Relation Name") == table]
    assert {node["Node Type"] for node in scans} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "ModifyTable"}
    read = [node["Actual Rows"] * node["Actual Loops"] for node in scans]
    assert 0 < max(read) <= most
    assert all(node.get("Rows Removed by Filter", 0) <= most for node in scans)


async def test_leases_are_read_once_however_few_there_were(db: Database, gallery: Any) -> None:
    """A connection's plan stays: here of a time when there was one lease."""
    project = gallery.project
    await db.execute(AWAITED_PHOTOS, project.organization_id, project.id, MORE, 0)
    await sweep.take_due_photos(db, limit=1, lease=LEASE)
    await db.execute("VACUUM ANALYZE sweep_leases")
    overheard = Overheard()
    await sweep.take_due_photos(cast(Any, overheard), limit=LIMIT, lease=LEASE)
    [*_, plan] = await db.fetch(f"EXPLAIN (FORMAT JSON) {overheard.sql}", *overheard.args)
    looks = [node for node in nodes(json.loads(plan[0])[0]["Plan"]) if node.get("Relation Name") == "sweep_leases"]
    assert any("hashed SubPlan" in node.get("Filter", "") for node in nodes(json.loads(plan[0])[0]["Plan"]))
    assert len([node for node in looks if node["Node Type"] != "ModifyTable"]) == 1
