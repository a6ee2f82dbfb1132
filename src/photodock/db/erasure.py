"""Where a user's photos and name stand, and taking them out: each function is one short transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from photodock.db import photos
from photodock.db.photos import Deletion
from photodock.db.pool import Database
from photodock.domain.errors import PhotodockError


class SeesTooLittle(PhotodockError):
    """Row-level security hides rows from the database's user: what it does not find would not be erased."""


async def check_view(db: Database) -> None:
    """Raises SeesTooLittle."""
    row = await db.fetchrow("SELECT row_security_active('photos') AS hidden")
    if row is None or row["hidden"]:
        raise SeesTooLittle(
            "The database's user does not see all organizations' rows. Erase as the user that owns the tables, the one "
            "that runs `photodock migrate`."
        )


# Every photo has a project, so its organization is among theirs, and by organization there is an index. By user
# there is none, which every new photo would pay: an erasure reads all of the organization's photos.
PHOTOS_OF = """
SELECT p.organization_id, count(*) AS photos FROM photos p
WHERE p.user_id = $1 AND p.organization_id = ANY(ARRAY(SELECT DISTINCT organization_id FROM projects
    WHERE $2::uuid IS NULL OR organization_id = $2))
GROUP BY p.organization_id ORDER BY p.organization_id
"""


async def photos_of(db: Database, user_id: str, organization_id: UUID | None) -> dict[UUID, int]:
    """How many photos by organization; `organization_id` None: in all."""
    rows = await db.fetch(PHOTOS_OF, user_id, organization_id)
    return {row["organization_id"]: row["photos"] for row in rows}


@dataclass(frozen=True, slots=True)
class Gone:
    """Of the organization's photos, up to the id `last`; None at the end."""

    deletions: Sequence[Deletion]
    last: UUID | None


async def delete_photos(db: Database, user_id: str, organization_id: UUID, *, after: UUID, limit: int) -> Gone:
    """Makes the user's next photos with ids behind `after` tombstones, and notes their objects for deletion."""
    async with db.transaction() as tx:
        # Locked in the order of their ids, as everywhere, and by a statement of its own: see `photos.delete`.
        rows = await tx.fetch(
            """
            SELECT id FROM photos WHERE id IN (
                SELECT id FROM photos WHERE organization_id = $1 AND user_id = $2 AND id > $3 ORDER BY id LIMIT $4
            ) ORDER BY id FOR UPDATE
            """,
            organization_id,
            user_id,
            after,
            limit,
        )
        ids = [row["id"] for row in rows]
        return Gone(await photos.delete_locked(tx, ids), ids[-1] if ids else None)


async def delete_quota(db: Database, user_id: str, organization_id: UUID | None) -> int:
    return await db.execute(
        "DELETE FROM upload_quota WHERE user_id = $1 AND ($2::uuid IS NULL OR organization_id = $2)",
        user_id,
        organization_id,
    )


@dataclass(frozen=True, slots=True)
class Names:
    """Of one stretch of the history, up to the line `last`; None at its end. `organizations`: of lines that name the
    user as such, and not as a detector, who serves all of them."""

    found: int
    last: int | None
    organizations: frozenset[UUID]


STRETCH = """
WITH stretch AS MATERIALIZED (
    SELECT id, organization_id, actor FROM photo_status_events WHERE id > $1 ORDER BY id LIMIT $2
), named AS (
    SELECT id, organization_id, actor FROM stretch
    WHERE actor = ANY($3::text[]) AND ($4::uuid IS NULL OR organization_id = $4)
)
"""
REST = """(SELECT max(id) FROM stretch) AS last,
    ARRAY(SELECT DISTINCT organization_id FROM named WHERE actor = ($3::text[])[1]) AS organizations"""
COUNT_NAMES = f"""
{STRETCH} SELECT (SELECT count(*) FROM named) AS found, {REST}
"""  # noqa: S608  (our own text)
ERASE_NAMES = f"""
{STRETCH}, held AS (
    SELECT e.id FROM photo_status_events e WHERE e.id IN (SELECT id FROM named) ORDER BY e.id FOR UPDATE
), erased AS (
    UPDATE photo_status_events SET actor = NULL WHERE id IN (SELECT id FROM held) RETURNING id
)
SELECT (SELECT count(*) FROM erased) AS found, {REST}
"""  # noqa: S608  (our own text)


async def names_in_history(
    db: Database,
    actors: Sequence[str],
    organization_id: UUID | None,
    *,
    after: int,
    limit: int,
    erase: bool,
) -> Names:
    """Lines of the history behind the line `after` that name one of `actors`, the user's name the first; with `erase`
    they name nobody then."""
    row = await db.fetchrow(ERASE_NAMES if erase else COUNT_NAMES, after, limit, actors, organization_id)
    assert row is not None  # noqa: S101  (aggregates always answer)
    return Names(row["found"], row["last"], frozenset(row["organizations"]))
