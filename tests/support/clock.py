"""Waiting without fixed sleeps, and the clock that the quota goes by."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], *, seconds: float = 30, pause: float = 0.05) -> T:
    """The first answer of `look` that is true. Fails with the last one, or its AssertionError, after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = await look()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        else:
            if found:
                return found
            assert time.monotonic() < deadline, f"still {found!r} after {seconds} s"
        await asyncio.sleep(pause)


async def of_one_minute(burst: Callable[[], Awaitable[T]]) -> T:
    """What `burst` returns, all of it within one minute of the clock: else it is called again, and begins anew."""
    while True:
        minute = time.time() // 60
        found = await burst()
        if time.time() // 60 == minute:
            return found


async def within_one_minute(seconds: int = 10) -> None:
    """The quota belongs to a minute of the clock: a burst of up to `seconds` must not straddle two."""
    left = 60 - time.time() % 60
    if left < seconds:
        await asyncio.sleep(left + 0.1)
