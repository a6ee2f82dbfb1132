"""The relay between a real database and a broker that does what the test says; SQS itself is in test_sqs_queue."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from photodock.db import outbox, photos
from photodock.db.listener import Listener
from photodock.db.pool import Database
from photodock.domain.errors import QueueUnavailable
from photodock.workers import relay as relay_module
from photodock.workers.relay import LEASE, Backoff, Relay

AT_ONCE = Backoff(first=timedelta(0))


def refusing(*refused: Any) -> Any:
    """A broker that refuses the jobs of these photos."""

    async def answer(jobs: Any) -> list[str | None]:
        return ["InternalError" if job.photo_id in refused else None for job in jobs]

    return answer


async def away(jobs: Any) -> list[str | None]:
    raise QueueUnavailable("The queue can't be reached (ConnectTimeoutError).")


async def rows(db: Any) -> list[dict[str, Any]]:
    found = await db.fetch(
        "SELECT *, due_at - clock_timestamp() AS wait, sent_at IS NOT NULL AS sent, parked_at IS NOT NULL AS parked "
        "FROM outbox ORDER BY id"
    )
    return [dict(row) for row in found]


async def now(db: Any) -> datetime:
    """By the database's clock."""
    found: datetime = (await db.fetchrow("SELECT clock_timestamp() AS now"))["now"]
    return found


async def make_due(db: Any) -> None:
    await db.execute("UPDATE outbox SET due_at = clock_timestamp() WHERE sent_at IS NULL")


async def test_a_batch_is_sent_once_and_its_photos_move_to_processing(gallery, queue, relay_to):
    made = [await gallery.uploaded() for _ in range(3)]
    relay = relay_to(queue)
    assert await relay.run_once() == 3
    assert await relay.run_once() == 0
    assert [len(batch) for batch in queue.batches] == [3]
    for photo in made:
        assert await gallery.state(photo) == "processing"
        assert (await gallery.history(photo))[-2:] == [("uploaded", "anna"), ("processing", "relay")]


async def test_a_job_carries_what_the_confirming_request_gave(gallery, queue, relay_to):
    photo = await gallery.uploaded()
    await relay_to(queue).run_once()
    (job,) = queue.jobs
    assert job.correlation_id == f"correlation-{photo.id}"
    assert job.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert job.body() == {
        "photo_id": str(photo.id),
        "s3_url": f"s3://bucket/{photo.id}",
        "detection_types": ["damage"],
        "priority": "normal",
    }


async def test_batches_are_no_larger_than_asked(gallery, queue, relay_to):
    for _ in range(5):
        await gallery.uploaded()
    relay = relay_to(queue, batch_size=2)
    assert [await relay.run_once() for _ in range(4)] == [2, 2, 1, 0]


async def test_a_relay_killed_between_publish_and_mark_sends_the_same_message_again(gallery, db, queue, relay_to):
    photo = await gallery.uploaded()
    # What a relay does up to the kill: take, publish; no mark.
    (taken,) = await outbox.take(db, limit=10, lease=LEASE)
    await queue.publish([taken.job])
    assert await relay_to(queue).run_once() == 0
    await make_due(db)  # the lease ends
    assert await relay_to(queue).run_once() == 1
    first, second = queue.jobs
    assert first == second
    assert await gallery.state(photo) == "processing"


async def test_one_refused_job_does_not_hold_back_the_others(gallery, db, queue, relay_to):
    made = [await gallery.uploaded() for _ in range(3)]
    queue.answer = refusing(made[1].id)
    before = await now(db)
    await relay_to(queue).run_once()
    after = await now(db)
    assert [await gallery.state(photo) for photo in made] == ["processing", "uploaded", "processing"]
    sent, waiting, _ = await rows(db)
    assert sent["sent"]
    assert (waiting["sent"], waiting["attempts"], waiting["last_error"]) == (False, 1, "InternalError")
    assert before < waiting["due_at"] < after + timedelta(seconds=2)


