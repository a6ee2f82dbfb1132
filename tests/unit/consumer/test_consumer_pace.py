"""How many jobs at a time, for how long, and how a consumer stops."""

import asyncio
import os
import signal
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from photodock.consumer import ConsumerOptions, DetectionFailed, Job, PhotoGone, consume, jobs, run, start
from photodock.consumer import consumer as pace
from photodock.domain.errors import QueueUnavailable
from photodock.queues.inbox import DeliveryLost
from support.polling import until
from unit.consumer.conftest import PHOTO_ID, SECONDS, message


async def done_at_once(job: Job) -> dict[str, object]:
    return {}


async def still() -> bool:
    return not any("Lease._keep" in repr(task.get_coro()) for task in asyncio.all_tasks())


async def test_heartbeats_keep_a_running_job_and_end_with_it(running, inbox):
    given = message()
    inbox.messages = [given]
    inbox.heartbeat_seconds = 0.01

    async def three_beats() -> bool:
        return len(inbox.extended) >= 3

    async def long(job: Job) -> dict[str, object]:
        await until(three_beats)
        return {}

    await running.until_empty(long)
    assert set(inbox.extended) == {given.receipt}
    await until(still)


@pytest.mark.parametrize(
    ("fault", "event"),
    [(QueueUnavailable("away"), "job_not_extended"), (DeliveryLost("another has it"), "job_lost")],
    ids=["away", "lost"],
)
async def test_a_heartbeat_that_fails_is_told_and_the_job_goes_on(running, inbox, server, fault, event):
    inbox.messages = [message()]
    inbox.heartbeat_seconds = 0.01
    inbox.faults["extend"] = fault

    async def told() -> bool:
        return event in [line["event"] for line in logs]

    async def long(job: Job) -> dict[str, object]:
        await until(told)
        return {}

    with capture_logs() as logs:
        await running.until_empty(long)
    assert server.statuses == ["processing", "completed"]


async def test_heartbeats_end_with_the_longest_time_of_a_job(running, inbox):
    inbox.messages = [message()]
    inbox.heartbeat_seconds = 0.01
    running.options = ConsumerOptions(job_timeout=0.05)

    async def beaten() -> bool:
        return bool(inbox.extended)

    async with asyncio.timeout(SECONDS), aclosing(running.consumer.stream(running.stop)) as stream:
        job = await anext(stream)
        await until(beaten)
        # An iterator's job cannot be cancelled from outside; it only stops being kept.
        await until(still)
        await job.complete({})


async def test_no_more_jobs_run_at_a_time_than_were_asked_for(running, inbox):
    running.options = ConsumerOptions(concurrency=3)
    inbox.messages = [message() for _ in range(10)]
    at_work, most, three = 0, 0, asyncio.Event()

    async def work(job: Job) -> dict[str, object]:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        if at_work == 3:
            three.set()
        await three.wait()
        await asyncio.sleep(0.01)  # for a fourth, if there is one
        at_work -= 1
        return {}

    await running.until_empty(work)
    assert most == 3
    assert len(inbox.acknowledged) == 10
    assert max(inbox.limits) == 3


def test_a_concurrency_below_one_is_refused():
    with pytest.raises(ValueError, match="concurrency"):
        ConsumerOptions(concurrency=0)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []

    async def noted(stop: asyncio.Event, seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(pace, "_wait", noted)
    return found


async def test_a_queue_that_is_away_is_asked_again_after_growing_pauses(running, inbox, pauses):
    away = [QueueUnavailable("away")] * 7
    inbox.messages = [*away, message(), QueueUnavailable("away"), message()]
    with capture_logs() as logs:
        await running.until_empty(done_at_once)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 1]
    assert [line["event"] for line in logs].count("queue_away") == 8
    assert len(inbox.acknowledged) == 2


async def test_while_photodock_is_away_single_jobs_probe_it(running, inbox, server, pauses):
    running.options = ConsumerOptions(concurrency=3)
    server.faults["GET"] = [httpx.Response(503)] * 9
    inbox.messages = [message() for _ in range(8)]
    await running.until_empty(done_at_once)
    # Three attempts each; jobs that fail together count as one outage.
    assert pauses
    assert pauses == sorted(pauses)
    assert 1 in inbox.limits
    assert inbox.limits[-1] > 1
    assert (len(inbox.given_back), len(inbox.acknowledged)) == (3, 5)


