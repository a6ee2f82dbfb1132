"""The processes of `serve`."""

import signal
from collections.abc import Iterator
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from photodock.serving import Processes


class Starting:
    """A process that is there, and too busy with its start to answer."""

    process = property(lambda self: self)

    def is_alive(self, timeout: float | None = None) -> bool:
        if timeout is not None:
            raise AssertionError("it is asked, and waited for")
        return True


@pytest.fixture
def supervisor() -> Iterator[Processes]:
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield Processes(uvicorn.Config("photodock:nothing", log_config=None), [])
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_process_that_is_starting_is_neither_waited_for_nor_killed(supervisor: Processes) -> None:
    """Whoever stops `serve` meanwhile would wait with it."""
    starting: Any = Starting()
    supervisor.processes = [cast(Process, starting)]
    supervisor.keep_subprocess_alive()
    assert supervisor.processes == [starting]
