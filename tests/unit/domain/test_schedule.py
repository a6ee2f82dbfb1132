"""When the sweeper looks for an object."""

from datetime import UTC, datetime, timedelta

import pytest

from photodock.domain.schedule import LOOKS, next_look

END = datetime(2026, 11, 22, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(minutes=-10), timedelta(minutes=5)),
        (timedelta(), timedelta(minutes=5)),
        (timedelta(minutes=5), timedelta(hours=1)),
        (timedelta(minutes=59), timedelta(hours=1)),
        (timedelta(hours=1), timedelta(hours=6)),
        (timedelta(hours=7), timedelta(days=1)),
        (timedelta(days=1), WEEK),
        (timedelta(days=6), WEEK),
        (WEEK, None),
        (timedelta(days=30), None),
    ],
)
def test_the_looks_after_a_urls_end_grow_up_to_the_last(after: timedelta, expected: timedelta | None) -> None:
    assert next_look(END, END + after, WEEK) == (END + expected if expected else None)


def test_a_short_patience_leaves_out_the_later_looks() -> None:
    two_hours = timedelta(hours=2)
    assert next_look(END, END + timedelta(hours=1), two_hours) == END + two_hours
    assert next_look(END, END + two_hours, two_hours) is None


def test_a_slow_phones_object_is_looked_for_after_an_hour_again() -> None:
    """S3 checks a URL's expiry when the PUT begins, so the object may come an hour later."""
    assert any(look > timedelta(hours=1) for look in LOOKS)
    assert list(LOOKS) == sorted(LOOKS)
