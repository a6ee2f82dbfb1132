"""The sweeper on a real database, with a confirmation and a store that do what the test says."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from photodock.db import moves, outbox, photos, sweep, uploads
from photodock.db.moves import Move
from photodock.domain.errors import (
    DatabaseUnavailable,
    InvalidStatusTransition,
    PhotoNotFound,
    StorageAccessDenied,
    StorageUnavailable,
    UploadNotFound,
)
from photodock.domain.limits import Limits
from photodock.domain.photo import COMPLETED, CONTENT_MISMATCH, UPLOAD_EXPIRED, Photo
from photodock.workers.photo_sweep import Outcome
from photodock.workers.sweeper import BATCH, CONCURRENCY, Sweeper

DAY = timedelta(days=1)
TTL = timedelta(days=7)
DETECTION_TIMEOUT = timedelta(hours=1)


@dataclass
class World:
    """Answers for the confirmation service and for the object store; keeps what it was asked."""

    gallery: Any
    on_confirm: Callable[[Any], Awaitable[None]] | None = None
    on_delete: Callable[[str], Awaitable[None]] | None = None
    confirmed: list[Any] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    async def confirm_photo(self, photo: Photo, organization_id: Any, *, actor: str, trace: Any) -> Any:
        assert (organization_id, actor) == (None, "sweeper")
        assert trace.correlation_id
        self.confirmed.append(photo.id)
        if self.on_confirm:
            await self.on_confirm(photo.id)
        await self.gallery.confirm(photo.id)
        return await self.gallery.get(photo.id)

    async def delete(self, key: str) -> None:
        self.deleted.append(key)
        if self.on_delete:
            await self.on_delete(key)


@pytest.fixture
def world(gallery: Any) -> World:
    return World(gallery)


@pytest.fixture
def sweeper(db: Any, world: World) -> Sweeper:
    return Sweeper(
        db,
        world,
        world.delete,
        s3_uri=lambda key: f"s3://bucket/{key}",
        pending_ttl=TTL,
        detection_timeout=DETECTION_TIMEOUT,
        interval_seconds=0.05,
    )


def raising(error: Exception) -> Callable[[Any], Awaitable[None]]:
    async def answer(_: Any) -> None:
        raise error

    return answer


async def next_look(db: Any, photo: Any) -> timedelta | None:
    """From now, by the database's clock."""
    row = await db.fetchrow("SELECT sweep_at - clock_timestamp() AS wait FROM photos WHERE id = $1", photo.id)
    return row["wait"]


async def leases(db: Any) -> dict[UUID, timedelta]:
    rows = await db.fetch("SELECT photo_id, leased_until - clock_timestamp() AS left FROM sweep_leases")
    return {row["photo_id"]: row["left"] for row in rows}


async def end_leases(db: Any) -> None:
    await db.execute("UPDATE sweep_leases SET leased_until = clock_timestamp()")


async def waits_for_other(db: Any) -> bool:
    """Whether a statement waits for somebody's transaction."""
    sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return await db.fetchrow(sql) is not None


async def look_now(db: Any) -> None:
    await db.execute("UPDATE photos SET sweep_at = clock_timestamp() WHERE sweep_at IS NOT NULL")


def about(expected: timedelta) -> Any:
    return pytest.approx(expected, abs=timedelta(seconds=30))


