"""What the sweeper looks for. Every query walks a partial index that holds only what is still awaited."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from photodock.db.photos import SELECT, Deletion, to_photo
from photodock.db.pool import Connection, Database, Executor
from photodock.domain.photo import Photo

# Their own rows stay as they are: with all its indexes a photo is dear to write. Whose lease holds is read once, as a
# set: a join would read all that is due before it gives the first ones, and the plan of a look for each photo depends
# on how many leases there were when it was made. Of two sweepers in the same moment the insert lets one have a photo.
TAKE_DUE_PHOTOS = f"""
WITH due AS (
    SELECT * FROM photos p WHERE sweep_at <= statement_timestamp()
        AND id NOT IN (SELECT photo_id FROM sweep_leases WHERE leased_until > statement_timestamp())
    ORDER BY sweep_at LIMIT $1 FOR UPDATE SKIP LOCKED
), leased AS (
    INSERT INTO sweep_leases AS l (photo_id, organization_id, leased_until)
    SELECT id, organization_id, clock_timestamp() + $2 FROM due
    ON CONFLICT (photo_id) DO UPDATE SET leased_until = excluded.leased_until WHERE l.leased_until <= clock_timestamp()
    RETURNING photo_id
)
{SELECT.replace("FROM photos p", "FROM due p")} WHERE p.id IN (SELECT photo_id FROM leased)
"""  # noqa: S608  (names of our own columns)


async def take_due_photos(db: Database, *, limit: int, lease: timedelta) -> list[Photo]:
    """Photos whose time to be looked at has come, each for this caller alone until it lets go or the lease ends."""
    return [to_photo(row) for row in await db.fetch(TAKE_DUE_PHOTOS, limit, lease)]


async def let_go(db: Database, photo_ids: Sequence[UUID]) -> None:
    """Ends the leases of photos that were looked at.

    After its own lease a caller may end another's by it: then two look at a photo, and one finds that it has moved on.
    What somebody is just taking is left to him: waiting for each other, the two could wait in a circle.
    """
    await db.execute(
        """
        DELETE FROM sweep_leases WHERE photo_id IN (
            SELECT photo_id FROM sweep_leases WHERE photo_id = ANY($1) FOR UPDATE SKIP LOCKED)
        """,
        photo_ids,
    )


async def purge_leases(db: Database) -> int:
    """Those that ended by themselves, of photos that nobody has taken since."""
    return await db.execute(
        """
        DELETE FROM sweep_leases WHERE photo_id IN (
            SELECT photo_id FROM sweep_leases WHERE leased_until <= statement_timestamp() FOR UPDATE SKIP LOCKED)
        """
    )


async def put_back(db: Database, photo_ids: Sequence[UUID], wait: timedelta) -> None:
    """Photos whose look has failed come due again behind all others. Whoever holds one moves it himself."""
    await db.execute(
        """
        UPDATE photos SET sweep_at = clock_timestamp() + $2 WHERE id IN (
            SELECT id FROM photos WHERE id = ANY($1) AND sweep_at <= statement_timestamp() FOR UPDATE SKIP LOCKED)
        """,
        photo_ids,
        wait,
    )


async def look_again_at(db: Database, photo: Photo, when: datetime | None) -> None:
    """Sets the next look (None: there is nothing to wait for), unless the photo has moved on meanwhile."""
    await db.execute("UPDATE photos SET sweep_at = $3 WHERE id = $1 AND version = $2", photo.id, photo.version, when)


async def jobs_sent(db: Connection, photo_id: UUID) -> int:
    row = await db.fetchrow("SELECT jobs_sent FROM photos WHERE id = $1", photo_id)
    return int(row["jobs_sent"]) if row else 0


async def job_waits(db: Connection, photo_id: UUID) -> bool:
    """Whether a job of this photo still stands in the outbox, unsent or parked."""
    row = await db.fetchrow("SELECT 1 FROM outbox WHERE photo_id = $1 AND sent_at IS NULL LIMIT 1", photo_id)
    return row is not None


async def defer_detection(db: Connection, photo_id: UUID, wait: timedelta) -> None:
    await db.execute("UPDATE photos SET sweep_at = clock_timestamp() + $2 WHERE id = $1", photo_id, wait)


async def take_due_deletions(db: Database, *, limit: int, lease: timedelta) -> list[Deletion]:
    rows = await db.fetch(
        """
        WITH due AS (
            SELECT photo_id FROM object_deletions WHERE due_at <= statement_timestamp()
            ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE object_deletions d SET due_at = clock_timestamp() + $2 FROM due WHERE d.photo_id = due.photo_id
        RETURNING d.photo_id, d.s3_key, d.url_expires_at
        """,
        limit,
        lease,
    )
    return [Deletion(row["photo_id"], row["s3_key"], row["url_expires_at"]) for row in rows]


async def schedule_deletion(db: Executor, deletion: Deletion, next_look: datetime | None) -> None:
    """When to delete the object once more; None ends it.

    Does nothing when a newer URL was issued than `deletion` knows of: the object then comes due by itself.
    """
    if next_look is None:
        await db.execute(
            "DELETE FROM object_deletions WHERE photo_id = $1 AND url_expires_at = $2",
            deletion.photo_id,
            deletion.url_expires_at,
        )
    else:
        await db.execute(
            "UPDATE object_deletions SET due_at = $3 WHERE photo_id = $1 AND url_expires_at = $2",
            deletion.photo_id,
            deletion.url_expires_at,
            next_look,
        )


async def purge_quota(db: Database, *, older_than: timedelta) -> int:
    """Counts of minutes and days that ended that long ago."""
    return await db.execute(
        """
        DELETE FROM upload_quota WHERE since < clock_timestamp() - $1::interval
            AND (measure NOT LIKE '%bytes' OR since < clock_timestamp() - $1 - interval '1 day')
        """,
        older_than,
    )
