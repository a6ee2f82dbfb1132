"""Time that passes faster than it does: what the service would do in minutes, hours or days comes due now."""

import asyncio
from datetime import timedelta
from uuid import UUID

from crash.ledger import Ledger, Part
from photodock.db.pool import Database
from photodock.domain.errors import DatabaseUnavailable

TICK_SECONDS = 0.5
PAST_EVERYTHING = timedelta(days=8)
"""Longer than PHOTODOCK_PENDING_TTL: the sweeper's last look."""
# Of a lease of five minutes the living need some seconds.
LEASES_OF_THE_DEAD = "DELETE FROM sweep_leases WHERE leased_until < clock_timestamp() + interval '280 seconds'"


async def keep(db: Database, ledger: Ledger) -> None:
    """During the load: clients that vanished, detections that were forgotten and some deletions come due."""
    while True:
        try:
            await _look_for(db, [upload.photo_id for upload in ledger.uploads.values() if upload.part is Part.VANISHES])
            await _detect_again(db, ledger)
            await db.execute(LEASES_OF_THE_DEAD)
            await db.execute(
                "UPDATE object_deletions SET due_at = clock_timestamp() "
                "WHERE photo_id IN (SELECT photo_id FROM object_deletions ORDER BY random() LIMIT 3)"
            )
        except DatabaseUnavailable:
            pass
        await asyncio.sleep(TICK_SECONDS)


async def _look_for(db: Database, photo_ids: list[str]) -> None:
    await db.execute(
        "UPDATE photos SET sweep_at = clock_timestamp() WHERE id = ANY($1) AND status = 'pending_upload'",
        [UUID(photo_id) for photo_id in photo_ids],
    )


async def _detect_again(db: Database, ledger: Ledger) -> None:
    """Only while a photo has had one job, so that no photo ever gets a third."""
    await db.execute(
        """
        UPDATE photos p SET sweep_at = clock_timestamp() WHERE id = ANY($1) AND status = 'processing'
            AND (SELECT count(*) FROM outbox o WHERE o.photo_id = p.id) = 1
        """,
        [UUID(photo_id) for photo_id in ledger.forgotten],
    )


async def let_all_come_due(db: Database, ledger: Ledger) -> None:
    """After the load: eight days go by for all that is awaited, and the leases of the dead end."""
    try:
        await _detect_again(db, ledger)
        for statement in (
            "UPDATE photos SET url_expires_at = url_expires_at - $1::interval "
            "WHERE status = 'pending_upload' AND url_expires_at > clock_timestamp() - interval '7 days'",
            "UPDATE object_deletions SET url_expires_at = url_expires_at - $1::interval "
            "WHERE url_expires_at > clock_timestamp() - interval '7 days'",
        ):
            await db.execute(statement, PAST_EVERYTHING)
        for statement in (
            "UPDATE photos SET sweep_at = clock_timestamp() WHERE status = 'pending_upload'",
            LEASES_OF_THE_DEAD,
            "UPDATE object_deletions SET due_at = clock_timestamp()",
            "UPDATE outbox SET due_at = clock_timestamp() WHERE sent_at IS NULL AND parked_at IS NULL",
            "UPDATE rendition_jobs SET due_at = clock_timestamp() "
            "WHERE due_at BETWEEN clock_timestamp() AND clock_timestamp() + interval '280 seconds'",
        ):
            await db.execute(statement)
    except DatabaseUnavailable:
        pass


async def everything_is_done(db: Database) -> bool:
    try:
        [row] = await db.fetch(
            """
            SELECT EXISTS (SELECT FROM photos WHERE status IN ('pending_upload', 'uploaded', 'processing'))
                OR EXISTS (SELECT FROM outbox WHERE sent_at IS NULL) OR EXISTS (SELECT FROM object_deletions)
                OR EXISTS (SELECT FROM rendition_jobs) AS left
            """
        )
    except DatabaseUnavailable:
        return False
    return not row["left"]
