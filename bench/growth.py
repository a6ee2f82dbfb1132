"""`make bench-growth`: what the calls cost with ten million photos against ten thousand, on one server."""

import asyncio
import os
import random
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from uuid_utils.compat import uuid7

from bench.backends import opened_database
from photodock.db import photos, sweep, uploads
from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.db.upload_groups import UploadGroups
from photodock.domain.jobs import Priority
from photodock.domain.limits import Limit, Limits
from photodock.domain.photo import NewPhoto, Photo, PhotoStatus, object_key
from photodock.domain.schedule import LOOKS

SIZES = {"small": 10_000, "large": 10_000_000}
BYTES_A_ROW = 1_600
"""On disk, with its history, all indexes and what building them needs."""
DUE = 50
"""Photos that a sweep finds due, however many there are."""
LIST_LIMIT = 50
WARM_UP = 200

PLACES = """
INSERT INTO projects (id, organization_id, name)
SELECT md5('project' || n)::uuid, md5('organization' || n % 50)::uuid, 'roofs' FROM generate_series(0, 99) n
"""
# Ids of version 7, one a second up to now. 19 of 20 photos are completed, the others in every state that there is.
ROWS = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
    status, error_code, width, height, exif_data, detection_types, priority, created_at, uploaded_at, url_expires_at,
    sweep_at)
SELECT id, md5('organization' || p % 50)::uuid, md5('project' || p)::uuid, 'user-' || n % 10000, id, 'north-roof.jpg',
    'image/jpeg', 3482113, md5('project' || p)::uuid || to_char(made, '/YYYY/MM/DD/') || id || '.jpg',
    CASE WHEN kind = 0 THEN 'failed' WHEN kind = 1 THEN 'pending_upload' ELSE 'completed' END,
    CASE WHEN kind = 0 THEN 'upload_expired' END, 4032, 3024,
    '{"camera_make": "Apple", "camera_model": "iPhone 13", "iso": 100,
      "gps_coordinates": {"latitude": 52.5163, "longitude": 13.3777}}',
    '{damage,material}', 'normal', made, made, made + interval '15 minutes',
    CASE WHEN kind = 1 THEN now() + interval '1 day' END
