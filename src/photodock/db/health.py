"""The database's own word on its state, and on that of what waits in it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from photodock.db import photos
from photodock.db.pool import Database, SchemaBehind
from photodock.db.tenants import Tenants

NEWEST_REVISION = "0019"
"""The migration that this version's code was written for. Alembic knows it too, at the price of a second's start."""


async def current_revision(db: Database) -> str | None:
    """The migration the database stands at; None before the first."""
    try:
        row = await db.fetchrow("SELECT version_num FROM alembic_version")
    except SchemaBehind:
        return None
    return str(row["version_num"]) if row else None


async def organizations_may_read(db: Database) -> bool:
    """Whether the role of organizations' calls is there, may be taken on, and has its rights."""
    nobody = UUID(int=0)
    try:
        await photos.seen(Tenants(db), nobody, nobody)
    except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError):
        return False
    return True


MOST_COUNTED = 10_000
"""Of an outage's jobs; more of them need no exact number."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How many jobs wait in the outbox, and how many were given up, up to `MOST_COUNTED` each."""

    waiting: int
    parked: int


async def depth(db: Database) -> Depth:
    row = await db.fetchrow(
        """
        SELECT
            (SELECT count(*) FROM (
                SELECT FROM outbox WHERE sent_at IS NULL AND parked_at IS NULL LIMIT $1) AS those) AS waiting,
            (SELECT count(*) FROM (SELECT FROM outbox WHERE parked_at IS NOT NULL LIMIT $1) AS those) AS parked
        """,
        MOST_COUNTED,
    )
    return Depth(row["waiting"], row["parked"]) if row else Depth(0, 0)


@dataclass(frozen=True, slots=True)
class Backlog:
    """`oldest_age`: how long the oldest unsent job has waited, None when none does. `parked`: some job was given up."""

    oldest_age: timedelta | None
    parked: bool


async def backlog(db: Database) -> Backlog:
    """Of the jobs that come due first, a hundred are looked at, so that an outage's thousands cost no more.

    Jobs that no relay has tried yet come due when they were made: the oldest of them are among these.
    """
    row = await db.fetchrow(
        """
        SELECT clock_timestamp() - min(created_at) AS oldest_age,
            EXISTS (SELECT FROM outbox WHERE parked_at IS NOT NULL) AS parked
        FROM (
            SELECT created_at FROM outbox WHERE sent_at IS NULL AND parked_at IS NULL ORDER BY due_at LIMIT 100
        ) AS first
        """
    )
    return Backlog(row["oldest_age"], row["parked"]) if row else Backlog(None, parked=False)