async def started(running: Any, handler: Any) -> "asyncio.Task[None]":
    return asyncio.create_task(running.consumer.run(handler, running.stop))


async def test_a_stop_lets_the_job_in_work_finish_and_takes_no_other(running, inbox, server):
    inbox.messages = [message(), message()]
    at_work = asyncio.Event()
    go_on = asyncio.Event()

    async def work(job: Job) -> dict[str, object]:
        at_work.set()
        await go_on.wait()
        return {}

    async with asyncio.timeout(SECONDS):
        task = await started(running, work)
        await at_work.wait()
        running.stop.set()
        go_on.set()
        await task
    assert server.statuses == ["processing", "completed"]
    assert (len(inbox.acknowledged), len(inbox.messages)) == (1, 1)


async def test_a_job_that_outlasts_the_stop_is_given_back_at_once(running, inbox):
    given = message(receives=4)
    inbox.messages = [given]
    running.options = ConsumerOptions(stop_timeout=0.05)
    at_work = asyncio.Event()

    async def hang(job: Job) -> dict[str, object]:
        at_work.set()
        await asyncio.Event().wait()
        return {}

    async with asyncio.timeout(SECONDS):
        task = await started(running, hang)
        await at_work.wait()
        running.stop.set()
        await task
    assert inbox.given_back == [(given.receipt, 0)]


async def test_a_cancelled_consumer_gives_its_job_back_at_once(running, inbox):
    given = message()
    inbox.messages = [given]
    at_work = asyncio.Event()

    async def hang(job: Job) -> dict[str, object]:
        at_work.set()
        await asyncio.Event().wait()
        return {}

    async with asyncio.timeout(SECONDS):
        task = await started(running, hang)
        await at_work.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert inbox.given_back == [(given.receipt, 0)]


@pytest.mark.parametrize("fault", [None, QueueUnavailable("away"), TimeoutError()], ids=repr)
async def test_what_arrives_together_with_the_stop_is_given_back_at_once(running, inbox, server, fault):
    given = message()
    inbox.messages = [given]
    if fault:
        inbox.faults = {"give_back": fault, "receive_no_more": fault}
    receive = inbox.receive

    async def stopping(*, limit: int) -> Any:
        running.stop.set()
        return await receive(limit=limit)

    inbox.receive = stopping
    async with asyncio.timeout(SECONDS):
        await running.consumer.run(done_at_once, running.stop)
    assert inbox.given_back == ([] if fault else [(given.receipt, 0)])
    assert server.requests == []


async def test_a_stop_ends_the_pause_of_an_outage(running, inbox):
    inbox.messages = [QueueUnavailable("away")] * 9
    async with asyncio.timeout(SECONDS):
        task = await started(running, done_at_once)
        await until(lambda: _few(inbox))
        running.stop.set()
        await task
    assert inbox.messages


async def _few(inbox: Any) -> bool:
    return len(inbox.messages) <= 7


async def test_the_iterator_gives_one_job_after_another(running, inbox, server):
    given = [message(), message()]
    inbox.messages = list(given)
    found = []
    async with asyncio.timeout(SECONDS):
        async for job in running.consumer.stream(running.stop):
            found.append(job.receives)
            await job.complete({})
            if len(found) == 2:
                running.stop.set()
    assert server.statuses == ["processing", "completed"] * 2
    assert inbox.acknowledged == [one.receipt for one in given]


async def test_a_job_left_unreported_by_the_loop_comes_again(running, inbox):
    given = [message(), message(), message(receives=2)]
    inbox.messages = list(given)
    async with asyncio.timeout(SECONDS), aclosing(running.consumer.stream(running.stop)) as stream:
        await anext(stream)
        second = await anext(stream)
        await second.complete({})
        third = await anext(stream)
        assert third.receives == 2
    assert inbox.given_back == [(given[0].receipt, 10), (given[2].receipt, 20)]
    assert inbox.acknowledged == [given[1].receipt]


