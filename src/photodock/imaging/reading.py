"""What a format's parser asks for, and what it gives back.

A parser of a format does no reading of its own: it is a generator that gets the head of an object, yields each
further `ByteRange` that it needs, is sent those bytes, and returns a `Findings`.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

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


class ExifBlock(NamedTuple):
    """Where a TIFF structure lies: `data[start:end]`, without a copy being made of it."""

    data: bytes
    start: int
    end: int


@dataclass(slots=True)
class Findings:
    """`width` and `height` in pixels, null where the file leaves them open; EXIF blocks in the order of the file."""

    width: int | None = None
    height: int | None = None
    exif_blocks: list[ExifBlock] = field(default_factory=list)
    error: str | None = None


Steps: TypeAlias = Generator[ByteRange, bytes, Findings]


def next_limit(have: int, needed: int) -> int | None:
    """Up to where to read on when `have` bytes are here and byte `needed` is wanted; None when it lies too far."""
    return next((limit for limit in FURTHER_BYTES if limit > max(have, needed)), None)
