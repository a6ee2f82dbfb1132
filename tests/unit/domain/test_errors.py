"""The tree of failures: every class is drawn, every code stable."""

import re
from collections.abc import Iterator

import pytest

from photodock.api.problems import KINDS
from photodock.domain import errors
from photodock.domain.errors import PhotodockError, RateLimited


def family(base: type[PhotodockError]) -> Iterator[type[PhotodockError]]:
    for child in base.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from family(child)


def drawn() -> dict[str, str]:
    """Each class of the drawing with its parent, told by the depth at which it stands."""
    parents: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│├└─ ]*)([A-Z]\w+)", line)
        if found:
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            if depth:
                parents[found[2]] = above[depth - 1]
    return parents


def test_the_drawing_in_the_docstring_is_the_tree() -> None:
    assert drawn() == {child.__name__: child.__mro__[1].__name__ for child in family(PhotodockError)}


@pytest.mark.parametrize("kind", list(family(PhotodockError)), ids=lambda kind: kind.__name__)
def test_every_failure_that_may_reach_a_client_has_a_code_with_a_status(kind: type[PhotodockError]) -> None:
    # The broker's absence never reaches a client: the outbox keeps the jobs.
    assert kind.code in {*KINDS, "queue_unavailable"}


def test_the_detail_is_the_message() -> None:
    error = RateLimited("Try again in 7 seconds.", kind="urls", limit=100, reset_seconds=7)
    assert (str(error), error.detail) == ("Try again in 7 seconds.",) * 2
    assert (error.limit, error.reset_seconds) == (100, 7)
