"""The order of changes: what commits late is told late, and never passed over."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from integration.feed.conftest import TOGGLE, MakeSite, Site, read_on, told, trimmed
from photodock.db import changes
from photodock.db.pool import Database
from photodock.domain.change import Change, Position
from photodock.services.streams import Streams


async def test_a_transaction_that_began_earlier_and_commits_later_is_not_passed_over(
    db: Database, site: Site, sessions: Any
) -> None:
    first, second = await site.photo(), await site.photo()
    early, late = await sessions(), await sessions()
    one, two = early.transaction(), late.transaction()
    await one.start()
    await early.execute(TOGGLE, first)
    await two.start()
    await late.execute(TOGGLE, second)
    await two.commit()
    # The later one is committed; to tell of it now would be to pass over the earlier.
    assert await read_on(db, None) == []
    await one.commit()
    assert [change.photo_id for change in await read_on(db, None)] == [first, second]


async def test_a_long_transaction_holds_all_back_and_nothing_is_lost(
    db: Database, site: Site, streams: Streams, sessions: Any
) -> None:
    known = await site.change()
    stream = await streams.open(site.who(), None, None)
    long = await sessions()
    transaction = long.transaction()
    await transaction.start()
    await long.execute("SELECT pg_current_xact_id()")
    photos = [await site.change() for _ in range(5)]
    [position] = [change.position for change in await read_on(db, None) if change.photo_id == known]
    stretch = await changes.after(db, position, limit=10)
    assert stretch is not None
    assert (stretch.changes, stretch.held_back) == ([], True)
    assert await stream.events(0.3) == []
    await transaction.rollback()
    assert await told(stream, 5) == photos
    stream.close()


async def committed(connection: Any) -> dict[int, Any]:
    rows = await connection.fetch("SELECT id, photo_id FROM photo_changes")
    return {row["id"]: row["photo_id"] for row in rows}


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_the_interleaving_each_change_is_read_once_and_resumed_from_anywhere(
    db: Database, site: Site, sessions: Any, seed: int
) -> None:
    """Real transactions that begin, write, commit and roll back in a random order, and a reader in between."""
    chance = random.Random(seed)  # noqa: S311  (not for secrets)
    writers = [await sessions() for _ in range(4)]
    photos = {writer: [await site.photo() for _ in range(3)] for writer in writers}
    open_ones: dict[Any, Any] = {}
    read: list[Change] = []

    async def read_some() -> None:
        stretch = await changes.after(db, read[-1].position if read else None, limit=chance.randint(1, 4))
        assert stretch is not None
        read.extend(stretch.changes)

    for _ in range(150):
        writer = chance.choice(writers)
        match chance.choice(("write", "write", "end", "read")):
            case "read":
                await read_some()
            case "write":
                if writer not in open_ones:
                    open_ones[writer] = writer.transaction()
                    await open_ones[writer].start()
                await writer.execute(TOGGLE, chance.choice(photos[writer]))
            case "end" if writer in open_ones:
                transaction = open_ones.pop(writer)
                await (transaction.commit() if chance.random() < 0.7 else transaction.rollback())
    for transaction in open_ones.values():
        await transaction.commit()
    before = -1
    while len(read) > before:
        before = len(read)
        await read_some()

    [reader] = [await sessions()]
    everything = await committed(reader)
    assert len(everything) > 20
    assert sorted(change.position.id for change in read) == sorted(everything)
    assert [change.position for change in read] == sorted(change.position for change in read)
    for place in chance.sample(range(len(read)), 5):
        assert await read_on(db, read[place].position) == read[place + 1 :]


async def test_of_many_writers_at_once_a_stream_tells_each_change_once_and_in_order(
    db: Database, make_site: MakeSite, streams: Streams, sessions: Any
) -> None:
    site, other = await make_site(), await make_site()
    stream = await streams.open(site.who(), None, None)

    async def write(seed: int) -> int:
        chance, connection = random.Random(seed), await sessions()  # noqa: S311  (not for secrets)
        photos, written = [await site.photo(), await other.photo()], 0
        for _ in range(30):
            transaction = connection.transaction()
            await transaction.start()
            count = 0
            for _ in range(chance.randint(1, 3)):
                photo = chance.choice(photos)
                await connection.execute(TOGGLE, photo)
                count += photo == photos[0]
                await asyncio.sleep(chance.random() / 500)
            if chance.random() < 0.8:
                await transaction.commit()
                written += count
            else:
                await transaction.rollback()
        return written

    written = sum(await asyncio.gather(*(write(seed) for seed in range(6))))
    events: list[Any] = []
    async with asyncio.timeout(60):
        while len(events) < written:
            events += await stream.events(1)
    assert await stream.events(0.2) == []
    positions = [event.change.position for event in events]
    assert positions == sorted(positions)
    rows = await db.fetch("SELECT id FROM photo_changes WHERE organization_id = $1", site.organization_id)
    assert sorted(position.id for position in positions) == sorted(row["id"] for row in rows)
    stream.close()


async def test_what_is_trimmed_goes_from_the_oldest_end_and_says_so(db: Database, site: Site) -> None:
    for _ in range(6):
        await site.change()
    found = [change.position for change in await read_on(db, None)]
    assert await trimmed(db, timedelta(minutes=1)) == 0
    assert await trimmed(db, limit=4) == 3
    # Of what is trimmed the last stays, and shows how far it went.
    assert [await changes.is_good(db, position) for position in found] == [False, False, False, True, True, True]
    assert await trimmed(db) == 2
    assert await changes.is_good(db, found[-1])
    assert await trimmed(db) == 0


async def test_what_may_not_be_read_yet_is_not_trimmed(db: Database, site: Site, sessions: Any) -> None:
    long = await sessions()
    transaction = long.transaction()
    await transaction.start()
    await long.execute("SELECT pg_current_xact_id()")
    for _ in range(3):
        await site.change()
    assert await trimmed(db) == 0
    await transaction.rollback()
    assert await trimmed(db) == 2


async def test_many_that_trim_at_once_do_not_disturb_each_other(db: Database, site: Site) -> None:
    for _ in range(40):
        await site.change()
    assert sum(await asyncio.gather(*(trimmed(db) for _ in range(6)))) == 39


async def test_a_position_of_another_past_is_good_no_more(db: Database, site: Site) -> None:
    """After a restore to an earlier moment the same numbers are given out again, for something else."""
    await site.change()
    [change] = await read_on(db, None)
    position = change.position
    assert await changes.is_good(db, position)
    assert not await changes.is_good(db, position._replace(at=position.at - timedelta(microseconds=1)))
    assert not await changes.is_good(db, position._replace(id=position.id + 1))
    assert not await changes.is_good(db, Position(2**63, 1, position.at))


async def test_what_a_dump_brought_from_another_servers_future_is_dropped(db: Database, site: Site) -> None:
    await site.change()
    await db.execute(
        """INSERT INTO photo_changes (transaction_id, organization_id, project_id, photo_id, type)
           SELECT '9000000000'::xid8, organization_id, project_id, photo_id, 'photo.deleted' FROM photo_changes"""
    )
    assert len(await read_on(db, None)) == 1
    assert await changes.drop_foreign(db) == 1
    assert await changes.drop_foreign(db) == 0
    assert len(await read_on(db, None)) == 1