async def test_attempts_wait_longer_and_longer(gallery, db, queue, relay_to):
    await gallery.uploaded()
    queue.answer = away
    relay = relay_to(queue)
    for power in range(4):
        await make_due(db)
        before = await now(db)
        await relay.run_once()
        after = await now(db)
        due = (await rows(db))[0]["due_at"]
        # Each a quarter longer or shorter by chance, from a moment between the two.
        assert before + timedelta(seconds=0.75 * 4**power) <= due <= after + timedelta(seconds=1.25 * 4**power)


async def test_after_ten_attempts_a_job_is_parked_and_a_manual_retry_sends_it(gallery, db, queue, relay_to):
    photo = await gallery.uploaded()
    queue.answer = refusing(photo.id)
    relay = relay_to(queue)
    for attempt in range(1, 11):
        assert await relay.run_once() == 1
        (row,) = await rows(db)
        assert (row["attempts"], row["parked"]) == (attempt, attempt == 10)
        await make_due(db)
    assert await relay.run_once() == 0
    assert [job.photo_id for job in await outbox.parked(db, None)] == [photo.id]
    queue.answer = None
    assert await outbox.retry(db, None, None) == 1
    assert await relay.run_once() == 1
    assert await gallery.state(photo) == "processing"
    assert len({job.message_id for job in queue.jobs}) == 1


async def test_while_the_broker_is_away_single_jobs_probe_it(gallery, db, queue, relay_to):
    for _ in range(6):
        await gallery.uploaded()
    queue.answer = away
    relay = relay_to(queue, batch_size=3)
    for _ in range(4):
        await relay.run_once()
    assert [len(batch) for batch in queue.batches] == [3, 1, 1, 1]
    assert [row["attempts"] for row in await rows(db)] == [1] * 6


async def test_a_job_that_breaks_the_adapter_is_found_by_probing(gallery, db, queue, relay_to):
    made = [await gallery.uploaded() for _ in range(3)]

    async def breaking(jobs: Any) -> list[str | None]:
        if any(job.photo_id == made[0].id for job in jobs):
            raise ValueError("poison")
        return [None] * len(jobs)

    queue.answer = breaking
    relay = relay_to(queue)
    await relay.run_once()
    await make_due(db)
    while await relay.run_once():
        pass
    assert [await gallery.state(photo) for photo in made] == ["uploaded", "processing", "processing"]
    assert (await rows(db))[0]["last_error"] == "ValueError"


async def test_when_the_broker_is_back_waiting_retries_come_due_at_once(gallery, db, queue, relay_to):
    for _ in range(3):
        await gallery.uploaded()
    queue.answer = away
    relay = relay_to(queue)
    for _ in range(6):
        await make_due(db)
        await relay.run_once()
    await db.execute("UPDATE outbox SET due_at = clock_timestamp() WHERE id = (SELECT min(id) FROM outbox)")
    await db.execute(
        "UPDATE outbox SET due_at = clock_timestamp() + interval '1 hour' WHERE due_at > clock_timestamp()"
    )
    queue.answer = None
    assert await relay.run_once() == 1
    assert await relay.run_once() == 2


async def test_an_outage_of_the_broker_is_caught_up_with(gallery, queue, relay_to, running, eventually):
    queue.answer = away
    async with running(relay_to(queue, backoff=AT_ONCE, poll_seconds=0.1, longest_pause_seconds=0.05)):
        made = [await gallery.uploaded() for _ in range(5)]
        await eventually(lambda: tried(queue, 3))
        assert {await gallery.state(photo) for photo in made} == {"uploaded"}
        queue.answer = None
        await eventually(lambda: all_in(gallery, made, "processing"))


async def tried(queue: Any, times: int) -> bool:
    return len(queue.batches) >= times


