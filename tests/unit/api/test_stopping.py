"""Hearing of a signal to stop without taking it from the server."""

import asyncio
import signal
import threading
from types import FrameType

import pytest

from photodock.api.stopping import stop_noticed


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the server's own handler of SIGTERM was called with."""
    calls: list[int] = []

    def handler(number: int, _: FrameType | None) -> None:
        calls.append(number)

    monkeypatch.setattr(signal, "getsignal", lambda number: handler if number == signal.SIGTERM else signal.SIG_DFL)
    return calls


@pytest.fixture(autouse=True)
def handlers_as_before() -> object:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


async def test_a_signal_is_noticed_and_passed_on(heard: list[int]) -> None:
    with stop_noticed() as stopping:
        assert not stopping.is_set()
        signal.raise_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            await stopping.wait()
    assert heard == [signal.SIGTERM]


async def test_afterwards_the_handlers_are_as_before() -> None:
    def server(number: int, _: FrameType | None) -> None: ...

    signal.signal(signal.SIGTERM, server)
    with stop_noticed():
        assert signal.getsignal(signal.SIGTERM) is not server
    assert signal.getsignal(signal.SIGTERM) is server


async def test_a_handler_set_meanwhile_is_kept() -> None:
    def later(number: int, _: FrameType | None) -> None: ...

    signal.signal(signal.SIGTERM, lambda *_: None)
    with stop_noticed():
        signal.signal(signal.SIGTERM, later)
    assert signal.getsignal(signal.SIGTERM) is later


def test_outside_of_the_main_thread_nothing_is_touched() -> None:
    before = signal.getsignal(signal.SIGINT)
    inside: list[object] = []

    async def look() -> None:
        with stop_noticed() as stopping:
            inside.extend((signal.getsignal(signal.SIGINT), stopping.is_set()))

    thread = threading.Thread(target=lambda: asyncio.run(look()))
    thread.start()
    thread.join()
    assert inside == [before, False]
