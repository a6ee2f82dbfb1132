"""Who asks for many photos that are not there."""

from uuid import uuid4

import structlog

from photodock.api.guesses import MANY, UnknownPhotos
from photodock.domain.identity import Principal


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


ANNA = Principal("anna", uuid4(), frozenset())
OTHERS = (Principal("ben", ANNA.organization_id, frozenset()), Principal("anna", uuid4(), frozenset()))


def noted(unknown: UnknownPhotos, times: int, who: Principal = ANNA) -> list[str]:
    with structlog.testing.capture_logs() as lines:
        for _ in range(times):
            unknown.note(who)
    return [line["event"] for line in lines]


def test_many_in_a_minute_are_told_once() -> None:
    unknown = UnknownPhotos(Clock())
    assert noted(unknown, MANY - 1) == []
    assert noted(unknown, 3 * MANY) == ["many_unknown_photos"]


def test_a_new_minute_counts_anew() -> None:
    clock = Clock()
    unknown = UnknownPhotos(clock)
    assert noted(unknown, MANY) == ["many_unknown_photos"]
    clock.now = 60
    assert noted(unknown, MANY - 1) == []
    assert noted(unknown, 1) == ["many_unknown_photos"]


def test_each_user_is_counted_alone() -> None:
    unknown = UnknownPhotos(Clock())
    assert noted(unknown, MANY - 1) == []
    for other in OTHERS:
        assert noted(unknown, MANY - 1, other) == []
