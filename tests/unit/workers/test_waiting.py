import asyncio

from photodock.workers.waiting import wait_for_any


async def test_it_ends_at_the_timeout():
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.timeout(30):
        await wait_for_any(asyncio.Event(), asyncio.Event(), timeout=0.05)
    assert loop.time() - started > 0.04


async def test_any_of_the_events_ends_it():
    first, second = asyncio.Event(), asyncio.Event()
    waiting = asyncio.create_task(wait_for_any(first, second, timeout=60))
    asyncio.get_running_loop().call_soon(second.set)
    async with asyncio.timeout(30):
        await waiting


async def test_an_event_that_is_set_needs_no_wait():
    event = asyncio.Event()
    event.set()
    async with asyncio.timeout(30):
        await wait_for_any(asyncio.Event(), event, timeout=60)
