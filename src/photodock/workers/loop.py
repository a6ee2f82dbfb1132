"""The worker process: its parts under supervision, until it is told to stop."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

import structlog

from photodock.metrics.definitions import WORKER_PART_FAILURES
from photodock.workers.waiting import wait_for_any

log = structlog.get_logger(__name__)

Part: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set, then finishes what it has in hand and returns. Cancelling it must be safe too."""

FIRST_RESTART_SECONDS = 1.0
LAST_RESTART_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A part that ran this long had started well: its next restart waits the shortest time again."""


async def run(parts: Mapping[str, Part], stop: asyncio.Event, *, grace_seconds: float = 7.0) -> None:
    """Runs the named parts until `stop` is set; one that raises, or returns before, is started again.

    After `stop` the parts have `grace_seconds` to return. Those that then still run are cancelled, and have another
    second for giving back what they hold: all ends within 10 seconds, as process managers expect.
    """
    tasks = {
        asyncio.create_task(_supervise(name, part, stop, FIRST_RESTART_SECONDS), name=name)
        for name, part in parts.items()
    }
    try:
        await stop.wait()
        log.info("worker_stopping")
        if tasks:
            _, running = await asyncio.wait(tasks, timeout=grace_seconds)
            await _cancel(running)
    finally:
        await _cancel({task for task in tasks if not task.done()})
    log.info("worker_stopped")


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        log.warning("worker_part_cancelled", part=task.get_name())
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=1.0)


async def _supervise(name: str, part: Part, stop: asyncio.Event, first_restart_seconds: float) -> None:
    delay = first_restart_seconds
    while not stop.is_set():
        started = time.monotonic()
        try:
            await part(stop)
        # A part's bug must not end the others.
        except Exception:
            WORKER_PART_FAILURES.labels(name).inc()
            log.exception("worker_part_failed", part=name)
        if stop.is_set():
            return
        if time.monotonic() - started >= STEADY_SECONDS:
            delay = first_restart_seconds
        log.warning("worker_part_restarting", part=name, seconds=delay)
        await wait_for_any(stop, timeout=delay)
        delay = min(2 * delay, LAST_RESTART_SECONDS)


def cancelled_on_stop(endless: Callable[[], Awaitable[None]]) -> Part:
    """A part of something that knows of no stop and may be cancelled at any moment."""

    async def part(stop: asyncio.Event) -> None:
        working = asyncio.ensure_future(endless())
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                await working
        finally:
            stopping.cancel()
            working.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    return part


@contextmanager
def stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """While the block runs, SIGTERM and SIGINT set `stop` instead of ending the process. In the main thread only.

    What SIGTERM has stopped, another one does not break off while it closes; Ctrl-C does.
    """
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
        if stop.is_set():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)


async def run_until_signalled(parts: Mapping[str, Part]) -> None:
    """`run`, stopped by SIGTERM or SIGINT: a worker process's whole life."""
    stop = asyncio.Event()
    with stop_on_signals(stop):
        await run(parts, stop)