class TestPendingUploads:
    async def test_an_object_that_came_is_confirmed_for_its_client(self, gallery, sweeper):
        photo = await gallery.pending()
        assert await sweeper.run_once() == Counter({Outcome.CONFIRMED: 1})
        assert await gallery.state(photo) == "uploaded"
        assert await sweeper.run_once() == Counter()

    @pytest.mark.parametrize(
        ("ended_ago", "wait"),
        [
            (timedelta(minutes=6), timedelta(minutes=54)),
            (timedelta(minutes=61), timedelta(hours=4, minutes=59)),
            (timedelta(hours=7), timedelta(hours=17)),
            (timedelta(hours=25), TTL - timedelta(hours=25)),
        ],
    )
    async def test_looks_grow_rarer(self, gallery, world, sweeper, db, ended_ago, wait):
        world.on_confirm = raising(UploadNotFound("not there"))
        photo = await gallery.pending(url_ended_ago=ended_ago)
        assert await sweeper.run_once() == Counter({Outcome.NOT_YET: 1})
        assert await next_look(db, photo) == about(wait)
        assert await gallery.state(photo) == "pending_upload"

    async def test_after_the_last_look_the_photo_has_expired(self, gallery, world, sweeper, db):
        world.on_confirm = raising(UploadNotFound("not there"))
        photo = await gallery.pending(url_ended_ago=TTL)
        assert await sweeper.run_once() == Counter({Outcome.EXPIRED: 1})
        assert await gallery.state(photo) == "failed(upload_expired)"
        assert (await gallery.history(photo))[-1] == ("failed", "sweeper")
        assert await next_look(db, photo) is None
        assert "Ask for a new URL" in (await gallery.get(photo.id)).error_detail

    async def test_a_store_that_is_away_never_expires_a_photo(self, gallery, world, sweeper, db):
        world.on_confirm = raising(StorageUnavailable("away"))
        photo = await gallery.pending(url_ended_ago=2 * TTL)
        assert await sweeper.run_once() == Counter({Outcome.STORAGE_AWAY: 1})
        assert await gallery.state(photo) == "pending_upload"
        assert await next_look(db, photo) == about(timedelta(minutes=1))
        world.on_confirm = None
        await look_now(db)
        assert await sweeper.run_once() == Counter({Outcome.CONFIRMED: 1})

    async def test_a_store_found_away_is_left_alone_for_the_rest_of_the_sweep(self, gallery, world, sweeper):
        world.on_confirm = raising(StorageUnavailable("away"))
        for _ in range(BATCH + 10):
            await gallery.pending()
        assert await sweeper.run_once() == Counter({Outcome.STORAGE_AWAY: BATCH + 10})
        assert len(world.confirmed) <= CONCURRENCY

    async def test_a_refused_look_is_rare_and_stops_no_other(self, gallery, world, sweeper, db):
        refused, there = await gallery.pending(), await gallery.pending()

        async def answer(photo_id: Any) -> None:
            if photo_id == refused.id:
                raise StorageAccessDenied("403")

        world.on_confirm = answer
        assert await sweeper.run_once() == Counter({Outcome.ACCESS_DENIED: 1, Outcome.CONFIRMED: 1})
        assert await next_look(db, refused) == about(timedelta(hours=1))
        assert await gallery.state(there) == "uploaded"

    async def test_a_new_url_during_the_last_look_keeps_the_photo_alive(self, gallery, world, sweeper, db):
        photo = await gallery.pending(url_ended_ago=TTL)
        end = datetime.now(UTC) + timedelta(minutes=15)

        async def refreshed_meanwhile(photo_id: Any) -> None:
            issue = uploads.Issue(photo.organization_id, "anna", uuid4(), datetime.now(UTC), end, end, Limits())
            await uploads.reissue(db, issue, photo_id)
            raise UploadNotFound("not there")

        world.on_confirm = refreshed_meanwhile
        assert await sweeper.run_once() == Counter({Outcome.MOVED_ON: 1})
        assert await gallery.state(photo) == "pending_upload"
        assert await next_look(db, photo) == about(timedelta(minutes=15))

    async def test_a_photo_deleted_while_it_was_looked_at_stays_deleted(self, gallery, world, sweeper, db):
        photo = await gallery.pending()

        async def deleted_meanwhile(photo_id: Any) -> None:
            await photos.delete(db, photo_id, photo.organization_id)
            raise PhotoNotFound("deleted")

        world.on_confirm = deleted_meanwhile
        assert (await sweeper.run_once())[Outcome.MOVED_ON] == 1
        assert await photos.get(db, photo.id, None) is None

    async def test_a_photo_deleted_before_it_expires_stays_deleted(self, gallery, world, sweeper, db):
        photo = await gallery.pending(url_ended_ago=TTL)

        async def deleted_meanwhile(photo_id: Any) -> None:
            await photos.delete(db, photo_id, photo.organization_id)
            raise UploadNotFound("not there")

        world.on_confirm = deleted_meanwhile
        assert (await sweeper.run_once())[Outcome.MOVED_ON] == 1

    async def test_a_mismatch_found_by_another_is_left_alone(self, gallery, world, sweeper, db):
        photo = await gallery.pending()

        async def failed_meanwhile(photo_id: Any) -> None:
            await moves.mark_mismatched(db, photo_id, Move(to=CONTENT_MISMATCH, actor="anna"))
            raise InvalidStatusTransition("mismatch")

        world.on_confirm = failed_meanwhile
        assert (await sweeper.run_once())[Outcome.MOVED_ON] == 1
        assert await gallery.state(photo) == "failed(content_mismatch)"

    async def test_one_photo_that_breaks_does_not_stop_the_others(self, gallery, world, sweeper, db):
        made = [await gallery.pending() for _ in range(12)]

        async def answer(photo_id: Any) -> None:
            if photo_id == made[3].id:
                raise ZeroDivisionError

        world.on_confirm = answer
        assert await sweeper.run_once() == Counter({Outcome.CONFIRMED: 11, Outcome.ERROR: 1})
        # It comes due again by itself, behind all others.
        assert await next_look(db, made[3]) == about(timedelta(minutes=5))
        assert await leases(db) == {}
        world.on_confirm = None
        await look_now(db)
        assert await sweeper.run_once() == Counter({Outcome.CONFIRMED: 1})

    async def test_two_sweepers_share_the_work(self, gallery, world, sweeper):
        for _ in range(30):
            await gallery.pending()
        first, second = await asyncio.gather(sweeper.run_once(), sweeper.run_once())
        assert first + second == Counter({Outcome.CONFIRMED: 30})
        assert len(world.confirmed) == len(set(world.confirmed)) == 30

    async def test_what_one_takes_no_other_gets(self, gallery, db):
        made = {(await gallery.pending()).id for _ in range(40)}
        takes = [sweep.take_due_photos(db, limit=30, lease=timedelta(minutes=5)) for _ in range(4)]
        taken = [photo.id for photos in await asyncio.gather(*takes) for photo in photos]
        for _ in range(3):
            taken += [photo.id for photo in await sweep.take_due_photos(db, limit=30, lease=timedelta(minutes=5))]
        assert len(taken) == len(made)
        assert set(taken) == made

    async def test_what_is_found_taken_at_the_last_moment_is_left_to_its_taker(self, gallery, db, eventually):
        """The one who looked before the other's lease was there, and came to it when nobody held the row."""
        photo = await gallery.pending()
        async with db.transaction() as other:
            await other.execute(
                "INSERT INTO sweep_leases VALUES ($1, $2, clock_timestamp() + interval '5 minutes')",
                photo.id,
                photo.organization_id,
            )
            late = asyncio.create_task(sweep.take_due_photos(db, limit=30, lease=timedelta(minutes=5)))
            await eventually(partial(waits_for_other, db))
        assert await late == []

    async def test_a_lease_that_has_ended_keeps_nobody_away(self, gallery, sweeper, db):
        photo = await gallery.pending()
        [taken] = await sweep.take_due_photos(db, limit=30, lease=timedelta(minutes=5))
        assert taken == photo
        assert await sweeper.run_once() == Counter()
        await end_leases(db)
        assert await sweeper.run_once() == Counter({Outcome.CONFIRMED: 1})
        assert await leases(db) == {}

    async def test_letting_go_waits_for_nobody(self, gallery, db):
        made = [(await gallery.pending()).id for _ in range(2)]
        assert len(await sweep.take_due_photos(db, limit=30, lease=timedelta(minutes=5))) == 2
        await end_leases(db)
        async with db.transaction() as other:
            await other.execute("SELECT 1 FROM sweep_leases WHERE photo_id = $1 FOR UPDATE", made[0])
            await asyncio.wait_for(sweep.let_go(db, [made[0]]), timeout=30)
            await asyncio.wait_for(sweep.purge_leases(db), timeout=30)
            assert set(await leases(db)) == {made[0]}

    async def test_taking_a_photo_does_not_write_it_anew(self, gallery, db):
        await gallery.pending()
        [before] = await db.fetch("SELECT ctid FROM photos")
        assert await sweep.take_due_photos(db, limit=30, lease=timedelta(minutes=5))
        assert await db.fetch("SELECT ctid FROM photos") == [before]

    async def test_a_photo_that_awaits_nothing_is_not_looked_at_again(self, gallery, world, sweeper, db):
        photo = await gallery.pending()
        await moves.move(db, photo.id, Move(to=UPLOAD_EXPIRED, actor="anna", sweep_at=datetime.now(UTC)))
        await sweeper.run_once()
        assert await next_look(db, photo) is None
        assert world.confirmed == []