async def all_in(gallery: Any, made: Any, state: str) -> bool:
    return {await gallery.state(photo) for photo in made} == {state}


async def test_two_relays_side_by_side_send_each_job_once(gallery, queue, relay_to, running, eventually):
    made = [await gallery.uploaded() for _ in range(60)]
    async with running(relay_to(queue, batch_size=7)), running(relay_to(queue, batch_size=7)):
        await eventually(lambda: all_in(gallery, made, "processing"))
    assert sorted(job.photo_id for job in queue.jobs) == sorted(photo.id for photo in made)


async def test_a_confirm_wakes_the_relay_without_polling(gallery, queue, relay_to, running, eventually):
    async with running(relay_to(queue, poll_seconds=600)):
        first = await gallery.uploaded()
        await eventually(lambda: all_in(gallery, [first], "processing"))
        second = await gallery.pending()
        await gallery.confirm(second.id)
        await eventually(lambda: tried(queue, 2))


async def test_jobs_that_come_one_by_one_are_gathered(gallery, queue, relay_to, running, eventually, monkeypatch):
    enough = asyncio.Event()
    waits = relay_module.wait_for_any

    async def gathering(*events: asyncio.Event, timeout: float) -> None:
        if len(events) == 1 and timeout == relay_module.GATHER_SECONDS:
            await enough.wait()
        else:
            await waits(*events, timeout=timeout)

    async def all_sent() -> bool:
        return len(queue.jobs) == 4

    async def first_sent() -> bool:
        return len(queue.jobs) == 1

    monkeypatch.setattr(relay_module, "wait_for_any", gathering)
    async with running(relay_to(queue)):
        await gallery.uploaded()
        await eventually(first_sent)
        for _ in range(3):
            await gallery.uploaded()
        enough.set()
        await eventually(all_sent)
    assert [len(batch) for batch in queue.batches] == [1, 3]


async def test_a_terminated_listener_comes_back(gallery, db, queue, relay_to, running, eventually):
    listening = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"

    async def listens() -> bool:
        return await db.fetchrow(listening) is not None

    async with running(relay_to(queue, poll_seconds=600)):
        await eventually(listens)
        first = await db.fetchrow(listening)
        await db.fetchrow("SELECT pg_terminate_backend($1)", first["pid"])
        await eventually(lambda: other_than(db, listening, first["pid"]))
        photo = await gallery.uploaded()
        await eventually(lambda: all_in(gallery, [photo], "processing"))


async def other_than(db: Any, sql: str, pid: int) -> bool:
    row = await db.fetchrow(sql)
    return row is not None and row["pid"] != pid


async def test_a_retry_is_sent_when_it_comes_due_not_at_the_next_poll(gallery, queue, relay_to, running, eventually):
    photo = await gallery.uploaded()
    queue.answer = refusing(photo.id)
    async with running(relay_to(queue, poll_seconds=600, backoff=Backoff(first=timedelta(milliseconds=200)))):
        await eventually(lambda: tried(queue, 1))
        queue.answer = None
        await eventually(lambda: all_in(gallery, [photo], "processing"))


