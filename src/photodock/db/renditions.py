"""The jobs of renditions still to be made, and what was made.

Taking a job moves its `due_at` past the lease and counts an attempt, so that a worker killed in the middle, also by the
photo itself, loses nothing and does not try for ever. A job that has come to its end has no row any more.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from photodock.db.pool import Database
from photodock.domain.renditions import Rendition
from photodock.tracing.spans import traced


@dataclass(frozen=True, slots=True)
class RenditionJob:
    """`attempts` counts this one. `s3_key` is the photo's, which may be gone."""

    photo_id: UUID
    s3_key: str
    attempts: int


CHOSEN_AMONG = 1_000
"""Of the jobs that came due last; so much one user sends in ten minutes, with the limit of URLs as it is at first."""
# Each organization's newest, in an order by chance, then each one's second: who sends most, or what is dearest, takes
# no more than the others. By chance, because most often one job alone is taken. One after the other is looked at, until
# there are enough: joined with the table, all that is due would be read for it.
TAKE = """
WITH newest AS (
    SELECT photo_id, organization_id FROM rendition_jobs WHERE due_at <= statement_timestamp()
    ORDER BY due_at DESC LIMIT $3
), queued AS (
    SELECT photo_id, row_number() OVER (PARTITION BY organization_id ORDER BY photo_id DESC) AS turn, random() AS chance
    FROM newest
), due AS (
    SELECT free.photo_id FROM (SELECT photo_id FROM queued ORDER BY turn, chance) AS next CROSS JOIN LATERAL (
        SELECT photo_id FROM rendition_jobs WHERE photo_id = next.photo_id AND due_at <= statement_timestamp()
        FOR UPDATE SKIP LOCKED) AS free
    LIMIT $1
)
UPDATE rendition_jobs j SET due_at = clock_timestamp() + $2, attempts = j.attempts + 1
FROM due WHERE j.photo_id = due.photo_id
RETURNING j.photo_id, j.s3_key, j.attempts
"""


async def take(db: Database, *, limit: int, lease: timedelta) -> list[RenditionJob]:
    """Jobs of the organizations by turns, each for this caller alone until the lease ends.

    An organization's newest photo first, because somebody may be waiting to see it, and a backfill of old photos holds
    nobody up: its jobs are due since their photos came.
    """
    rows = await db.fetch(TAKE, limit, lease, CHOSEN_AMONG)
    return [RenditionJob(row["photo_id"], row["s3_key"], row["attempts"]) for row in rows]


async def put_off(db: Database, job: RenditionJob, wait: timedelta, *, counted: bool) -> None:
    """Makes the job come due again after `wait`; not `counted`: its attempt was none."""
    await db.execute(
        """
        UPDATE rendition_jobs SET due_at = clock_timestamp() + $3, attempts = attempts - $4
        WHERE photo_id = $1 AND attempts = $2
        """,
        job.photo_id,
        job.attempts,
        wait,
        0 if counted else 1,
    )


# The photo is locked before its job, as by a deletion.
FINISH = """
WITH photo AS (
    UPDATE photos SET renditions = $2, thumbhash = $3, version = version + 1 WHERE id = $1
    RETURNING id, organization_id, project_id, status
), done AS (
    DELETE FROM rendition_jobs WHERE photo_id IN (SELECT id FROM photo)
), told AS (
    INSERT INTO photo_changes (organization_id, project_id, photo_id, type, status)
    SELECT organization_id, project_id, id, 'photo.renditions', status FROM photo RETURNING photo_id
)
SELECT photo_id, pg_notify('photodock_changes', '') FROM told
"""


@traced("record renditions")
async def finish(db: Database, photo_id: UUID, renditions: Sequence[Rendition], thumbhash: str) -> bool:
    """Records what was made and ends the job. False when there is no photo any more: the job stays."""
    return await db.fetchrow(FINISH, photo_id, [asdict(one) for one in renditions], thumbhash) is not None


# Nobody sees a change: the version stays, and nobody is told.
GIVE_UP = """
WITH photo AS (
    UPDATE photos SET renditions = coalesce(renditions, '[]') WHERE id = $1 RETURNING id
), done AS (
    DELETE FROM rendition_jobs WHERE photo_id IN (SELECT id FROM photo)
)
SELECT id FROM photo
"""


async def give_up(db: Database, photo_id: UUID) -> bool:
    """Records that nothing can be made of this photo, and ends the job; as `finish`."""
    return await db.fetchrow(GIVE_UP, photo_id) is not None


async def forget(db: Database, photo_id: UUID) -> None:
    """Ends the job of a photo that is gone."""
    await db.execute("DELETE FROM rendition_jobs WHERE photo_id = $1", photo_id)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Of the photos, up to the id `last`; None at the end. `queued`: jobs made."""

    queued: int
    last: UUID | None


async def queue_missing(db: Database, *, after: UUID, limit: int, given_up: bool) -> Stretch:
    """Makes jobs for photos with ids behind `after` that have none, and no renditions; `given_up`: for those too."""
    row = await db.fetchrow(
        """
        WITH stretch AS MATERIALIZED (
            SELECT id, organization_id, s3_key, uploaded_at, renditions FROM photos WHERE id > $1 ORDER BY id LIMIT $2
        ), missing AS (
            SELECT id, organization_id, s3_key, uploaded_at FROM stretch
            WHERE uploaded_at IS NOT NULL AND (renditions IS NULL OR $3 AND renditions = '[]')
        ), queued AS (
            INSERT INTO rendition_jobs (photo_id, organization_id, s3_key, due_at)
            SELECT id, organization_id, s3_key, uploaded_at FROM missing ON CONFLICT DO NOTHING RETURNING photo_id
        )
        SELECT (SELECT count(*) FROM queued) AS queued, (SELECT id FROM stretch ORDER BY id DESC LIMIT 1) AS last
        """,
        after,
        limit,
        given_up,
    )
    return Stretch(row["queued"], row["last"]) if row else Stretch(0, None)