class TestStuckDetections:
    async def stuck(self, gallery: Any, relay: Any, db: Any) -> Any:
        photo = await gallery.uploaded()
        await relay.run_once()
        await look_now(db)
        return photo

    async def test_the_job_is_sent_again_three_times_and_then_the_photo_fails(
        self, gallery, sweeper, db, queue, relay_to
    ):
        relay = relay_to(queue, detection_timeout=DETECTION_TIMEOUT)
        photo = await self.stuck(gallery, relay, db)
        for again in range(1, 4):
            assert await sweeper.run_once() == Counter({Outcome.SENT_AGAIN: 1})
            assert await relay.run_once() == 1
            assert len(queue.jobs) == 1 + again
            assert await next_look(db, photo) == about(DETECTION_TIMEOUT)
            await look_now(db)
        assert await sweeper.run_once() == Counter({Outcome.TIMED_OUT: 1})
        assert await gallery.state(photo) == "failed(detection_timeout)"
        assert await relay.run_once() == 0
        assert await sweeper.run_once() == Counter()
        assert [status for status, _ in await gallery.history(photo)] == [
            "pending_upload",
            "uploaded",
            "processing",
            "failed",
        ]

    async def test_a_job_sent_again_is_a_message_of_its_own(self, gallery, sweeper, db, queue, relay_to):
        relay = relay_to(queue)
        photo = await self.stuck(gallery, relay, db)
        await sweeper.run_once()
        await relay.run_once()
        first, again = queue.jobs
        assert again.message_id != first.message_id
        assert again.body() == first.body() | {"s3_url": f"s3://bucket/{photo.s3_key}"}
        assert again.correlation_id.startswith("sweeper-")

    async def test_a_job_that_still_waits_is_not_doubled(self, gallery, sweeper, db, queue, relay_to):
        photo = await self.stuck(gallery, relay_to(queue), db)
        await sweeper.run_once()
        await look_now(db)
        assert await sweeper.run_once() == Counter({Outcome.JOB_WAITS: 1})
        assert await next_look(db, photo) == about(DETECTION_TIMEOUT)
        assert len(await outbox.take(db, limit=10, lease=DAY)) == 1

    async def test_a_parked_job_counts_as_waiting(self, gallery, sweeper, db, queue, relay_to):
        await self.stuck(gallery, relay_to(queue), db)
        await sweeper.run_once()
        (row,) = await outbox.take(db, limit=10, lease=DAY)
        await outbox.mark_failed(db, {row.id: (None, "InternalError")})
        await look_now(db)
        assert await sweeper.run_once() == Counter({Outcome.JOB_WAITS: 1})

    async def test_a_result_that_came_meanwhile_is_left_alone(self, gallery, sweeper, db, queue, relay_to):
        photo = await self.stuck(gallery, relay_to(queue), db)
        (taken,) = await sweep.take_due_photos(db, limit=10, lease=DAY)
        move = Move(to=COMPLETED, actor="pipeline:detector")
        await moves.mark_completed(db, photo.id, move, {"damage": False})
        assert await sweeper._photos.look_at(taken) is Outcome.MOVED_ON
        assert await gallery.state(photo) == "completed"
        assert await outbox.take(db, limit=10, lease=DAY) == []

    async def test_a_deletion_that_came_meanwhile_is_left_alone(self, gallery, sweeper, db, queue, relay_to):
        photo = await self.stuck(gallery, relay_to(queue), db)
        (taken,) = await sweep.take_due_photos(db, limit=10, lease=DAY)
        await photos.delete(db, photo.id, photo.organization_id)
        assert await sweeper._photos.look_at(taken) is Outcome.MOVED_ON


