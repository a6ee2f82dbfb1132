"""Calling again what may yet succeed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def retrying(
    call: Callable[[], Awaitable[T]], delays: Sequence[float], retryable: Callable[[Exception], bool]
) -> T:
    """`call()`, and again after each of `delays` (seconds) while it fails with an error that is `retryable`.

    Raises the error of the last attempt, or at once one that is not retryable. `call` must be idempotent.
    """
    for delay in delays:
        try:
            return await call()
        except Exception as error:
            if not retryable(error):
                raise
        await asyncio.sleep(delay)
    return await call()
