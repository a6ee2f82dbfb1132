"""Waiting that a stop can end."""

import asyncio


async def wait_for_any(*events: asyncio.Event, timeout: float) -> None:
    """Returns as soon as one of the events is set, at the latest after `timeout` seconds."""
    if any(event.is_set() for event in events):
        return
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