async def test_a_cancelled_relay_gives_its_rows_back(gallery, db, queue, relay_to, eventually):
    await gallery.uploaded()

    async def hanging(jobs: Any) -> list[str | None]:
        await asyncio.Event().wait()
        raise AssertionError

    queue.answer = hanging
    task = asyncio.create_task(relay_to(queue).run(asyncio.Event()))
    await eventually(lambda: tried(queue, 1))
    assert (await rows(db))[0]["wait"] > timedelta(seconds=30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (row,) = await rows(db)
    assert row["wait"] <= timedelta(0)
    assert row["attempts"] == 0


async def test_a_batch_in_hand_is_finished_on_stop(gallery, queue, relay_to, eventually):
    photo = await gallery.uploaded()
    go_on = asyncio.Event()

    async def slow(jobs: Any) -> list[str | None]:
        await go_on.wait()
        return [None] * len(jobs)

    queue.answer = slow
    stop = asyncio.Event()
    task = asyncio.create_task(relay_to(queue).run(stop))
    await eventually(lambda: tried(queue, 1))
    stop.set()
    go_on.set()
    async with asyncio.timeout(60):
        await task
    assert await gallery.state(photo) == "processing"


async def test_a_broker_that_never_answers_counts_as_away(gallery, db, queue, relay_to, monkeypatch):
    await gallery.uploaded()

    async def hanging(jobs: Any) -> list[str | None]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("photodock.workers.relay.PUBLISH_SECONDS", 0.05)
    queue.answer = hanging
    await relay_to(queue).run_once()
    assert (await rows(db))[0]["last_error"] == "The queue did not answer in time."


async def test_a_photo_deleted_after_its_job_was_taken_disturbs_nothing(gallery, db, queue, relay_to):
    deleted, kept = await gallery.uploaded(), await gallery.uploaded()

    async def deleting(jobs: Any) -> list[str | None]:
        await photos.delete(db, deleted.id, deleted.organization_id)
        return [None, None]

    queue.answer = deleting
    await relay_to(queue).run_once()
    assert await photos.get(db, deleted.id, None) is None
    assert await gallery.state(kept) == "processing"


async def test_connections_that_are_cut_are_replaced(gallery, db, queue, relay_to, running, eventually, database_url):
    async with running(relay_to(queue, poll_seconds=0.1)):
        first = await gallery.uploaded()
        await eventually(lambda: all_in(gallery, [first], "processing"))
        await db.fetch(CUT_OTHERS, name_of(database_url))
        second = await gallery.uploaded()
        await eventually(lambda: all_in(gallery, [second], "processing"))


# It returns when they have gone: the test's own connections are of this pool too.
CUT_OTHERS = (
    "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
)


def name_of(database_url: str) -> str:
    return database_url.rpartition("/")[2]


async def test_the_relay_goes_on_when_the_database_is_back(
    gallery, queue, relay_to, running, eventually, gate_to, database_url
):
    gate = await gate_to(database_url)
    behind_gate = Database(database_url.replace(urlsplit(database_url).netloc.rpartition("@")[2], gate.address))
    relay = Relay(
        behind_gate,
        queue,
        Listener(database_url, outbox.CHANNEL),
        detection_timeout=timedelta(hours=1),
        poll_seconds=0.05,
    )
    with capture_logs() as logs:
        async with running(relay):
            first = await gallery.uploaded()
            await eventually(lambda: all_in(gallery, [first], "processing"))
            await gate.close()
            second = await gallery.uploaded()

            async def noticed() -> bool:
                return any(line["event"] == "relay_waits_for_database" for line in logs)

            await eventually(noticed)
            assert await gallery.state(second) == "uploaded"
            await gate.open()
            await eventually(lambda: all_in(gallery, [second], "processing"))
    await behind_gate.close()


async def test_a_database_that_is_away_for_a_moment_costs_no_second_sending(
    gallery, queue, relay_to, gate_to, database_url, eventually
):
    gate = await gate_to(database_url)
    behind_gate = Database(database_url.replace(urlsplit(database_url).netloc.rpartition("@")[2], gate.address))
    photo = await gallery.uploaded()

    async def sent_as_the_database_goes(jobs: Any) -> list[str | None]:
        await gate.close()
        return [None] * len(jobs)

    queue.answer = sent_as_the_database_goes
    relay = Relay(behind_gate, queue, Listener(database_url, outbox.CHANNEL), detection_timeout=timedelta(hours=1))
    sending = asyncio.create_task(relay.run_once())
    await eventually(lambda: tried(queue, 1))
    await gate.open()
    assert await sending == 1
    assert await gallery.state(photo) == "processing"
    assert len(queue.jobs) == 1
    await behind_gate.close()
