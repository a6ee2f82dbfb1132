"""What a format's parser asks for, and what it gives back.

A parser of a format does no reading of its own. It gets the head of an object and gives its `Findings`; where the
head is not enough, a generator that yields each further `ByteRange` that it needs, is sent those bytes, and returns
the `Findings`.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

HEAD_BYTES = 128 * 1024
"""What the first read fetches: enough for 97 % of camera files (EXIF itself fills at most 64 KiB of a JPEG)."""

FURTHER_BYTES = (1024 * 1024, 4 * 1024 * 1024)
"""How far the second and third read may go. A frame header behind 4 MiB of metadata is given up."""

MAX_STEPS = 4000
"""Segments or chunks looked at before a file is given up as hostile; real ones have fewer than 300."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes of an object from `start` up to, but without, `end`."""

    start: int
    end: int


ExifBlock: TypeAlias = tuple[bytes, int, int]
"""Where a TIFF structure lies, as `data, start, end`: `data[start:end]`, without a copy being made of it."""


Findings: TypeAlias = tuple[int | None, int | None, list[ExifBlock], str | None]
"""Width and height in pixels, None where the file leaves them open; EXIF blocks in the order of the file; what is
wrong, in one sentence."""

Steps: TypeAlias = Generator[ByteRange, bytes, Findings]
"""The way to the findings where it takes further reads."""


def next_limit(have: int, needed: int) -> int | None:
    """Up to where to read on when `have` bytes are here and byte `needed` is wanted; None when it lies too far."""
    return next((limit for limit in FURTHER_BYTES if limit > max(have, needed)), None)