FROM (
    SELECT n, n * 7 % 100 AS p, CASE WHEN n % 40 = 0 THEN n / 40 % 2 ELSE 2 END AS kind,
        now() - ($1 - n) * interval '1 second' AS made,
        (lpad(to_hex(floor(extract(epoch FROM now() - ($1 - n) * interval '1 second') * 1000)::bigint), 12, '0')
            || '7' || substr(h, 14, 3) || '8' || substr(h, 18, 15))::uuid AS id
    FROM (SELECT n, md5(n::text) AS h FROM generate_series(1, $1::bigint) n) AS numbered
) AS made
"""
HISTORY = """
INSERT INTO photo_status_events (photo_id, organization_id, to_status, at, actor)
SELECT id, organization_id, 'pending_upload', created_at, user_id FROM photos
"""
# The primary key stays: ids that grow cost it little.
INDEXES = """
SELECT indrelid::regclass::text AS of_table, indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made_by,
    pg_get_constraintdef(c.oid) AS makes
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = indexrelid AND c.conrelid = indrelid
WHERE NOT indisprimary AND indrelid IN ('photos'::regclass, 'photo_status_events'::regclass)
"""
KNOWN = """
SELECT id, organization_id FROM photos
WHERE random() < 5000.0 / (SELECT reltuples FROM pg_class WHERE oid = 'photos'::regclass)
"""


@dataclass
class Gallery:
    """One database, and photos of it to ask for."""

    db: Database
    projects: list[tuple[UUID, UUID]]
    known: list[tuple[UUID, UUID]]
    """Photo and organization."""

    @cached_property
    def tenants(self) -> Tenants:
        return Tenants(self.db)

    @cached_property
    def uploads(self) -> UploadGroups:
        """As the service asks: alone, a request is a group of one."""
        return UploadGroups(self.tenants)

    async def insert(self) -> None:
        organization_id, project_id = random.choice(self.projects)  # noqa: S311 - not for secrets
        photo_id, now = uuid7(), datetime.now(UTC)
        issue = uploads.Issue(
            organization_id=organization_id,
            user_id=f"user-{random.randrange(10_000)}",  # noqa: S311 - as above
            upload_id=uuid4(),
            now=now,
            url_expires_at=now + timedelta(minutes=15),
            sweep_at=now + timedelta(minutes=15) + LOOKS[0],
            limits=Limits({Limit.URLS: 1_000_000}),
        )
        new = NewPhoto(project_id, "roof.jpg", 2048, "image/jpeg", None, ("damage",), Priority.NORMAL, None)
        key = object_key(project_id, photo_id, new.mime_type, now)
        asked = uploads.as_request(issue, new, photo_id=photo_id, s3_key=key, idempotency_key=None, request_hash=None)
        if await self.uploads.request(issue, asked) is None:
            raise SystemExit("Void: a photo was not made.")

    async def get(self) -> None:
        photo_id, organization_id = random.choice(self.known)  # noqa: S311 - as above
        if await photos.seen(self.tenants, photo_id, organization_id) is None:
            raise SystemExit("Void: a photo is not there.")

    async def lists(self) -> None:
        """The ways in which a list is asked for, one after the other; answers as long in every database."""
        organization_id, project_id = random.choice(self.projects)  # noqa: S311 - as above
        newest = await self._page(organization_id, project_id)
        await self._page(organization_id, project_id, before=newest[-1].id)
        await self._page(organization_id, None)
        # Nothing is processed: a list of it must not look through everything.
        await self._page(organization_id, project_id, status=PhotoStatus.PROCESSING)
        await self._page(organization_id, None, status=PhotoStatus.PROCESSING)

    async def _page(
        self,
        organization_id: UUID,
        project_id: UUID | None,
        *,
        status: PhotoStatus | None = None,
        before: UUID | None = None,
    ) -> list[Photo]:
        tenant = self.tenants.of(organization_id)
        return await photos.page(
            tenant, organization_id, project_id=project_id, status=status, ids=None, before=before, limit=LIST_LIMIT
        )

    async def sweep(self) -> None:
        found = await sweep.take_due_photos(self.db, limit=DUE, lease=timedelta(days=1))
        for photo in found:
            await sweep.look_again_at(self.db, photo, datetime.now(UTC) + timedelta(days=1))

    async def make_due(self) -> None:
        """So that each sweep finds the same number."""
        ids = [photo_id for photo_id, _ in random.sample(self.known, DUE)]
        await self.db.execute("UPDATE photos SET sweep_at = now() WHERE id = ANY($1)", ids)


CALLS = ((Gallery.get, 10_000), (Gallery.lists, 1_000), (Gallery.insert, 4_000), (Gallery.sweep, 300))
"""How often each is called: so often that the hundredth part is no accident."""


def measure(folder: Path, *, large: int = SIZES["large"]) -> dict[str, object]:
    sizes = SIZES | {"large": large}
    require_disk(folder, sum(sizes.values()))
    with opened_database(folder, fast=True) as server:
        return asyncio.run(_measure(server.database_url, sizes))


def require_disk(folder: Path, rows: int) -> None:
    needed = rows * BYTES_A_ROW
    if shutil.disk_usage(folder).free < needed:
        raise SystemExit(f"{folder} lacks space: {needed / 1e9:.0f} GB are needed. TMPDIR names another place.")


async def _measure(database_url: str, sizes: dict[str, int]) -> dict[str, object]:
    began = time.monotonic()
    galleries = {}
    for name, rows in sizes.items():
        url = await settled(database_url, name, rows)
        # What was settled is on the disk: else its writing would be measured, for it goes on for minutes.
        os.sync()
        print(f"{name}: {rows:,} photos after {time.monotonic() - began:.0f} s", flush=True)
        galleries[name] = await opened(url)
    found: dict[str, object] = {
        "growth.rows": sizes["large"],
        "growth.settle_seconds": time.monotonic() - began,
        "growth.bytes_a_photo": await size_of(galleries["large"].db) / sizes["large"],
    }
    for call, count in CALLS:
        times = await alternated(galleries, call, count)
        p99 = {name: statistics.quantiles(taken, n=100)[98] * 1000 for name, taken in times.items()}
        p50 = {name: statistics.median(taken) * 1000 for name, taken in times.items()}
        for name in galleries:
            found |= {f"growth.{call.__name__}.{name}.p50_ms": p50[name]}
            found |= {f"growth.{call.__name__}.{name}.p99_ms": p99[name]}
        found[f"growth.{call.__name__}"] = p99["large"] / p99["small"]
    for gallery in galleries.values():
        await gallery.db.close()
    return found


async def alternated(
    galleries: dict[str, Gallery], call: Callable[[Gallery], Awaitable[None]], count: int
) -> dict[str, list[float]]:
    """The time of each call in seconds, one here and one there."""
    times: dict[str, list[float]] = {name: [] for name in galleries}
    for number in range(WARM_UP + count):
        for name, gallery in galleries.items():
            if call is Gallery.sweep:
                await gallery.make_due()
            began = time.perf_counter()
            await call(gallery)
            if number >= WARM_UP or call is Gallery.sweep:
                times[name].append(time.perf_counter() - began)
    return times


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
        await connection.execute(ROWS, rows)
        await connection.execute(HISTORY)
        for index in indexes:
            await connection.execute(making(index))
        for table in ("projects", "photos", "photo_status_events"):
            await connection.execute(f"VACUUM ANALYZE {table}")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return url


async def size_of(db: Database) -> int:
    """In bytes, indexes and all."""
    [row] = await db.fetch("SELECT pg_database_size(current_database()) AS bytes")
    return int(row["bytes"])


def dropping(index: asyncpg.Record) -> str:
    table, name = index["of_table"], index["name"]
    return f"ALTER TABLE {table} DROP CONSTRAINT {name}" if index["makes"] else f"DROP INDEX {name}"


def making(index: asyncpg.Record) -> str:
    table, name = index["of_table"], index["name"]
    return f"ALTER TABLE {table} ADD CONSTRAINT {name} {index['makes']}" if index["makes"] else str(index["made_by"])


async def opened(url: str) -> Gallery:
    db = Database(url)
    places = await db.fetch("SELECT organization_id, id FROM projects")
    known = await db.fetch(KNOWN)
    return Gallery(db, [(*row.values(),) for row in places], [(*row.values(),) for row in known])
