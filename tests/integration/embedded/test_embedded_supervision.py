"""What a signal does to `up`, whatever the moment at which it comes."""

import signal
import weakref
from collections.abc import Iterator

import pytest

from photodock.embedded.supervision import Interruption, Supervisor


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    found = Interruption()
    before = signal.signal(signal.SIGTERM, found)
    yield found
    signal.signal(signal.SIGTERM, before)


class Thing: ...


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_python_dropped_ends_the_watch_all_the_same(interruption: Interruption) -> None:
    thing = Thing()
    watched = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))
    del thing  # the callback's exception goes nowhere
    assert watched() is None
    with pytest.raises(KeyboardInterrupt):
        Supervisor(interruption).watch()


def test_a_signal_ends_the_watch_at_once(interruption: Interruption) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_without_a_signal_nothing_is_interrupted(interruption: Interruption) -> None:
    interruption.again()
    Supervisor(interruption).begin([])
