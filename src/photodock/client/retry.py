"""Trying again: exponential backoff with jitter, or what Retry-After says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil
from random import SystemRandom
from typing import TypeVar

import httpx

from photodock.client.errors import ClientError
from photodock.client.steps import Notice, Operation, Pause

T = TypeVar("T")

MAX_RETRY_AFTER = 120.0
"""Seconds. The server counts by the minute; a longer wait is some proxy's, and nobody would sit through it."""

RATE_LIMITED = "rate_limited"

_random = SystemRandom()


class Transient(Exception):
    """Worth trying again. `final` is raised once all attempts are used up; `retry_after` in seconds, where given."""

    def __init__(self, final: ClientError, retry_after: float | None = None) -> None:
        super().__init__(final.detail)
        self.final = final
        self.retry_after = retry_after

    @property
    def rate_limited(self) -> bool:
        return self.final.code == RATE_LIMITED


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` bounds failures (7: about half a minute in all; 1: no second attempt); `rate_limit_waits` bounds waits
    for the quota, which are no failures. Delays in seconds.

    `fail_fast`: an address at which nothing has ever answered is not tried again, for programs that somebody sits
    before.
    """

    attempts: int = 7
    rate_limit_waits: int = 10
    first_delay: float = 0.5
    max_delay: float = 15.0
    fail_fast: bool = False

    def delay(self, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait after the `attempt`th failure."""
        backoff = min(self.max_delay, self.first_delay * 2.0 ** (attempt - 1))
        jittered = backoff * _random.uniform(0.5, 1)
        if retry_after is None:
            return jittered
        # Never below the first delay: `Retry-After: 0` must not become a busy loop.
        return max(retry_after, self.first_delay)


def retried(once: Callable[[], Operation[T]], retry: Retry, notice: Notice) -> Operation[T]:
    """What `once` returns. `notice` hears of every wait; a last `Transient` raises its `final`."""
    failures = waits = 0
    while True:
        try:
            return (yield from once())
        except Transient as transient:
            trouble = transient
        if trouble.rate_limited:
            waits += 1
        else:
            failures += 1
        if failures >= retry.attempts or waits >= retry.rate_limit_waits:
            raise trouble.final
        delay = retry.delay(failures + waits, trouble.retry_after)
        reason = "rate limit reached" if trouble.rate_limited else str(trouble).rstrip(".")
        notice(f"{reason}; trying again in {ceil(delay)} s")
        yield Pause(delay)


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait by the Retry-After header, a number or a date (RFC 9110, 10.2.3); None without a usable one."""
    text: str = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)
