"""The consumer kit on both real brokers: nothing is lost, nothing is acknowledged too early."""

import asyncio
from dataclasses import replace
from uuid import UUID

from structlog.testing import capture_logs

from integration.consumer.conftest import FAST, SECONDS, detect, job
from photodock.consumer import Job
from photodock.consumer.done import RecentIds
from photodock.queues.by_url import dead_letters_at
from support.polling import until


async def hang(job: Job) -> None:
    await asyncio.Event().wait()


def reported(photodock, *sent):
    async def look() -> bool:
        return all("completed" in photodock.statuses(one.photo_id) for one in sent)

    return look


async def test_every_job_is_reported_once_and_then_gone(kit, broker, photodock):
    sent = [job() for _ in range(12)]
    await broker.send(*sent)
    await kit.start(detect, options=replace(FAST, concurrency=4))
    await until(reported(photodock, *sent), seconds=SECONDS)
    await until(broker.empty)
    assert all(photodock.statuses(one.photo_id) == ["processing", "completed"] for one in sent)
    assert photodock.results[str(sent[0].photo_id)] == {"bytes": 5}


async def test_a_job_carries_all_that_was_sent(kit, broker):
    sent = job()
    await broker.send(sent)
    seen: list[Job] = []

    async def look(one: Job) -> dict[str, object]:
        seen.append(one)
        return {}

    await kit.start(look)
    await until(broker.empty)
    await until(lambda: _any(seen))
    [found] = seen
    assert (found.photo_id, found.message_id, found.s3_url) == (sent.photo_id, sent.message_id, sent.s3_url)
    assert (found.detection_types, found.priority) == (sent.detection_types, sent.priority)
    assert (found.correlation_id, found.traceparent, found.receives) == (sent.correlation_id, sent.traceparent, 1)


async def _any(found: list[Job]) -> bool:
    return bool(found)


async def test_the_job_of_a_consumer_that_crashed_comes_to_another(kit, broker, photodock):
    sent = job()
    await broker.send(sent)
    at_work = asyncio.Event()
    receives: list[int] = []

    async def crash(one: Job) -> None:
        at_work.set()
        await asyncio.Event().wait()

    async def finish(one: Job) -> dict[str, object]:
        receives.append(one.receives)
        return {}

    task, _ = await kit.start(crash)
    async with asyncio.timeout(SECONDS):
        await at_work.wait()
    task.cancel()
    await kit.start(finish)
    await until(reported(photodock, sent), seconds=SECONDS)
    await until(broker.empty)
    assert receives == [2]


async def test_a_job_reported_before_the_crash_is_known_by_the_shared_memory(kit, broker, photodock):
    """The report was accepted, and the acknowledgement lost."""
    sent = job()
    await broker.send(sent)
    shared = RecentIds()
    held = asyncio.Event()

    async def report_and_die(one: Job) -> None:
        await photodock_report(one)
        await shared.add(str(one.message_id))
        held.set()
        await asyncio.Event().wait()

    async def photodock_report(one: Job) -> None:
        await one._photodock.report(one.photo_id, {"status": "completed", "detections": {}}, one._headers)

    async def never(one: Job) -> None:
        raise AssertionError("it was done already")

    task, _ = await kit.start(report_and_die, done=shared)
    async with asyncio.timeout(SECONDS):
        await held.wait()
    task.cancel()

    async def told() -> bool:
        return "job_seen_before" in [line["event"] for line in logs]

    with capture_logs() as logs:
        await kit.start(never, done=shared)
        await until(told, seconds=SECONDS)
        await until(broker.empty)
    assert photodock.statuses(sent.photo_id) == ["processing", "completed"]


async def test_heartbeats_keep_a_long_job_from_a_second_consumer(kit, broker, photodock):
    """It lasts longer than the visibility timeout, where there is one."""
    sent = job()
    await broker.send(sent)
    starts: list[UUID] = []

    async def long(one: Job) -> dict[str, object]:
        starts.append(one.photo_id)
        await asyncio.sleep(1.5 * options.visibility_seconds if broker.url.startswith("http") else 1)
        return {}

    options = replace(FAST, visibility_seconds=6, stop_timeout=10)
    await kit.start(long, options=options)
    await kit.start(long, options=options)
    await until(reported(photodock, sent), seconds=SECONDS)
    await until(broker.empty)
    assert starts == [sent.photo_id]


