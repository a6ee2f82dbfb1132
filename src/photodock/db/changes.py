"""The feed of changes. Triggers on `photos` write it; here it is read, in an order that never changes afterwards.

A transaction's number is given out when it begins to write, and its rows are seen when it commits: they may come
before others that were read already. So nobody reads further than the oldest transaction that may still be running,
`pg_snapshot_xmin`: up to there all have ended. A position is good as long as its very row is there: rows are trimmed
from the oldest end alone, and a database that has another past (restored, or failed over and short of its last
transactions) has no such row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from photodock.db.pool import Database, Executor, Row
from photodock.db.tenants import Tenant
from photodock.domain.change import Change, Position

CHANNEL = "photodock_changes"
COLUMNS = "c.transaction_id, c.id, c.organization_id, c.project_id, c.photo_id, c.type, c.status, c.at"
"""Named: a column that a next version adds must not change what a prepared statement gives."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Changes in their order. `held_back`: others were committed, and wait for a transaction that is still running."""

    changes: Sequence[Change]
    held_back: bool


NEWEST = """
SELECT transaction_id, id, at FROM photo_changes WHERE transaction_id < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY transaction_id DESC, id DESC LIMIT 1
"""


async def newest(db: Database) -> Position | None:
    """Of what may be read now; None when nothing ever happened."""
    row = await db.fetchrow(NEWEST)
    return Position(row["transaction_id"], row["id"], row["at"]) if row else None


# From the position itself on: whether its row is there is found in the same look at the database.
FROM = f"""
SELECT {COLUMNS}, pg_snapshot_xmin(pg_current_snapshot())
    <= (SELECT transaction_id FROM photo_changes ORDER BY transaction_id DESC LIMIT 1) AS held_back
FROM photo_changes c
WHERE (transaction_id, id) >= ($1, $2) AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY transaction_id, id LIMIT $3
"""  # noqa: S608  (names of our own columns)


async def after(db: Database, position: Position | None, *, limit: int) -> Stretch | None:
    """Any organization's changes behind `position` (None: from the beginning). None: the position is good no more."""
    transaction_id, change_id = position[:2] if position else (0, 0)
    rows = await db.fetch(FROM, transaction_id, change_id, limit + 1)
    if position:
        if not rows or _position(rows[0]) != position:
            return None
        rows, held_back = rows[1:], rows[0]["held_back"]
    else:
        held_back = bool(rows) and rows[0]["held_back"]
    return Stretch([_to_change(row) for row in rows[:limit]], held_back)


async def is_good(db: Database, position: Position) -> bool:
    return await after(db, position, limit=0) is not None


OWN = f"""
SELECT s.settled, {COLUMNS} FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS settled) s LEFT JOIN LATERAL (
    SELECT * FROM photo_changes
    WHERE organization_id = $1 AND (transaction_id, id) > ($2, $3) AND transaction_id < s.settled
        AND ($4::uuid IS NULL OR project_id = $4)
    ORDER BY transaction_id, id LIMIT $5
) c ON true
"""  # noqa: S608  (names of our own columns)


@dataclass(frozen=True, slots=True)
class Missed:
    """`settled`: all of the organization's changes by transactions below are among `changes`, or came before them."""

    changes: Sequence[Change]
    settled: int


async def missed(tenant: Tenant, position: Position, *, project_id: UUID | None, limit: int) -> Missed:
    """The organization's changes behind the position; ask afterwards whether it `is_good`, and not before: what is
    trimmed in between would be missing."""
    rows = await tenant.fetch(OWN, tenant.organization_id, position.transaction_id, position.id, project_id, limit)
    found = [_to_change(row) for row in rows if row["id"] is not None]
    return Missed(found, rows[0]["settled"])


@dataclass(frozen=True, slots=True)
class Opened:
    """`key` encrypts the positions that the organization's clients are given; None where the project is not its own."""

    has_project: bool
    key: bytes | None


async def opened(tenant: Tenant, project_id: UUID | None) -> Opened:
    [row] = await tenant.call("open_feed", project_id)
    return Opened(row["has_project"], row["key"])


# A stretch from the oldest end, and of it all but the last: that one shows how far the feed was trimmed.
TRIM = """
WITH oldest AS MATERIALIZED (
    SELECT transaction_id, id,
        bool_and(at < clock_timestamp() - $1::interval AND transaction_id < pg_snapshot_xmin(pg_current_snapshot()))
            OVER (ORDER BY transaction_id, id) AS is_old
    FROM (SELECT * FROM photo_changes ORDER BY transaction_id, id LIMIT $2) AS stretch
), doomed AS (
    SELECT transaction_id, id FROM photo_changes
    WHERE (transaction_id, id) < (
        SELECT transaction_id, id FROM oldest WHERE is_old ORDER BY transaction_id DESC, id DESC LIMIT 1)
    ORDER BY transaction_id, id FOR UPDATE
)
DELETE FROM photo_changes c USING doomed d WHERE c.transaction_id = d.transaction_id AND c.id = d.id
"""


async def trim(db: Executor, *, older_than: timedelta, limit: int) -> int:
    """Deletes what is older, of the oldest `limit` changes; returns how many."""
    return await db.execute(TRIM, older_than, limit)


async def drop_foreign(db: Executor) -> int:
    """Deletes what came with a dump from another server, whose transactions had greater numbers than this one's.

    They would stand in the future of this feed, and come up once its own transactions have reached their numbers.
    """
    return await db.execute("DELETE FROM photo_changes WHERE transaction_id >= pg_snapshot_xmax(pg_current_snapshot())")


def _position(row: Row) -> Position:
    return Position(row["transaction_id"], row["id"], row["at"])


def _to_change(row: Row) -> Change:
    return Change(
        _position(row), row["organization_id"], row["project_id"], row["photo_id"], row["type"], row["status"]
    )
