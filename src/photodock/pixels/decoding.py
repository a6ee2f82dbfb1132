"""Decoding as its callers see it."""

import asyncio
import json
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Literal

from photodock.imaging import inspect_bytes
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

Mode = Literal["L", "RGB"]

_CHANNELS: dict[Mode, int] = {"L": 1, "RGB": 3}
_TYPES = ("image/jpeg", "image/png")
_LONGEST_HEAD = 100  # bytes of the answer's first line
# What the kernel ends it with at a limit. SIGKILL is of another: the memory of the whole machine was at an end, say.
_LIMIT_SIGNALS = {-signal.SIGXCPU, -signal.SIGALRM}
_UNSUPPORTED = "Only JPEG and PNG are decoded."
_UNDECODABLE = "The photo's pixels cannot be decoded."
_EXCEEDED = "Decoding the photo takes more memory or time than it may."


@dataclass(frozen=True, slots=True)
class Pixels:
    """Row by row from the top left, as stored: EXIF's orientation is not applied. `L`: 1 byte a pixel, `RGB`: 3."""

    mode: Mode
    width: int
    height: int
    data: bytes = field(repr=False)


async def decode(photo: bytes, *, longest_side: int, mode: Mode = "RGB", limits: Limits | None = None) -> Pixels:
    """The photo's pixels, scaled down so that the longer side is at most `longest_side` pixels; never scaled up.

    Whatever the photo is, this ends within the limits' seconds and leaves no process and no descriptor behind, also
    when it is cancelled. Raises PixelsError, and OSError when the machine cannot start another process.
    """
    limits = limits or Limits()
    _check(photo, limits)
    order = _order(longest_side, mode, limits)
    most_bytes = _LONGEST_HEAD + longest_side * longest_side * _CHANNELS[mode]
    child = Child(order, photo, most_bytes=most_bytes, seconds=limits.seconds)
    try:
        status, answer = await _run(child)
    except TimeoutError:
        raise DecodingLimitExceeded(_EXCEEDED) from None
    return _pixels(status, answer, longest_side, mode, limits)


async def _run(child: Child) -> tuple[int, bytes]:
    # A thread of its own: in the loop's common pool a few slow photos would keep name lookups waiting for a minute.
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pixels")
    running = asyncio.get_running_loop().run_in_executor(thread, child.run)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        child.stop()
        await asyncio.gather(running, return_exceptions=True)
        raise
    finally:
        thread.shutdown(wait=False)


def _check(photo: bytes, limits: Limits) -> None:
    """What needs no process to be refused."""
    found = inspect_bytes(photo)
    if found.mime_type not in _TYPES:
        raise UnsupportedType(_UNSUPPORTED)
    width, height = found.width or 0, found.height or 0
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        raise _too_many(limits)


def _order(longest_side: int, mode: Mode, limits: Limits) -> str:
    """The child's `Order`."""
    return json.dumps(
        {
            "mode": mode,
            "longest_side": longest_side,
            "max_pixels": limits.max_pixels,
            "max_side": limits.max_side,
            "memory_bytes": limits.memory_bytes,
            "cpu_seconds": limits.cpu_seconds,
            "seconds": limits.seconds,
        }
    )


def _pixels(status: int, answer: bytes, longest_side: int, mode: Mode, limits: Limits) -> Pixels:
    """Nothing of the answer is believed unseen: a photo may have taken the decoder over."""
    if status in _LIMIT_SIGNALS:
        raise DecodingLimitExceeded(_EXCEEDED)
    head, _, data = answer.partition(b"\n")
    match _read_head(head) if status == 0 else None:
        case {"error": str(code)}:
            raise _refusal(code, limits)
        case {"width": int(width), "height": int(height)} if (
            1 <= width <= longest_side and 1 <= height <= longest_side and len(data) == width * height * _CHANNELS[mode]
        ):
            return Pixels(mode, width, height, data)
        case _:
            if find_spec("PIL") is None:
                raise ModuleNotFoundError("Pixels are decoded by Pillow: install photodock with its extra `pixels`.")
            raise DecoderDied(f"The process that decodes the photo ended with status {status} and no answer.")


def _read_head(head: bytes) -> object:
    try:
        found: object = json.loads(head[:_LONGEST_HEAD])
    except ValueError:
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
