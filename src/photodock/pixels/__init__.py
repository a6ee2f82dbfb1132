"""A photo's pixels, decoded where a hostile photo can do no harm: in a process of its own, within limits.

    pixels = await decode(photo, longest_side=1024, mode="L")
    rendered = await render(photo, [1600, 320])

Needs Pillow (the extra `pixels`) and Linux. The only part of photodock in which pixels are decoded.
"""

from photodock.pixels.asking import is_installed
from photodock.pixels.decoding import Mode, Pixels, decode
from photodock.pixels.failures import (
    DecoderDied,
    DecodingLimitExceeded,
    PixelsError,
    TooManyPixels,
    Undecodable,
    UnsupportedType,
)
from photodock.pixels.limits import Limits
from photodock.pixels.rendering import Picture, Rendered, render

__all__ = [
    "DecoderDied",
    "DecodingLimitExceeded",
    "Limits",
    "Mode",
    "Picture",
    "Pixels",
    "PixelsError",
    "Rendered",
    "TooManyPixels",
    "Undecodable",
    "UnsupportedType",
    "decode",
    "is_installed",
    "render",
]
