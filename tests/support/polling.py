"""Waiting for what happens in its own time."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(happened: Callable[[], Awaitable[bool]], *, seconds: float = 30, pause: float = 0.02) -> None:
    """Returns as soon as it has happened; fails after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await happened():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(pause)


def eventually(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition comes true before the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
