"""The benchmark's short form measures a part anew that was void; the full form does not."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bench.__main__ import FULL, SHORT, tried
from bench.http import note
from bench.void import Void


def bench(**changes: Any) -> Any:
    return SimpleNamespace(size=replace(SHORT, **changes), runs={"before": [1.0]}, facts={"known": 1.0})


def failing(times: int, error: Exception) -> Any:
    """A part that notes something, and fails so often."""
    left = [error] * times

    def part(of: Any) -> None:
        note(of.runs, "before", 2)
        of.facts |= {"known": 2.0}
        if left:
            raise left.pop()

    return part


@pytest.mark.parametrize("error", [Void("a request failed"), TimeoutError()], ids=repr)
def test_nothing_of_a_void_try_is_kept(error: Exception) -> None:
    of = bench()
    tried(failing(2, error), of)
    assert (of.runs, of.facts) == ({"before": [1.0, 2.0]}, {"known": 2.0})


def test_a_part_that_stays_void_ends_it() -> None:
    of = bench()
    with pytest.raises(SystemExit, match="Void: part"):
        tried(failing(SHORT.tries, Void("a request failed")), of)
    assert (of.runs, of.facts) == ({"before": [1.0]}, {"known": 1.0})


def test_the_full_form_tries_once() -> None:
    with pytest.raises(SystemExit):
        tried(failing(1, Void("a request failed")), bench(tries=FULL.tries))
