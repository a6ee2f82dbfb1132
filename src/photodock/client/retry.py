"""Trying again: exponential backoff with jitter, or what Retry-After says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil
from random import SystemRandom
from typing import TypeVar

import httpx

from photodock.client.failures import Transient

T = TypeVar("T")
Notice = Callable[[str], None]

MAX_RETRY_AFTER = 120.0
"""Seconds. The server counts by the minute; a longer wait is some proxy's, and nobody would sit through it."""

_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` bounds failures (about half a minute in all); `rate_limit_waits` bounds waits for the quota,
    which are no failures: a large folder needs many of them."""

    attempts: int = 7
    rate_limit_waits: int = 60
    first_delay: float = 0.5
    max_delay: float = 15.0
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def run(self, call: Callable[[], Awaitable[T]], notice: Notice) -> T:
        """What `call` returns. `notice` hears of every wait; a last `Transient` raises its `final`."""
        failures = waits = 0
        while True:
            try:
                return await call()
            except Transient as transient:
                trouble = transient
            if trouble.rate_limited:
                waits += 1
            else:
                failures += 1
            if failures >= self.attempts or waits >= self.rate_limit_waits:
                raise trouble.final
            delay = self._delay(failures + waits, trouble.retry_after)
            reason = "rate limit reached" if trouble.rate_limited else str(trouble).rstrip(".")
            notice(f"{reason}; trying again in {ceil(delay)} s")
            await self.sleep(delay)

    def _delay(self, attempt: int, retry_after: float | None) -> float:
        backoff = min(self.max_delay, self.first_delay * 2.0 ** (attempt - 1))
        jittered = backoff * _random.uniform(0.5, 1)
        if retry_after is None:
            return jittered
        # Never below the first delay: `Retry-After: 0` must not become a busy loop.
        return max(retry_after, self.first_delay)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait by the Retry-After header, a number or a date (RFC 9110, 10.2.3); None without a usable one."""
    text: str = response.headers.get("Retry-After", "").strip()
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