class TestDeletions:
    async def doomed(self, gallery: Any, db: Any, *, url_ended_ago: timedelta) -> Any:
        photo = await gallery.pending(url_ended_ago=url_ended_ago)
        await photos.delete(db, photo.id, photo.organization_id)
        return photo

    async def due_in(self, db: Any, photo: Any) -> timedelta | None:
        row = await db.fetchrow(
            "SELECT due_at - clock_timestamp() AS wait FROM object_deletions WHERE photo_id = $1", photo.id
        )
        return row and row["wait"]

    async def test_the_object_is_deleted_and_looked_at_again_after_the_url_ended(self, gallery, world, sweeper, db):
        photo = await self.doomed(gallery, db, url_ended_ago=-timedelta(minutes=15))
        assert await sweeper.run_once() == Counter({Outcome.DELETED: 1})
        assert world.deleted == [photo.s3_key]
        assert await self.due_in(db, photo) == about(timedelta(minutes=20))

    async def test_after_the_last_look_nothing_is_left_to_do(self, gallery, world, sweeper, db):
        photo = await self.doomed(gallery, db, url_ended_ago=TTL)
        assert await sweeper.run_once() == Counter({Outcome.DELETED: 1})
        assert world.deleted == [photo.s3_key]
        assert await self.due_in(db, photo) is None

    async def test_a_store_that_is_away_is_asked_again_later(self, gallery, world, sweeper, db):
        photo = await self.doomed(gallery, db, url_ended_ago=TTL)
        world.on_delete = raising(StorageUnavailable("away"))
        assert await sweeper.run_once() == Counter({Outcome.STORAGE_AWAY: 1})
        assert await self.due_in(db, photo) == about(timedelta(minutes=1))
        world.on_delete = None
        await db.execute("UPDATE object_deletions SET due_at = clock_timestamp()")
        assert await sweeper.run_once() == Counter({Outcome.DELETED: 1})
        assert await self.due_in(db, photo) is None

    async def test_a_store_found_away_while_confirming_is_not_asked_to_delete(self, gallery, world, sweeper, db):
        photo = await self.doomed(gallery, db, url_ended_ago=TTL)
        await gallery.pending()
        world.on_confirm = raising(StorageUnavailable("away"))
        assert await sweeper.run_once() == Counter({Outcome.STORAGE_AWAY: 2})
        assert world.deleted == []
        assert await self.due_in(db, photo) == about(timedelta(minutes=1))

    async def test_a_refused_deletion_stops_no_other(self, gallery, world, sweeper, db):
        made = [await self.doomed(gallery, db, url_ended_ago=TTL) for _ in range(2)]

        async def answer(key: str) -> None:
            if key == made[0].s3_key:
                raise StorageAccessDenied("403")

        world.on_delete = answer
        assert await sweeper.run_once() == Counter({Outcome.ACCESS_DENIED: 1, Outcome.DELETED: 1})
        assert await self.due_in(db, made[0]) == about(timedelta(hours=1))

    async def test_a_url_issued_during_the_last_look_earns_another(self, gallery, world, sweeper, db):
        photo = await gallery.pending(url_ended_ago=TTL)
        await moves.mark_mismatched(db, photo.id, Move(to=CONTENT_MISMATCH, actor="anna"))
        end = datetime.now(UTC) + timedelta(minutes=15)

        async def replayed_meanwhile(_: str) -> None:
            issue = uploads.Issue(photo.organization_id, "anna", uuid4(), datetime.now(UTC), end, end, Limits())
            await uploads.reissue(db, issue, photo.id)

        world.on_delete = replayed_meanwhile
        await sweeper.run_once()
        # Its lease, then it is due again with the new end.
        assert await self.due_in(db, photo) == about(timedelta(minutes=5))


