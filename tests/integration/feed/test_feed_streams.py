"""Streams of changes in one process: whose they are, where they go on, and what ends them."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import structlog

from integration.feed.conftest import MakeSite, Site, feeding, read_on, told, trimmed
from photodock.db import changes
from photodock.db.listener import Listener, NoListener
from photodock.db.pool import Database
from photodock.domain.errors import ProjectAccessDenied, TooManyStreams
from photodock.services import streams as streams_module
from photodock.services import subscriptions
from photodock.services.places import PlaceLimits
from photodock.services.streams import Stream, Streams
from support.clock import eventually

LISTENING = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
TERMINATE = f"SELECT pg_terminate_backend(pid) {LISTENING}"


async def test_a_stream_tells_its_organizations_changes_and_no_others(streams: Streams, make_site: MakeSite) -> None:
    site, other = await make_site(), await make_site()
    stream = await streams.open(site.who(), None, None)
    photos = []
    for _ in range(3):
        await other.change()
        photos.append(await site.change())
    assert await told(stream, 3) == photos
    assert await stream.events(0.2) == []
    stream.close()


async def test_a_stream_of_a_project_tells_of_it_alone(db: Database, streams: Streams, site: Site) -> None:
    second = Site(db, site.organization_id, uuid4())
    await db.execute("INSERT INTO projects VALUES ($1, $2, 'walls')", second.project_id, second.organization_id)
    stream, resumed_at = await streams.open(site.who(), site.project_id, None), await site.change()
    await second.change()
    mine = await site.change()
    assert await told(stream, 2) == [resumed_at, mine]
    again = await streams.open(site.who(), second.project_id, stream.position())
    theirs = await second.change()
    assert await told(again, 1) == [theirs]
    stream.close()
    again.close()


@pytest.mark.parametrize("whose", ["another organization's", "nobody's"])
async def test_a_foreign_project_is_refused_like_one_that_never_was(
    streams: Streams, make_site: MakeSite, whose: str
) -> None:
    site, other = await make_site(), await make_site()
    project_id = other.project_id if whose == "another organization's" else uuid4()
    with pytest.raises(ProjectAccessDenied):
        await streams.open(site.who(), project_id, None)
    # And it took no place.
    (await streams.open(site.who(), None, None)).close()


async def test_a_stream_goes_on_behind_each_event_and_tells_each_change_once(streams: Streams, site: Site) -> None:
    stream = await streams.open(site.who(), None, None)
    photos, ids = [], []
    for _ in range(6):
        photos.append(await site.change())
        async with asyncio.timeout(60):
            while not (events := await stream.events(1)):
                pass
        ids += [event.id for event in events]
    stream.close()
    for place, last_id in enumerate(ids):
        again = await streams.open(site.who(), None, last_id)
        assert await told(again, 5 - place) == photos[place + 1 :]
        assert await again.events(0.05) == []
        again.close()


async def test_a_stream_that_was_told_nothing_yet_goes_on_where_it_stood(streams: Streams, make_site: MakeSite) -> None:
    site, other = await make_site(), await make_site()
    await other.change()
    stream = await streams.open(site.who(), None, None)
    position = stream.position()
    stream.close()
    assert position is not None
    missed = await site.change()
    again = await streams.open(site.who(), None, position)
    assert await told(again, 1) == [missed]
    again.close()


async def test_a_process_that_is_behind_sends_no_client_back(db: Database, streams: Streams, site: Site) -> None:
    async with feeding(db, NoListener(), poll_seconds=600) as behind:
        await site.change()
        waiting = await behind.open(site.who(), None, None)
        first = await streams.open(site.who(), None, None)
        await site.change()
        await told(first, 1)
        there = await behind.open(site.who(), None, first.position())
        again = await streams.open(site.who(), None, there.position())
        assert list(again.first) == []
        for stream in (waiting, first, there, again):
            stream.close()


async def test_what_happens_while_a_stream_is_resumed_is_told_once(
    streams: Streams, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between following and reading what was missed lies the moment in which a change is in both."""
    first = await streams.open(site.who(), None, None)
    await site.change()
    await told(first, 1)
    position = first.position()
    between: list[Any] = []
    missed = changes.missed

    async def slow(*arguments: Any, **options: Any) -> Any:
        between.append(await site.change())
        await told(first, 1)  # the feed has told it to all that follow
        found = await missed(*arguments, **options)
        between.append(await site.change())
        return found

    monkeypatch.setattr(streams_module.changes, "missed", slow)
    again = await streams.open(site.who(), None, position)
    assert await told(again, 2) == between
    assert await again.events(0.1) == []
    first.close()
    again.close()


