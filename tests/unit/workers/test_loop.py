"""The supervision of a worker's parts."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from photodock.workers import loop
from photodock.workers.loop import cancelled_on_stop, run, run_until_signalled


@pytest.fixture(autouse=True)
def quick_restarts(monkeypatch):
    monkeypatch.setattr(loop, "FIRST_RESTART_SECONDS", 0.01)
    monkeypatch.setattr(loop, "LAST_RESTART_SECONDS", 0.04)


async def idle(stop: asyncio.Event) -> None:
    await stop.wait()


async def test_parts_run_side_by_side_until_the_stop():
    stop, both = asyncio.Event(), asyncio.Barrier(2)

    async def part(stop: asyncio.Event) -> None:
        await both.wait()
        stop.set()

    async with asyncio.timeout(30):
        await run({"one": part, "two": part}, stop)


async def test_a_part_that_raises_is_started_again_and_disturbs_no_other():
    stop, starts, others = asyncio.Event(), 0, 0

    async def failing(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts == 3:
            stop.set()
            return
        raise ZeroDivisionError

    async def steady(stop: asyncio.Event) -> None:
        nonlocal others
        others += 1
        await stop.wait()

    with capture_logs() as logs:
        async with asyncio.timeout(30):
            await run({"failing": failing, "steady": steady}, stop)
    assert (starts, others) == (3, 1)
    assert [line["part"] for line in logs if line["event"] == "worker_part_failed"] == ["failing"] * 2


async def test_a_part_that_returns_too_early_is_started_again():
    stop, starts = asyncio.Event(), 0

    async def short(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts == 2:
            stop.set()

    async with asyncio.timeout(30):
        await run({"short": short}, stop)
    assert starts == 2


async def test_restarts_wait_longer_and_longer():
    stop, starts = asyncio.Event(), 0

    async def failing(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts == 5:
            stop.set()
        raise ZeroDivisionError

    with capture_logs() as logs:
        await run({"failing": failing}, stop)
    waits = [line["seconds"] for line in logs if line["event"] == "worker_part_restarting"]
    assert waits == [0.01, 0.02, 0.04, 0.04]


async def test_a_part_that_had_run_well_is_started_again_soon(monkeypatch):
    monkeypatch.setattr(loop, "STEADY_SECONDS", 0)
    stop, starts = asyncio.Event(), 0

    async def failing(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts == 4:
            stop.set()
        raise ZeroDivisionError

    with capture_logs() as logs:
        await run({"failing": failing}, stop)
    assert [line["seconds"] for line in logs if line["event"] == "worker_part_restarting"] == [0.01] * 3


async def test_a_stop_lets_a_part_finish_what_it_has_in_hand():
    stop, finished = asyncio.Event(), False

    async def part(stop: asyncio.Event) -> None:
        nonlocal finished
        stop.set()
        await asyncio.sleep(0.05)
        finished = True

    await run({"part": part}, stop, grace_seconds=60)
    assert finished


async def test_a_part_that_does_not_stop_is_cancelled_and_may_clean_up():
    stop, cleaned = asyncio.Event(), False

    async def stubborn(stop: asyncio.Event) -> None:
        nonlocal cleaned
        stop.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            cleaned = True
            raise

    with capture_logs() as logs:
        async with asyncio.timeout(30):
            await run({"stubborn": stubborn, "idle": idle}, stop, grace_seconds=0.05)
    assert cleaned
    assert [line["part"] for line in logs if line["event"] == "worker_part_cancelled"] == ["stubborn"]


async def test_cancelling_the_worker_cancels_its_parts():
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def part(stop: asyncio.Event) -> None:
        started.set()
        try:
            await stop.wait()
        finally:
            cancelled.set()

    task = asyncio.create_task(run({"part": part}, asyncio.Event()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled.is_set()


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Handlers are the whole process's: the tests behind find theirs."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_worker_in_order(number):
    stopped = False

    async def part(stop: asyncio.Event) -> None:
        nonlocal stopped
        os.kill(os.getpid(), number)
        await stop.wait()
        stopped = True

    async with asyncio.timeout(30):
        await run_until_signalled({"part": part})
    assert stopped
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("own_signals")
async def test_a_second_signal_does_not_break_off_what_closes():
    async def part(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()

    async with asyncio.timeout(30):
        await run_until_signalled({"part": part})
    os.kill(os.getpid(), signal.SIGTERM)


async def test_an_endless_part_ends_at_the_stop():
    stop = asyncio.Event()

    async def endless() -> None:
        stop.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(30):
        await run({"endless": cancelled_on_stop(endless)}, stop)


async def test_an_endless_part_that_raises_is_started_again():
    stop, starts = asyncio.Event(), 0

    async def endless() -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            raise ZeroDivisionError
        stop.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(30):
        await run({"endless": cancelled_on_stop(endless)}, stop)
    assert starts == 2
