"""Decoding as its callers see it."""

from dataclasses import dataclass, field
from typing import Literal

from photodock.pixels.asking import ask, check
from photodock.pixels.limits import Limits

Mode = Literal["L", "RGB"]

_CHANNELS: dict[Mode, int] = {"L": 1, "RGB": 3}


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
    check(photo, limits)

    def read(head: object, data: bytes) -> Pixels | None:
        match head:
            case {"width": int(width), "height": int(height)} if (
                1 <= width <= longest_side
                and 1 <= height <= longest_side
                and len(data) == width * height * _CHANNELS[mode]
            ):
                return Pixels(mode, width, height, data)
        return None

    order = {"mode": mode, "longest_side": longest_side}
    return await ask(photo, order, limits, read, most_bytes=longest_side * longest_side * _CHANNELS[mode])