@pytest.mark.parametrize(
    ("error", "status", "acknowledged"),
    [
        (DetectionFailed("blurred"), ["processing", "failed"], 1),
        (PhotoGone("deleted"), ["processing"], 1),
        (KeyError("a bug"), ["processing"], 0),
        (TimeoutError("slow"), ["processing"], 0),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_within_its_block_a_jobs_exception_ends_no_loop(running, inbox, server, error, status, acknowledged):
    inbox.messages = [message(), message()]
    async with asyncio.timeout(SECONDS), aclosing(running.consumer.stream(running.stop)) as stream:
        with capture_logs() as logs:
            async with await anext(stream):
                raise error
            await anext(stream)
    assert server.statuses == [*status, "processing"]
    assert (len(inbox.acknowledged), len(inbox.given_back)) == (acknowledged, 2 - acknowledged)
    assert "job_left_unreported" not in [line["event"] for line in logs]


async def test_the_iterator_passes_over_what_is_no_job_for_it(running, inbox, server, pauses):
    server.faults["GET"] = [httpx.Response(503)] * 3
    poison = message(message_id="nonsense")
    inbox.messages = [poison, message(), message()]
    async with asyncio.timeout(SECONDS), aclosing(running.consumer.stream(running.stop)) as stream:
        job = await anext(stream)
        await job.complete({})
    assert len(inbox.given_back) == 2


@pytest.fixture
def made(monkeypatch, inbox, photodock):
    """What the entrances ask for; they get the fakes."""
    asked: list[dict[str, Any]] = []

    def inbox_at(queue_url: str, **options: Any) -> Any:
        asked.append({"queue_url": queue_url} | options)
        return inbox

    monkeypatch.setattr(start, "inbox_at", inbox_at)
    monkeypatch.setattr(start, "Photodock", lambda url, token, **_: photodock)
    return asked


PLACE = {"photodock_url": "http://photodock.test", "token": "t"}


async def test_the_entrances_open_the_queue_of_the_url(made, inbox, server):
    stop = asyncio.Event()
    options = ConsumerOptions(concurrency=2, region="eu-west-1", visibility_seconds=33)
    inbox.messages = [message(), message()]
    async with asyncio.timeout(SECONDS):
        async for job in jobs("https://queue.test/1/q", stop=stop, options=options, **PLACE):
            await job.complete({})
            if not inbox.messages:
                stop.set()
    assert server.statuses == ["processing", "completed"] * 2
    stop.clear()
    inbox.messages = [message()]
    async with asyncio.timeout(SECONDS):
        consuming = asyncio.create_task(consume(done_at_once, "https://queue.test/1/q", stop=stop, **PLACE))
        await inbox.empty.wait()
        stop.set()
        await consuming
    assert made[0]["queue_url"] == "https://queue.test/1/q"
    assert (made[0]["concurrency"], made[0]["region"], made[0]["visibility_seconds"]) == (2, "eu-west-1", 33)
    assert made[1]["concurrency"] == 1


def test_a_signal_ends_a_whole_program(made, inbox):
    inbox.messages = [message()]

    async def work(job: Job) -> dict[str, object]:
        os.kill(os.getpid(), signal.SIGTERM)
        return {}

    run(work, "https://queue.test/1/q", **PLACE)
    assert len(inbox.acknowledged) == 1


@pytest.mark.parametrize("url", ["photodock.example.com", "ftp://x", "http://"])
async def test_an_address_that_is_none_is_refused_before_anything_is_received(url):
    with pytest.raises(ValueError, match="photodock_url"):
        await consume(done_at_once, "http://127.0.0.1:9/0/q", photodock_url=url, token="t")
    with pytest.raises(ValueError, match="begins with https"):
        await consume(done_at_once, "kafka://x", photodock_url="http://photodock.test", token="t")


async def test_a_token_may_be_renewed(server):
    tokens = ["first", "second"]
    made = start.Photodock(
        "http://photodock.test",
        lambda: tokens.pop(0),
        max_photo_bytes=9,
        transport=httpx.MockTransport(server),
    )
    for _ in range(2):
        await made.photo(PHOTO_ID, {})
    await made.aclose()
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer first", "Bearer second"]
