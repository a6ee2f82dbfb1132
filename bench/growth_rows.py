"""The photos of `make bench-growth`: as many as are asked for, and what else belongs to them."""

import math
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from photodock.db.migrate import migrate

BYTES_A_ROW = 1_600
"""On disk, with its history, all indexes and what building them needs."""

PLACES = """
INSERT INTO projects (id, organization_id, name)
SELECT md5('project' || n)::uuid, md5('organization' || n % 50)::uuid, 'roofs' FROM generate_series(0, 99) n
"""
PENDING_DAYS = 7
"""A photo waits no longer for its file, as with PHOTODOCK_PENDING_TTL at first."""
PHOTOS = """photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
    status, error_code, width, height, exif_data, detection_types, priority, created_at, uploaded_at, url_expires_at,
    sweep_at)"""
# Ids of version 7, one a second up to `now`. 39 of 40 photos are completed, the others wait for their file or did so in
# vain.
ROWS = """
SELECT id, md5('organization' || p % 50)::uuid, md5('project' || p)::uuid, 'user-' || n % 10000, id, 'north-roof.jpg',
    'image/jpeg', 3482113, md5('project' || p)::uuid || to_char(made, '/YYYY/MM/DD/') || id || '.jpg',
    CASE WHEN kind = 0 THEN 'failed' WHEN kind = 1 THEN 'pending_upload' ELSE 'completed' END,
    CASE WHEN kind = 0 THEN 'upload_expired' END, 4032, 3024,
    '{{"camera_make": "Apple", "camera_model": "iPhone 13", "iso": 100,
      "gps_coordinates": {{"latitude": 52.5163, "longitude": 13.3777}}}}'::jsonb,
    '{{damage,material}}'::text[], 'normal', made, made, made + interval '15 minutes',
    CASE WHEN kind = 1 THEN timestamptz '{now}' + interval '1 day' END
FROM (
    SELECT n, made, n * 7 % 100 AS p,
        CASE WHEN n % 40 > 0 THEN 2 WHEN n % 80 > 0 AND made > timestamptz '{now}' - interval '{pending_days} days'
            THEN 1 ELSE 0 END AS kind,
        (lpad(to_hex(floor(extract(epoch FROM made) * 1000)::bigint), 12, '0')
            || '7' || substr(h, 14, 3) || '8' || substr(h, 18, 15))::uuid AS id
    FROM (
        SELECT n, md5(n::text) AS h, timestamptz '{now}' - ({rows} - n) * interval '1 second' AS made
        FROM generate_series({first}, {last}) n
    ) AS numbered
) AS made
"""
CHUNK = 1_000_000
HISTORY = "photo_status_events (photo_id, organization_id, to_status, at, actor)"
FIRST_EVENTS = "SELECT id, organization_id, 'pending_upload', created_at, user_id FROM photos"
# The primary key stays: ids that grow cost it little.
INDEXES = """
SELECT indrelid::regclass::text AS of_table, indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made_by,
    pg_get_constraintdef(c.oid) AS makes
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = indexrelid AND c.conrelid = indrelid
WHERE NOT indisprimary AND indrelid IN ('photos'::regclass, 'photo_status_events'::regclass)
"""
WARM_SECONDS = 0.3
READ_ALL = "SELECT sum(pg_prewarm(oid, 'read')) FROM pg_class WHERE relkind IN ('r', 'i', 't')"


def require_disk(folder: Path, rows: int) -> None:
    needed = rows * BYTES_A_ROW
    if shutil.disk_usage(folder).free < needed:
        raise SystemExit(f"{folder} lacks space: {needed / 1e9:.0f} GB are needed. TMPDIR names another place.")


async def settled(database_url: str, name: str, rows: int) -> str:
    """A database of that name with so many photos; indexes are built when all are there."""
    url = f"{database_url.rpartition('/')[0]}/growth_{name}"
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"CREATE DATABASE growth_{name}")
    await connection.close()
    await migrate(url)
    connection = await asyncpg.connect(url, command_timeout=None)
    try:
        # No triggers: each row's project would be looked up again.
        await connection.execute("SET session_replication_role = replica; SET maintenance_work_mem = '1GB'")
        indexes = await connection.fetch(INDEXES)
        for index in indexes:
            await connection.execute(dropping(index))
        await connection.execute(PLACES)
        now = datetime.now(UTC).isoformat()
        for first in range(1, rows + 1, CHUNK):
            last = min(first + CHUNK - 1, rows)
            made = ROWS.format(now=now, rows=rows, first=first, last=last, pending_days=PENDING_DAYS)
            await copy(connection, made, PHOTOS)
        await copy(connection, FIRST_EVENTS, HISTORY)
        for index in indexes:
            await connection.execute(making(index))
        for table in ("projects", "photos", "photo_status_events"):
            await connection.execute(f"VACUUM ANALYZE {table}")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return url


async def copy(connection: asyncpg.Connection, rows: str, table: str) -> None:
    """By a file of the server's, which is emptied afterwards."""
    file = f"{await connection.fetchval('SHOW data_directory')}/growth.copy"
    await connection.execute(f"COPY ({rows}) TO '{file}'")
    await connection.execute(f"COPY {table} FROM '{file}'")
    await connection.execute(f"COPY (SELECT WHERE false) TO '{file}'")


def dropping(index: asyncpg.Record) -> str:
    table, name = index["of_table"], index["name"]
    return f"ALTER TABLE {table} DROP CONSTRAINT {name}" if index["makes"] else f"DROP INDEX {name}"


def making(index: asyncpg.Record) -> str:
    table, name = index["of_table"], index["name"]
    return f"ALTER TABLE {table} ADD CONSTRAINT {name} {index['makes']}" if index["makes"] else str(index["made_by"])


class Warmth:
    """Reads all of the databases again and again, so that the system's memory holds them, as it does what is in use.

    Making one leaves much of it on the disk alone, and some systems take from memory what nobody has used for a minute:
    a call that has to wait for the disk tells nothing of how many rows there are.
    """

    def __init__(self, urls: list[str]) -> None:
        self._urls = urls
        self._read_at = -math.inf

    async def kept(self) -> None:
        if time.monotonic() - self._read_at < WARM_SECONDS:
            return
        for url in self._urls:
            connection = await asyncpg.connect(url, command_timeout=None)
            try:
                await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
                await connection.fetchval(READ_ALL)
            finally:
                await connection.close()
        self._read_at = time.monotonic()
