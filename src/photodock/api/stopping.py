"""Hearing early that the process is to stop.

The HTTP server tells the application only after the last request was answered; a request that is held back for up to
half a minute must hear of it before, or the server would cut it off.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_noticed() -> Iterator[asyncio.Event]:
    """The event is set as soon as a signal to stop arrives, and the server's own handler is called as before."""
    stopping = asyncio.Event()
    handlers = _handlers()
    loop = asyncio.get_running_loop()

    def notice(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopping.set)
        handlers[number](number, frame)

    for number in handlers:
        signal.signal(number, notice)
    try:
        yield stopping
    finally:
        for number, handler in handlers.items():
            # Whoever has put a handler of his own over ours keeps it.
            if signal.getsignal(number) is notice:
                signal.signal(number, handler)


def _handlers() -> dict[int, Callable[[int, FrameType | None], object]]:
    """The handlers there are. Outside of the main thread none can be set; without any the process just ends."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    found = {int(number): signal.getsignal(number) for number in SIGNALS}
    return {number: handler for number, handler in found.items() if callable(handler)}
