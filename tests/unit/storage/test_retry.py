from types import SimpleNamespace

import pytest

from photodock.domain.retry import retrying


class Flaky:
    """Fails with each of `errors` in turn, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def is_connection_error(error: Exception) -> bool:
    return isinstance(error, ConnectionError)


@pytest.fixture
def slept(monkeypatch):
    delays = []

    async def record(delay: float) -> None:
        delays.append(delay)

    # In this module alone: with a sleep that never waits, a loop in the background of other tests would never yield.
    monkeypatch.setattr("photodock.domain.retry.asyncio", SimpleNamespace(sleep=record))
    return delays


async def test_a_call_that_succeeds_is_made_once_and_waits_for_nothing(slept):
    call = Flaky()
    assert await retrying(call, (1, 2, 4), is_connection_error) == "answer"
    assert (call.calls, slept) == (1, [])


async def test_each_failure_waits_for_its_own_delay(slept):
    call = Flaky(ConnectionError(), ConnectionError(), ConnectionError())
    assert await retrying(call, (1, 2, 4), is_connection_error) == "answer"
    assert (call.calls, slept) == (4, [1, 2, 4])


async def test_the_last_attempts_error_is_raised(slept):
    last = ConnectionError("fourth")
    call = Flaky(ConnectionError(), ConnectionError(), ConnectionError(), last)
    with pytest.raises(ConnectionError) as caught:
        await retrying(call, (1, 2, 4), is_connection_error)
    assert caught.value is last
    assert call.calls == 4


async def test_an_error_that_is_not_retryable_is_raised_at_once(slept):
    call = Flaky(ConnectionError(), ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        await retrying(call, (1, 2, 4), is_connection_error)
    assert (call.calls, slept) == (2, [1])


async def test_without_delays_there_is_one_attempt(slept):
    call = Flaky(ConnectionError())
    with pytest.raises(ConnectionError):
        await retrying(call, (), is_connection_error)
    assert call.calls == 1
