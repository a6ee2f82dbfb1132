"""The processes of `serve`."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from photodock import serving
from photodock.serving import Processes


class Starting:
    """A process that is there, and too busy with its start to answer."""

    process = property(lambda self: self)

    def is_alive(self, timeout: float | None = None) -> bool:
        if timeout is not None:
            raise AssertionError("it is asked, and waited for")
        return True


@contextmanager
def handlers_kept() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def supervisor() -> Iterator[Processes]:
    with handlers_kept():
        yield Processes(uvicorn.Config("photodock:nothing", log_config=None), [])


def test_a_process_that_is_starting_is_neither_waited_for_nor_killed(supervisor: Processes) -> None:
    """Whoever stops `serve` meanwhile would wait with it."""
    starting: Any = Starting()
    supervisor.processes = [cast(Process, starting)]
    supervisor.keep_subprocess_alive()
    assert supervisor.processes == [starting]


@pytest.mark.parametrize(("processors", "policies"), [({0}, [os.SCHED_BATCH]), ({0, 1}, []), ({3, 5, 7}, [])])
def test_processes_that_share_a_processor_take_turns(
    monkeypatch: pytest.MonkeyPatch, processors: set[int], policies: list[int]
) -> None:
    chosen: list[int] = []
    chosen_before_they_start: list[int] = []

    def start(supervisor: Processes) -> None:
        chosen_before_they_start.extend(chosen)
        for listening in supervisor.sockets:
            listening.close()

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: processors)
    monkeypatch.setattr(os, "sched_setscheduler", lambda _, policy, __: chosen.append(policy))
    monkeypatch.setattr(Processes, "run", start)
    minute = timedelta(minutes=1)
    settings: Any = SimpleNamespace(max_connections=10, request_head_timeout=minute, request_body_timeout=minute)
    with handlers_kept():
        serving.run(settings, host="127.0.0.1", port=0, processes=2)
    assert chosen_before_they_start == policies


def test_where_turns_are_forbidden_it_serves_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbidden)
    serving.take_turns(len(os.sched_getaffinity(0)) + 1)
