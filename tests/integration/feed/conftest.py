"""Photos' rows that change by plain statements, in as many transactions at once as a test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from photodock.db import changes
from photodock.db.listener import Listener, NoListener
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.domain.change import Change, Position
from photodock.domain.identity import Principal, Scope
from photodock.services.feed import Feed
from photodock.services.places import PlaceLimits
from photodock.services.streams import Stream, Streams

PHOTO = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
    detection_types, priority, created_at, url_expires_at)
VALUES ($1::uuid, $2, $3, 'anna', gen_random_uuid(), 'a.jpg', 'image/jpeg', 2048, $1::uuid || '.jpg', '{damage}',
    'normal', now(), now())
"""
TOGGLE = "UPDATE photos SET status = CASE status WHEN 'uploaded' THEN 'processing' ELSE 'uploaded' END WHERE id = $1"


@dataclass(frozen=True)
class Site:
    """An organization with a project."""

    db: Database
    organization_id: UUID
    project_id: UUID

    async def photo(self) -> UUID:
        photo_id: UUID = uuid7()
        await self.db.execute(PHOTO, photo_id, self.organization_id, self.project_id)
        return photo_id

    async def change(self, photo_id: UUID | None = None) -> UUID:
        """One change, of a photo of its own if none is named."""
        photo_id = photo_id or await self.photo()
        assert await self.db.execute(TOGGLE, photo_id) == 1
        return photo_id

    def who(self, user: str = "anna") -> Principal:
        return Principal(user, self.organization_id, frozenset({Scope.READ}))


MakeSite = Callable[[], Awaitable[Site]]


@pytest.fixture(autouse=True)
async def no_change(db: Database) -> None:
    """Of the feed that migrations leave, not even its first row: the tests here count, and look at the oldest."""
    await db.execute("DELETE FROM photo_changes")


@pytest.fixture
def make_site(db: Database) -> MakeSite:
    async def make() -> Site:
        site = Site(db, uuid4(), uuid4())
        await db.execute("INSERT INTO projects VALUES ($1, $2, 'roofs')", site.project_id, site.organization_id)
        return site

    return make


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    return await make_site()


@pytest.fixture
async def sessions(database_url: str) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """Connections of their own, for transactions that stay open."""
    opened: list[Any] = []

    async def open_one() -> Any:
        opened.append(await asyncpg.connect(database_url))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.terminate()


async def read_on(db: Database, position: Position | None) -> list[Change]:
    """All that may be read now."""
    stretch = await changes.after(db, position, limit=1000)
    assert stretch is not None
    return list(stretch.changes)


LIMITS = PlaceLimits(process=100, organization=100, user=100)


@asynccontextmanager
async def feeding(
    db: Database, listener: Listener | NoListener, *, limits: PlaceLimits = LIMITS, poll_seconds: float = 5.0
) -> AsyncIterator[Streams]:
    async with Feed(db, listener, poll_seconds=poll_seconds).running() as feed:
        yield Streams(Tenants(db), feed, limits)


@pytest.fixture
async def streams(db: Database, database_url: str) -> AsyncIterator[Streams]:
    async with feeding(db, Listener(database_url, changes.CHANNEL, reconnect_delays=(0.05,))) as found:
        yield found


async def told(stream: Stream, count: int, *, seconds: float = 60) -> list[UUID | None]:
    """The photos of the next `count` events; None stands for a reset."""
    events = list(stream.first)
    stream.first = ()
    async with asyncio.timeout(seconds):
        while len(events) < count and not stream.ended:
            events += await stream.events(1)
    return [event.change.photo_id if event.change else None for event in events]


async def trimmed(db: Database, older_than: timedelta = timedelta(0), limit: int = 1000) -> int:
    return await changes.trim(db, older_than=older_than, limit=limit)