async def test_poison_ends_as_a_dead_letter_is_shown_and_moved_back_and_done(kit, broker, photodock, letters):
    poison, good = job(), job()
    await broker.send(poison)
    mended = False
    receives: list[int] = []

    async def stumble(one: Job) -> dict[str, object]:
        if one.photo_id == poison.photo_id and not mended:
            receives.append(one.receives)
            raise ValueError("a bug of the detector")
        return {}

    await kit.start(stumble)

    async def is_dead() -> bool:
        return await broker.dead() == 1

    await until(is_dead, seconds=SECONDS)
    assert receives == [1, 2, 3, 4, 5]
    await broker.send(good)
    await until(reported(photodock, good), seconds=SECONDS)

    [first], [again] = await letters(1), await letters(1)
    assert first.body == again.body
    assert first.attributes == again.attributes == poison.attributes()
    await broker.holds(left=0, dead=1)

    mended = True
    queue = dead_letters_at(broker.url)
    redriven = await queue.redrive(None)
    await queue.aclose()
    assert (redriven.moved, redriven.rest) == (1, "")
    await until(reported(photodock, poison), seconds=SECONDS)
    await broker.holds(left=0, dead=0)


async def test_a_message_that_is_no_job_neither_blocks_nor_gets_lost(kit, broker, photodock, letters):
    await broker.send_raw("no job at all")
    good = job()
    await broker.send(good)
    await kit.start(detect)
    await until(reported(photodock, good), seconds=SECONDS)

    async def is_dead() -> bool:
        return await broker.dead() == 1

    await until(is_dead, seconds=SECONDS)
    [letter] = await letters(1)
    assert letter.body == "no job at all"


async def test_a_job_that_waits_for_its_next_delivery_does_not_block_the_others(kit, broker, photodock):
    """With a single job at a time, and one that is held back for longer than this test lasts."""
    poison, *good = [job() for _ in range(4)]
    await broker.send(poison)
    failed = asyncio.Event()

    async def stumble(one: Job) -> dict[str, object]:
        if one.photo_id == poison.photo_id:
            failed.set()
            raise ValueError
        return {}

    await kit.start(stumble, options=replace(FAST, first_delay=600, longest_delay=600))
    async with asyncio.timeout(SECONDS):
        await failed.wait()
    await broker.send(*good)
    await until(reported(photodock, *good), seconds=SECONDS)
    assert photodock.statuses(poison.photo_id) == ["processing"]


async def test_a_stop_gives_the_job_in_work_back_at_once(kit, broker, photodock):
    sent = job()
    await broker.send(sent)
    at_work = asyncio.Event()

    async def slow(one: Job) -> None:
        at_work.set()
        await hang(one)

    task, stop = await kit.start(slow, options=replace(FAST, visibility_seconds=600))
    async with asyncio.timeout(SECONDS):
        await at_work.wait()
        stop.set()
        await task
    await kit.start(detect)
    await until(reported(photodock, sent), seconds=SECONDS)


async def test_a_stop_costs_jobs_that_were_not_begun_no_more_than_one_delivery(kit, broker, photodock):
    """One job is at work, and a stopping consumer must not be given its own jobs again."""
    await broker.send(*(job() for _ in range(6)))
    at_work = asyncio.Event()
    receives: list[int] = []

    async def slow(one: Job) -> None:
        at_work.set()
        await hang(one)

    async def count(one: Job) -> dict[str, object]:
        receives.append(one.receives)
        return {}

    task, stop = await kit.start(slow, options=replace(FAST, concurrency=3))
    async with asyncio.timeout(SECONDS):
        await at_work.wait()
        stop.set()
        await task
    await kit.start(count)
    await until(broker.empty, seconds=SECONDS)
    assert len(receives) == 6
    assert max(receives) == 2


async def test_a_stop_lets_a_job_finish_that_is_quick_enough(kit, broker, photodock):
    sent, other = job(), job()
    await broker.send(sent)
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def work(one: Job) -> dict[str, object]:
        at_work.set()
        await go_on.wait()
        return {}

    task, stop = await kit.start(work, options=replace(FAST, stop_timeout=SECONDS))
    async with asyncio.timeout(SECONDS):
        await at_work.wait()
        stop.set()
        await broker.send(other)
        go_on.set()
        await task
    assert photodock.statuses(sent.photo_id) == ["processing", "completed"]
    assert photodock.statuses(other.photo_id) == []
    await broker.holds(left=1)
