"""What a receiver's Retry-After means."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from photodock.domain.webhooks import LONGEST_PAUSE, MAX_ATTEMPTS, WAITS, wait_after
from photodock.webhooks.pauses import Pauses, asked_pause

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "120", 120),
        (503, " 120 ", 120),
        (429, "Thu, 26 Nov 2026 12:02:00 GMT", 120),
        (429, "Thu, 26 Nov 2026 12:02:00 -0000", 120),
        (503, "86400", 3600),
        (503, "9" * 4000, 3600),
        (503, "Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        (429, "0", None),
        (429, "-1", None),
        (429, "Thu, 26 Nov 2026 11:59:00 GMT", None),
        (429, "soon", None),
        (429, "²", None),
        (429, "Thu, 99 Nov 2026 12:02:00 GMT", None),
        (429, "", None),
        (429, None, None),
        (500, "120", None),
        (301, "120", None),
    ],
    ids=str,
)
def test_seconds_and_dates_are_read_and_bounded(status: int, header: str | None, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert asked_pause(status, header, NOW) == expected


def test_a_pause_makes_a_wait_longer_and_never_shorter() -> None:
    event_id = uuid4()
    assert wait_after(event_id, 1, timedelta(minutes=2)) == timedelta(minutes=2)
    assert wait_after(event_id, len(WAITS), LONGEST_PAUSE) == wait_after(event_id, len(WAITS))
    assert wait_after(event_id, MAX_ATTEMPTS, LONGEST_PAUSE) is None


def test_a_pause_is_of_one_url_and_ends() -> None:
    now = NOW
    pauses, webhook_id = Pauses(lambda: now), uuid4()
    pauses.note(webhook_id, "https://one.example/", timedelta(seconds=10))
    assert pauses.open == [(webhook_id, "https://one.example/")]
    now += timedelta(seconds=10)
    assert pauses.open == []
