"""Small pictures of a photo, and its ThumbHash, made in one run of the decoder's program."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from photodock.pixels.asking import ask, check
from photodock.pixels.limits import Limits
from photodock.pixels.thumbhash import MOST_SIDE, thumbhash
from photodock.pixels.webp import is_plain_webp

NICENESS = 10
"""Whatever else the machine has to do goes first."""
_BYTES_A_PIXEL = 2
"""More than the noisiest picture takes in WebP; and a small one's headers."""
_HEADERS = 1024


@dataclass(frozen=True, slots=True)
class Picture:
    """A WebP file without metadata: upright, in sRGB."""

    width: int
    height: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendered:
    """`pictures` in the order of the sides that were asked for."""

    pictures: tuple[Picture, ...]
    thumbhash: bytes


async def render(photo: bytes, sides: Sequence[int], *, limits: Limits | None = None) -> Rendered:
    """A picture for each of `sides`, largest first, whose longer side has at most so many pixels; never enlarged.

    Promises and errors are those of `decode`.
    """
    limits = limits or Limits()
    found = check(photo, limits)
    orientation = (found.exif_data or {}).get("orientation", 1)
    order = {"pictures": list(sides), "hash_side": MOST_SIDE, "orientation": orientation}
    most_bytes = sum(side * side * _BYTES_A_PIXEL + _HEADERS for side in sides) + MOST_SIDE * MOST_SIDE * 4
    return await ask(
        photo, order, limits, lambda head, data: _rendered(head, data, sides), most_bytes=most_bytes, niceness=NICENESS
    )


def _rendered(head: object, data: bytes, sides: Sequence[int]) -> Rendered | None:
    match head:
        case {"pictures": list(pictures), "hash": hashed} if len(pictures) == len(sides):
            found, start = [], 0
            for said, side in zip(pictures, sides, strict=True):
                match said:
                    case [int(width), int(height), int(length)] if 1 <= width <= side and 1 <= height <= side:
                        found.append(Picture(width, height, data[start : start + max(0, length)]))
                        start += length
                    case _:
                        return None
            rest = _hash(hashed, data[max(0, start) :])
            if rest and all(is_plain_webp(one.data, one.width, one.height) for one in found):
                return Rendered(tuple(found), rest)
    return None


def _hash(size: object, pixels: bytes) -> bytes | None:
    match size:
        case [int(width), int(height)] if (
            1 <= width <= MOST_SIDE and 1 <= height <= MOST_SIDE and len(pixels) == width * height * 4
        ):
            return thumbhash(width, height, pixels)
    return None
