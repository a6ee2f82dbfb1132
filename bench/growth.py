"""`make bench-growth`: what the calls cost with ten million photos against ten thousand, on one server."""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from uuid import UUID, uuid4

import structlog
from uuid_utils.compat import uuid7

from bench.backends import opened_database
from bench.growth_rows import PENDING_DAYS, Warmth, require_disk, settled
from photodock.db import photos, uploads
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.db.upload_groups import UploadGroups
from photodock.domain.errors import UploadNotFound
from photodock.domain.jobs import Priority
from photodock.domain.limits import Limit, Limits
from photodock.domain.photo import NewPhoto, Photo, PhotoStatus, object_key
from photodock.domain.schedule import LOOKS
from photodock.workers.photo_sweep import Outcome
from photodock.workers.sweeper import Sweeper

SIZES = {"small": 10_000, "large": 10_000_000}
DUE = 40
"""Photos that a sweep finds due, however many there are; fewer than it asks for, so that it must find their end."""
LIST_LIMIT = 50
WARM_UP = 200

KNOWN = """
SELECT id, organization_id FROM photos
WHERE random() < 5000.0 / (SELECT reltuples FROM pg_class WHERE oid = 'photos'::regclass)
"""

AWAITED = "SELECT id FROM photos WHERE sweep_at IS NOT NULL"
DUE_NOW = "UPDATE photos SET sweep_at = now(), url_expires_at = now() - $2::interval WHERE id = ANY($1)"


class NothingThere:
    """In the place of a store that answers at once."""

    async def confirm_photo(self, photo: Photo, *_: object, **__: object) -> Photo:
        raise UploadNotFound(f"No object of {photo.id}.")

    async def delete(self, key: str) -> None:
        raise SystemExit(f"Void: {key} was to be deleted.")


@dataclass
class Gallery:
    """One database, and photos of it to ask for."""

    db: Database
    projects: list[tuple[UUID, UUID]]
    known: list[tuple[UUID, UUID]]
    """Photo and organization."""
    awaited: list[UUID]

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

    @cached_property
    def sweeper(self) -> Sweeper:
        store, ttl = NothingThere(), timedelta(days=PENDING_DAYS)
        return Sweeper(
            self.db, store, store.delete, s3_uri=str, pending_ttl=ttl, detection_timeout=timedelta(minutes=15)
        )

    async def sweep(self) -> None:
        """A whole round of the sweeper: looks, eight at a time, and what it purges."""
        found = await self.sweeper.run_once()
        if found != {Outcome.NOT_YET: DUE}:
            raise SystemExit(f"Void: a sweep of {DUE} photos found {dict(found)}.")

    async def make_due(self) -> None:
        """So that each sweep finds the same number: of those whose file has not come, some have waited long enough."""
        await self.db.execute(DUE_NOW, random.sample(self.awaited, DUE), LOOKS[0])


CALLS = ((Gallery.get, 10_000), (Gallery.lists, 1_000), (Gallery.insert, 4_000), (Gallery.sweep, 500))
"""How often each is called: so often that the hundredth part is no accident."""


def measure(folder: Path, *, large: int = SIZES["large"]) -> dict[str, object]:
    sizes = SIZES | {"large": large}
    require_disk(folder, sum(sizes.values()))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    with opened_database(folder, fast=True) as server:
        return asyncio.run(_measure(server.database_url, sizes))


async def _measure(database_url: str, sizes: dict[str, int]) -> dict[str, object]:
    began = time.monotonic()
    urls = {}
    for name, rows in sizes.items():
        urls[name] = await settled(database_url, name, rows)
        # What was settled is on the disk: else its writing would be measured, for it goes on for minutes.
        os.sync()
        print(f"{name}: {rows:,} photos after {time.monotonic() - began:.0f} s", flush=True)
    galleries = {name: await opened(url) for name, url in urls.items()}
    found: dict[str, object] = {
        "growth.rows": sizes["large"],
        "growth.settle_seconds": time.monotonic() - began,
        "growth.bytes_a_photo": await size_of(galleries["large"].db) / sizes["large"],
    }
    for call, count in CALLS:
        times = await alternated(galleries, call, count, Warmth(list(urls.values())))
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
    galleries: dict[str, Gallery], call: Callable[[Gallery], Awaitable[None]], count: int, warmth: Warmth
) -> dict[str, list[float]]:
    """The time of each call in seconds, one here and one there."""
    times: dict[str, list[float]] = {name: [] for name in galleries}
    for number in range(WARM_UP + count):
        await warmth.kept()
        for name, gallery in galleries.items():
            if call is Gallery.sweep:
                await gallery.make_due()
            began = time.perf_counter()
            await call(gallery)
            if number >= WARM_UP or call is Gallery.sweep:
                times[name].append(time.perf_counter() - began)
    return times


async def size_of(db: Database) -> int:
    """In bytes, indexes and all."""
    [row] = await db.fetch("SELECT pg_database_size(current_database()) AS bytes")
    return int(row["bytes"])


async def opened(url: str) -> Gallery:
    db = Database(url)
    places = await db.fetch("SELECT organization_id, id FROM projects")
    known = await db.fetch(KNOWN)
    awaited = [row["id"] for row in await db.fetch(AWAITED)]
    return Gallery(db, [(*row.values(),) for row in places], [(*row.values(),) for row in known], awaited)