def resets(stream: Stream) -> bool:
    return [event.change for event in stream.first] == [None]


@pytest.mark.parametrize("form", ["", "x", "{}x", "x" * 64, "é" * 64, "{}" * 2])
async def test_an_id_of_nobodys_making_resets(streams: Streams, site: Site, form: str) -> None:
    await site.change()
    stream = await streams.open(site.who(), None, None)
    tampered = form.format(stream.position(), stream.position())
    again = await streams.open(site.who(), None, tampered)
    assert resets(again)
    stream.close()
    again.close()


async def test_another_organizations_id_resets_like_one_that_never_was(streams: Streams, make_site: MakeSite) -> None:
    site, other = await make_site(), await make_site()
    await site.change()
    stream = await streams.open(site.who(), None, None)
    stranger = await streams.open(other.who(), None, stream.position())
    assert resets(stranger)
    stream.close()
    stranger.close()


async def test_an_id_that_was_trimmed_or_is_too_far_behind_resets(
    db: Database, streams: Streams, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.change()
    stream = await streams.open(site.who(), None, None)
    position = stream.position()
    made = [await site.change(), await site.change()]
    # The feed itself has read them all: else it would begin anew as well.
    assert await told(stream, 2) == made
    with monkeypatch.context() as patch:
        patch.setattr(streams_module, "RESUMED", 1)
        far = await streams.open(site.who(), None, position)
    near = await streams.open(site.who(), None, position)
    assert await trimmed(db) == 2
    late = await streams.open(site.who(), None, position)
    assert [resets(far), resets(near), resets(late)] == [True, False, True]
    # The reset's own id is one to go on from.
    following = await site.change()
    again = await streams.open(site.who(), None, late.first[0].id)
    assert await told(again, 1) == [following]
    for one in (stream, far, near, late, again):
        one.close()


async def test_a_database_that_was_set_back_resets_all_streams(db: Database, streams: Streams, site: Site) -> None:
    await site.change()
    stream = await streams.open(site.who(), None, None)
    await site.change()
    await told(stream, 1)
    # As after a restore: the last change has never been.
    await db.execute("DELETE FROM photo_changes WHERE id = (SELECT max(id) FROM photo_changes)")
    with structlog.testing.capture_logs() as logs:
        await site.change()
        assert (await told(stream, 1))[0] is None
    assert "feed_begins_anew" in [line["event"] for line in logs]
    after = await site.change()
    assert (await told(stream, 1))[-1] == after
    stream.close()


async def test_ids_tell_nothing_of_what_goes_on_elsewhere(streams: Streams, make_site: MakeSite) -> None:
    """Encrypted; and never the same twice where the same would say that nothing happened."""
    site, other = await make_site(), await make_site()
    await other.change()
    stream = await streams.open(site.who(), None, None)
    quiet = {stream.position() for _ in range(20)}
    await other.change()
    busy = {stream.position() for _ in range(20)}
    assert len(quiet | busy) == 40
    assert {len(position or "") for position in quiet | busy} == {64}
    stream.close()


@pytest.mark.parametrize(
    "limits",
    [PlaceLimits(2, 9, 9), PlaceLimits(9, 2, 9), PlaceLimits(9, 9, 2)],
    ids=["process", "organization", "user"],
)
async def test_a_limit_of_streams_holds_and_a_place_is_free_again(
    db: Database, site: Site, limits: PlaceLimits
) -> None:
    async with feeding(db, NoListener(), limits=limits) as streams:
        first, second = [await streams.open(site.who(), None, None) for _ in range(2)]
        with pytest.raises(TooManyStreams):
            await streams.open(site.who(), None, None)
        if limits.user == 2:
            (await streams.open(site.who("ben"), None, None)).close()
        first.close()
        first.close()  # twice does no harm
        third = await streams.open(site.who(), None, None)
        with pytest.raises(TooManyStreams):
            await streams.open(site.who(), None, None)
        second.close()
        third.close()


async def test_a_reader_that_is_too_slow_is_let_go_and_held_in_no_memory(
    streams: Streams, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MAX_WAITING", 3)
    await site.change()
    slow, quick = await streams.open(site.who(), None, None), await streams.open(site.who(), None, None)
    position = slow.position()
    photos = []
    for _ in range(5):
        photos.append(await site.change())
        await told(quick, 1)
    assert slow.ended
    assert await slow.events(0) == []
    assert not quick.ended
    again = await streams.open(site.who(), None, position)
    assert await told(again, 5) == photos
    for one in (slow, quick, again):
        one.close()


async def test_what_is_heard_arrives_long_before_the_next_poll(db: Database, database_url: str, site: Site) -> None:
    async with feeding(db, Listener(database_url, changes.CHANNEL), poll_seconds=600) as streams:
        stream = await streams.open(site.who(), None, None)
        for _ in range(3):
            photo_id = await site.change()
            assert await told(stream, 1) == [photo_id]
        stream.close()


async def test_without_a_listener_polling_finds_all(db: Database, site: Site) -> None:
    async with feeding(db, NoListener(), poll_seconds=0.05) as streams:
        stream = await streams.open(site.who(), None, None)
        photos = [await site.change() for _ in range(3)]
        assert await told(stream, 3) == photos
        stream.close()


async def test_a_listener_that_is_killed_again_and_again_costs_no_change(
    db: Database, database_url: str, site: Site
) -> None:
    listener = Listener(database_url, changes.CHANNEL, reconnect_delays=(0.02,))
    async with feeding(db, listener, poll_seconds=600) as streams:
        stream = await streams.open(site.who(), None, None)
        photos = []
        for number in range(40):
            if number % 5 == 0:
                await db.fetch(TERMINATE)
            photos.append(await site.change())
        assert await told(stream, 40) == photos
        assert await stream.events(0.1) == []
        stream.close()


async def test_the_feed_reads_and_listens_only_while_somebody_follows_and_a_little_longer(
    db: Database, database_url: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    linger = partial(monkeypatch.setattr, "photodock.services.feed.LINGER_SECONDS")

    async def listens() -> bool:
        return bool(await db.fetch(f"SELECT 1 {LISTENING}"))

    async def rests() -> bool:
        return not await listens()

    assert await rests()
    async with feeding(db, Listener(database_url, changes.CHANNEL), poll_seconds=0.05) as streams:
        for _ in range(2):
            linger(600)
            stream = await streams.open(site.who(), None, None)
            await eventually(listens)
            photo_id = await site.change()
            assert await told(stream, 1) == [photo_id]
            stream.close()
            assert await listens()
            linger(0)
            await eventually(rests)


async def test_a_process_that_is_to_stop_ends_its_streams_at_once(streams: Streams, site: Site) -> None:
    stopping = asyncio.Event()
    ending = asyncio.create_task(streams.end_at(stopping))
    stream = await streams.open(site.who(), None, None)
    waiting = asyncio.create_task(stream.events(600))
    stopping.set()
    async with asyncio.timeout(60):
        assert await waiting == []
        await ending
    assert stream.ended
    late = await streams.open(site.who(), None, None)
    assert late.ended
    stream.close()
    late.close()


async def test_streams_need_no_position_where_nothing_ever_happened(streams: Streams, site: Site) -> None:
    stream = await streams.open(site.who(), None, None)
    assert stream.position() is None
    photo_id = await site.change()
    assert await told(stream, 1) == [photo_id]
    assert stream.position() is not None
    stream.close()


async def test_retention_leaves_a_quiet_organization_able_to_go_on(
    db: Database, streams: Streams, make_site: MakeSite
) -> None:
    """Its own last change is long gone; the position that it was given last is not."""
    quiet, busy = await make_site(), await make_site()
    await quiet.change()
    stream = await streams.open(quiet.who(), None, None)
    for _ in range(3):
        await busy.change()

    async def moved_on() -> bool:
        stretch = await read_on(db, None)
        return streams._feed.position == stretch[-1].position

    await eventually(moved_on)
    position = stream.position()
    assert await trimmed(db, timedelta(0)) == 3
    again = await streams.open(quiet.who(), None, position)
    assert again.first == []
    photo_id = await quiet.change()
    assert await told(again, 1) == [photo_id]
    stream.close()
    again.close()