class TestHousekeeping:
    async def count(self, db: Any, sql: str) -> int:
        return int((await db.fetchrow(sql))["count"])

    async def test_old_minutes_of_the_quota_and_old_sent_jobs_are_purged(self, gallery, sweeper, db, queue, relay_to):
        for _ in range(3):
            await gallery.uploaded()
        await relay_to(queue).run_once()
        await gallery.uploaded()
        await sweeper.run_once()
        assert await self.count(db, "SELECT count(*) FROM outbox") == 4
        await db.execute("UPDATE outbox SET sent_at = sent_at - interval '8 days' WHERE id < 3")
        await db.execute("UPDATE upload_quota SET since = since - interval '11 minutes'")
        await sweeper.run_once()
        assert await self.count(db, "SELECT count(*) FROM outbox") == 2
        assert await self.count(db, "SELECT count(*) FROM upload_quota") == 0

    async def test_more_old_jobs_than_one_purge_takes_are_all_purged(
        self, gallery, sweeper, db, queue, relay_to, monkeypatch
    ):
        monkeypatch.setattr("photodock.workers.sweeper.PURGE_BATCH", 2)
        for _ in range(5):
            await gallery.uploaded()
        await relay_to(queue).run_once()
        await db.execute("UPDATE outbox SET sent_at = sent_at - interval '8 days'")
        await sweeper.run_once()
        assert await self.count(db, "SELECT count(*) FROM outbox") == 0


async def test_the_loop_sweeps_again_and_stops_when_told(gallery, world, sweeper, running, eventually):
    async with running(sweeper):
        for _ in range(2):
            photo = await gallery.pending()

            async def swept(photo: Any = photo) -> bool:
                return bool(await gallery.state(photo) == "uploaded")

            await eventually(swept)


async def test_the_loop_outlives_a_database_that_goes_away(
    gallery, world, sweeper, running, eventually, db, monkeypatch
):

    take, calls = sweep.take_due_photos, 0

    async def failing_once(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise DatabaseUnavailable("away")
        return await take(*args, **options)

    monkeypatch.setattr(sweep, "take_due_photos", failing_once)
    photo = await gallery.pending()

    async def swept() -> bool:
        return bool(await gallery.state(photo) == "uploaded")

    async with running(sweeper):
        await eventually(swept)


async def test_a_stop_ends_a_sweep_between_two_batches(gallery, world, sweeper):
    for _ in range(BATCH + 5):
        await gallery.pending()
    stop = asyncio.Event()

    async def stopping(_: Any) -> None:
        stop.set()

    world.on_confirm = stopping
    assert await sweeper.run_once(stop) == Counter({Outcome.CONFIRMED: BATCH})
