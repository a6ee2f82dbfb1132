"""Asking the decoder's program, and believing nothing of its answer unseen: a photo may have taken it over."""

import asyncio
import json
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TypeVar

from photodock.imaging import Inspection, inspect_bytes
from photodock.pixels.failures import (
    DecoderDied,
    DecodingLimitExceeded,
    PixelsError,
    TooManyPixels,
    Undecodable,
    UnsupportedType,
)
from photodock.pixels.limits import Limits
from photodock.pixels.process import Child

T = TypeVar("T")

LONGEST_HEAD = 400
"""Bytes of the answer's first line."""
_TYPES = ("image/jpeg", "image/png")
# What the kernel ends it with at a limit. SIGKILL is of another: the memory of the whole machine was at an end, say.
_LIMIT_SIGNALS = {-signal.SIGXCPU, -signal.SIGALRM}
_UNSUPPORTED = "Only JPEG and PNG are decoded."
_UNDECODABLE = "The photo's pixels cannot be decoded."
_EXCEEDED = "Decoding the photo takes more memory or time than it may."


def is_installed() -> bool:
    """Whether there is a decoder at all."""
    return find_spec("PIL") is not None


def check(photo: bytes, limits: Limits) -> Inspection:
    """What the photo says of itself; raises what needs no process to be refused."""
    found = inspect_bytes(photo)
    if found.mime_type not in _TYPES:
        raise UnsupportedType(_UNSUPPORTED)
    width, height = found.width or 0, found.height or 0
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        raise _too_many(limits)
    return found


async def ask(
    photo: bytes,
    order: Mapping[str, object],
    limits: Limits,
    read: Callable[[object, bytes], T | None],
    *,
    most_bytes: int,
    niceness: int = 0,
) -> T:
    """What `read` makes of the answer's head and of the bytes behind it; None of it is an answer that cannot be true.

    `order` is the child's `Order`, but for the limits; `most_bytes` the longest answer behind its head. `read` runs in
    a thread. Ends within the limits' seconds and leaves no process behind. Raises PixelsError, and OSError when the
    machine cannot start another process.
    """
    bounded = {
        **order,
        "max_pixels": limits.max_pixels,
        "max_side": limits.max_side,
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
        "seconds": limits.seconds,
    }
    child = Child(
        json.dumps(bounded), photo, most_bytes=LONGEST_HEAD + most_bytes, seconds=limits.seconds, niceness=niceness
    )

    def run() -> T:
        status, answer = child.run()
        return _understood(status, answer, limits, read)

    try:
        return await _in_a_thread(child, run)
    except TimeoutError:
        raise DecodingLimitExceeded(_EXCEEDED) from None


async def _in_a_thread(child: Child, run: Callable[[], T]) -> T:
    # A thread of its own: in the loop's common pool a few slow photos would keep name lookups waiting for a minute.
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pixels")
    running = asyncio.get_running_loop().run_in_executor(thread, run)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        child.stop()
        await asyncio.gather(running, return_exceptions=True)
        raise
    finally:
        thread.shutdown(wait=False)


def _understood(status: int, answer: bytes, limits: Limits, read: Callable[[object, bytes], T | None]) -> T:
    if status in _LIMIT_SIGNALS:
        raise DecodingLimitExceeded(_EXCEEDED)
    line, _, data = answer.partition(b"\n")
    match head := _read_head(line) if status == 0 else None:
        case {"error": str(code)}:
            raise _refusal(code, limits)
    found = read(head, data)
    if found is not None:
        return found
    if not is_installed():
        raise ModuleNotFoundError("Pixels are decoded by Pillow: install photodock with its extra `pixels`.")
    raise DecoderDied(f"The process that decodes the photo ended with status {status} and no answer.")


def _read_head(line: bytes) -> object:
    try:
        found: object = json.loads(line[:LONGEST_HEAD])
    except (ValueError, RecursionError):
        return None
    return found


def _refusal(code: str, limits: Limits) -> PixelsError:
    match code:
        case UnsupportedType.code:
            return UnsupportedType(_UNSUPPORTED)
        case TooManyPixels.code:
            return _too_many(limits)
        case DecodingLimitExceeded.code:
            return DecodingLimitExceeded(_EXCEEDED)
        case _:
            return Undecodable(_UNDECODABLE)


def _too_many(limits: Limits) -> TooManyPixels:
    return TooManyPixels(f"More than {limits.max_pixels:,} pixels, or a side of more than {limits.max_side:,}.")
