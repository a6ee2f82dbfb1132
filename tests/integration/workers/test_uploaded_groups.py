"""Moves to `uploaded` of many photos in one statement: each as if it were alone."""

import asyncio
from typing import Any

import asyncpg
import pytest

from photodock.db import uploaded
from photodock.db.moves import Move
from photodock.db.tenants import Tenants
from photodock.db.uploaded import Found, UploadedGroup
from photodock.domain.identity import Trace
from photodock.domain.photo import UPLOADED, Photo, PhotoStatus

ALIKE = Move(to=UPLOADED, actor="s3-event", reason="upload confirmed")


async def move(gallery: Any, group: UploadedGroup, photo: Photo, found: Found, change: Move = ALIKE) -> Photo | None:
    trace = Trace(f"trace-{photo.id}")
    uri = f"s3://bucket/{photo.id}"
    return await uploaded.mark_uploaded(
        gallery.db, photo.id, change, found, s3_uri=uri, trace=trace, renditions=True, group=group
    )


@pytest.fixture
def group(gallery: Any) -> UploadedGroup:
    return UploadedGroup(Tenants(gallery.db))


async def test_each_gets_what_was_found_of_it_its_history_and_its_jobs(gallery: Any, group: UploadedGroup) -> None:
    photos = [await gallery.pending() for _ in range(6)]
    found = [Found(number + 1, None, {"iso": number} if number else None) for number in range(6)]
    moved = await asyncio.gather(*(move(gallery, group, one, facts) for one, facts in zip(photos, found, strict=True)))
    assert [one and (one.id, one.status, one.width, one.exif_data) for one in moved] == [
        (one.id, PhotoStatus.UPLOADED, facts.width, facts.exif_data) for one, facts in zip(photos, found, strict=True)
    ]
    jobs = await gallery.db.fetch("SELECT photo_id, s3_url, correlation_id FROM outbox ORDER BY photo_id")
    assert [tuple(row) for row in jobs] == [(one.id, f"s3://bucket/{one.id}", f"trace-{one.id}") for one in photos]
    lines = await gallery.db.fetch(
        "SELECT photo_id FROM photo_status_events WHERE to_status = 'uploaded' AND actor = 's3-event' ORDER BY photo_id"
    )
    renditions = await gallery.db.fetch("SELECT photo_id FROM rendition_jobs ORDER BY photo_id")
    ids = [one.id for one in photos]
    assert ([row["photo_id"] for row in lines], [row["photo_id"] for row in renditions]) == (ids, ids)


async def test_what_a_group_leaves_out_goes_alone(gallery: Any, group: UploadedGroup, database_url: str) -> None:
    held, moved_before, other, plain = [await gallery.pending() for _ in range(4)]
    await gallery.confirm(moved_before.id)
    holder = await asyncpg.connect(database_url)
    lock = holder.transaction()
    await lock.start()
    await holder.execute("SELECT FROM photos WHERE id = $1 FOR UPDATE", held.id)
    asked = [(one.id, ALIKE, (1, 1, None, "s3://b/k", "c", None, False)) for one in (held, moved_before, plain)]
    differently = (other.id, Move(to=UPLOADED, actor="anna"), asked[0][2])
    rows = await group._ask([*asked, differently, asked[2]])
    assert [row and row["id"] for row in rows] == [None, None, plain.id, None, None]
    await lock.rollback()
    await holder.close()
    assert await move(gallery, group, held, Found(1, 1, None)) is not None
    assert await move(gallery, group, moved_before, Found(1, 1, None)) is None


async def test_one_that_fails_takes_nobody_with_it(gallery: Any, group: UploadedGroup) -> None:
    bad, good = [await gallery.pending() for _ in range(2)]
    impossible, sound = Found(0, 1, None), Found(1, 1, None)
    asked = [
        (one.id, ALIKE, (facts.width, 1, None, "s3://b/k", "c", None, False))
        for one, facts in ((bad, impossible), (good, sound))
    ]
    assert await group._ask(asked) == [None, None]
    with pytest.raises(asyncpg.CheckViolationError):
        await move(gallery, group, bad, impossible)
    assert await move(gallery, group, good, sound) is not None
