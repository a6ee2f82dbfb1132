"""Retry-After, in both forms of RFC 9110."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from photodock.client.retry import retry_after


def answer(value: str | None) -> httpx.Headers:
    return httpx.Headers({} if value is None else {"Retry-After": value})


@pytest.mark.parametrize(("value", "seconds"), [("7", 7), (" 0 ", 0), ("86400", 120), (None, None), ("soon", None)])
def test_seconds_are_taken_up_to_a_bound(value, seconds):
    assert retry_after(answer(value)) == seconds


def test_a_date_is_the_time_left_until_then():
    later = datetime.now(UTC) + timedelta(seconds=60)
    assert retry_after(answer(format_datetime(later, usegmt=True))) == pytest.approx(60, abs=30)
    # "-0000" means UTC of an unknown place, which the parser gives without a time zone.
    assert retry_after(answer(format_datetime(later.replace(tzinfo=None)))) == pytest.approx(60, abs=30)


def test_a_date_gone_by_is_now():
    assert retry_after(answer("Wed, 21 Oct 2015 07:28:00 GMT")) == 0
