"""What the table `photo_changes` is told by the photos' own triggers, whoever changes them."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from integration.feed.conftest import Site
from photodock.db import changes
from photodock.db.pool import Database
from photodock.db.tenants import Tenants

STEPS = (
    ("status = 'uploaded'", "photo.uploaded", "uploaded"),
    ("status = 'processing'", "photo.processing", "processing"),
    ("status = 'completed'", "photo.completed", "completed"),
    ("status = 'failed', error_code = 'upload_expired'", "photo.failed", "failed"),
    # The status is the same, and yet it is another failure.
    ("error_code = 'content_mismatch', status = status", "photo.failed", "failed"),
    ("status = 'pending_upload', error_code = NULL", "photo.pending_upload", "pending_upload"),
)
QUIET = ("sweep_at = now()", "status = status, version = version + 1", "exif_data = '{}'", "detection_results = '{}'")


async def rows(db: Database, photo_id: UUID) -> list[tuple[str, str | None]]:
    found = await db.fetch("SELECT type, status FROM photo_changes WHERE photo_id = $1 ORDER BY id", photo_id)
    return [(row["type"], row["status"]) for row in found]


async def test_each_change_of_status_is_told_and_the_deletion_last(db: Database, site: Site) -> None:
    photo_id = await site.photo()
    assert await rows(db, photo_id) == []
    for assignment, kind, status in STEPS:
        await db.execute(f"UPDATE photos SET {assignment} WHERE id = $1", photo_id)  # noqa: S608
        assert (await rows(db, photo_id))[-1] == (kind, status)
    await db.execute("DELETE FROM photos WHERE id = $1", photo_id)
    assert len(await rows(db, photo_id)) == len(STEPS) + 1
    assert (await rows(db, photo_id))[-1] == ("photo.deleted", None)


@pytest.mark.parametrize("assignment", QUIET)
async def test_what_leaves_the_status_alone_is_not_told(db: Database, site: Site, assignment: str) -> None:
    photo_id = await site.photo()
    await db.execute(f"UPDATE photos SET {assignment} WHERE id = $1", photo_id)  # noqa: S608
    assert await rows(db, photo_id) == []


async def test_a_change_that_is_rolled_back_is_not_told(db: Database, site: Site, sessions: Any) -> None:
    photo_id = await site.photo()
    connection = await sessions()
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("UPDATE photos SET status = 'uploaded' WHERE id = $1", photo_id)
    await transaction.rollback()
    assert await rows(db, photo_id) == []


async def test_an_organizations_own_call_tells_too_though_it_may_see_its_rows_alone(db: Database, site: Site) -> None:
    photo_id = await site.photo()
    await Tenants(db).of(site.organization_id).execute("UPDATE photos SET status = 'uploaded' WHERE id = $1", photo_id)
    assert await rows(db, photo_id) == [("photo.uploaded", "uploaded")]


async def test_a_new_photo_and_a_renewed_url_send_no_notification_and_all_else_does(
    db: Database, site: Site, sessions: Any
) -> None:
    """NOTIFY makes commits wait for each other, and upload URLs are what is asked for most."""
    heard: list[str] = []
    listening = await sessions()
    await listening.add_listener(changes.CHANNEL, lambda *arguments: heard.append(arguments[3]))
    photo_id = await site.photo()
    await db.execute("UPDATE photos SET status = 'failed', error_code = 'upload_expired' WHERE id = $1", photo_id)
    await listening.fetch("SELECT 1")
    before = len(heard)
    assert before == 1
    await site.photo()
    await db.execute("UPDATE photos SET status = 'pending_upload', error_code = NULL WHERE id = $1", photo_id)
    async with asyncio.timeout(60):
        # What was sent before comes before: of the two above nothing did.
        await db.execute("DELETE FROM photos WHERE id = $1", photo_id)
        while len(heard) == before:
            await listening.fetch("SELECT 1")
    assert len(heard) == before + 1


async def test_a_transaction_with_many_changes_sends_one_notification(db: Database, site: Site, sessions: Any) -> None:
    heard: list[int] = []
    listening = await sessions()
    await listening.add_listener(changes.CHANNEL, lambda *_: heard.append(1))
    photos = [await site.photo() for _ in range(5)]
    await db.execute("UPDATE photos SET status = 'uploaded' WHERE id = ANY($1)", photos)
    await listening.fetch("SELECT 1")
    assert len(heard) == 1
