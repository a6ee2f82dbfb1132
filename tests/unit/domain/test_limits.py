"""When a limit's count begins anew, and what a refusal says."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from photodock.domain.limits import Limit, Limits, Quota, refusal

NOON = datetime(2026, 11, 25, 12, 0, 59, 200_000, UTC)


@pytest.mark.parametrize(
    ("limit", "now", "seconds"),
    [
        (Limit.URLS, NOON, 1),
        (Limit.URLS, NOON.replace(second=0, microsecond=0), 60),
        (Limit.URLS, NOON.replace(microsecond=999_999), 1),
        (Limit.ORGANIZATION_URLS, NOON.replace(second=30), 30),
        (Limit.BYTES, NOON, 12 * 3600 - 59),
        (Limit.BYTES, datetime(2026, 11, 25, 0, 0, tzinfo=UTC), 86_400),
        (Limit.ORGANIZATION_BYTES, datetime(2026, 11, 26, 0, 30, tzinfo=timezone(timedelta(hours=1))), 1_800),
        (Limit.PENDING, NOON, 60),
        (Limit.ORGANIZATION_PENDING, NOON, 60),
    ],
)
def test_a_count_begins_anew_with_the_minute_or_the_day(limit: Limit, now: datetime, seconds: int) -> None:
    assert limit.seconds_left(now) == seconds


@pytest.mark.parametrize("limit", Limit)
def test_a_refusal_says_whose_limit_it_is_and_what_to_do(limit: Limit) -> None:
    said = refusal(limit, Quota(70, 3, 9))
    assert said.startswith("Your organization" if limit.name.startswith("ORGANIZATION") else "This user")
    assert "70" in said
    assert ("Try again in 9 seconds" in said) or ("ask again" in said)


def test_limits_are_told_in_one_order_and_those_off_at_the_end_are_left_out() -> None:
    assert Limits().in_order == []
    assert Limits({Limit.URLS: 100}).in_order == [100]
    assert Limits({Limit.ORGANIZATION_URLS: 5, Limit.BYTES: 7}).in_order == [None, 7, None, 5]
    assert len(Limits(dict.fromkeys(Limit, 1)).in_order) == 6
