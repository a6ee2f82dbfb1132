"""TIFF directories in an EXIF block, bounded (TIFF 6.0, section 2; EXIF 3.0, section 4.6).

Nothing here trusts an offset or a count: a value that does not lie wholly inside its block is as good as absent.
A directory is read in one pass, and of its entries only those that are wanted are looked at.
"""

import re
import struct
from codecs import utf_8_decode
from collections.abc import Callable, Mapping
from math import isfinite
from operator import truediv
from typing import Any, TypeAlias

from photodock.imaging.reading import ExifBlock

MAX_ENTRIES = 512
"""Entries looked at in one directory; cameras write fewer than 100."""

MAX_TEXT_BYTES = 1024

# TIFF type -> bytes of one value. 13 is IFD (TIFF Tech Note 1), 129 is UTF-8 (EXIF 3.0).
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_UNDEFINED = 7
_TEXT = frozenset({1, 2, 6, _UNDEFINED, 129})
_RATIONAL = frozenset({5, 10})
_CODES = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I"}

_DECIMAL = re.compile(rb"\s*(-?\d{1,15}(?:\.\d{1,15})?)\s*\Z")
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])

_Unpack: TypeAlias = Callable[[bytes, int], tuple[Any, ...]]


class ByteOrder:
    """How numbers are read in one of the two byte orders."""

    __slots__ = ("entries", "long", "one", "pack", "short", "three")

    def __init__(self, sign: str) -> None:
        long = struct.Struct(sign + "I")
        self.long, self.pack = long.unpack_from, long.pack
        self.short = struct.Struct(sign + "H").unpack_from
        self.entries = struct.Struct(sign + "HHII").iter_unpack
        """Tag, type, count, and the value or its offset."""
        self.three = {
            kind: [struct.Struct(sign + code * times).unpack_from for times in range(4)]
            for kind, code in _CODES.items()
        }
        """TIFF type -> what reads so many values, up to three."""
        self.one = {kind: unpackers[1] for kind, unpackers in self.three.items()}


Reader: TypeAlias = Callable[[bytes, int, int, int, ByteOrder], Any]
"""Gets the data, where a value begins in it, its type and count (never 0), and gives what can be made of it."""

Values: TypeAlias = dict[int, Any]
"""Tag -> what its reader gave, None for a value that is unsound."""

_ORDERS = {b"II": ByteOrder("<"), b"MM": ByteOrder(">")}


def open_tiff(block: ExifBlock) -> tuple[ByteOrder, int] | None:
    """A block's byte order and where its first directory, IFD0, lies.

    None without a byte order mark and an offset behind the header. The number 42 is not asked for: cameras have
    written others.
    """
    data, start, end = block
    order = _ORDERS.get(data[start : start + 2])
    if order is None or end - start < 8:
        return None
    (root,) = order.long(data, start + 4)
    return (order, root) if root >= 8 else None


def read_directory(block: ExifBlock, order: ByteOrder, offset: float | None, wanted: Mapping[int, Reader]) -> Values:
    """What the readers give for the wanted tags in the directory at `offset`; none where there can be no directory.

    Where a tag stands twice the last one holds, as in ExifTool. A directory cut off by the end of its block gives
    what is there. The directory chained to it is never looked at: it is a thumbnail's.
    """
    data, start, end = block
    values: Values = {}
    if offset is None or not 8 <= offset <= end - start - 2:
        return values
    first = start + int(offset) + 2
    behind = first + 12 * min(order.short(data, first - 2)[0], MAX_ENTRIES, (end - first) // 12)
    if behind == first or order.short(data, first + 2)[0] not in _SIZES:
        return values
    for tag, kind, count, value in order.entries(data[first:behind]):
        if tag in wanted:
            size = _SIZES[kind] * count if kind in _SIZES else 0
            position = start + value
            if size <= 4:  # then the value stands here itself, and not its offset
                values[tag] = wanted[tag](order.pack(value), 0, kind, count, order) if size else None
            elif behind <= position <= end - size or start + 8 <= position <= first - 2 - size:
                values[tag] = wanted[tag](data, position, kind, count, order)
            else:  # outside of the block, on its header, or on the directory itself
                values[tag] = None
    return values


def number(data: bytes, position: int, kind: int, count: int, order: ByteOrder) -> float | None:
    """The first value of a tag of any numeric type, or a decimal number written as text.

    None when it is not a number, not finite, or a rational with denominator 0.
    """
    if kind in _RATIONAL:
        over, under = order.one[kind](data, position)
        return over / under if under else None
    if kind not in _CODES:
        return _written_number(data, position, kind, count)
    (value,) = order.one[kind](data, position)
    return value if isfinite(value) else None


def triple(data: bytes, position: int, kind: int, count: int, order: ByteOrder) -> tuple[float, ...] | None:
    """The first three values of a tag of a numeric type, 0 for those that are missing.

    None when one of them is not finite, or over 0.
    """
    if kind not in _CODES:
        return None
    parts = order.three[kind][count if count < 3 else 3](data, position)
    if kind in _RATIONAL:
        try:
            parts = tuple(map(truediv, parts[::2], parts[1::2]))
        except ZeroDivisionError:
            return None
    elif not all(map(isfinite, parts)):
        return None
    return parts if count >= 3 else (*parts, 0, 0)[:3]


def _written_number(data: bytes, position: int, kind: int, count: int) -> float | None:
    if kind == _UNDEFINED and count == 1:  # one byte of no declared type is a small integer
        return data[position]
    written = data[position : position + min(count, MAX_TEXT_BYTES)].partition(b"\0")[0]
    decimal = _DECIMAL.match(written)
    return float(decimal[1]) if decimal else None


def raw(data: bytes, position: int, kind: int, count: int, _: ByteOrder) -> bytes | None:
    """The first 1 KiB of a text's bytes, NULs and all; None when it is no text."""
    return data[position : position + min(count, MAX_TEXT_BYTES)] if kind in _TEXT else None


def text(data: bytes, position: int, kind: int, count: int, _: ByteOrder) -> str | None:
    """A text up to its first NUL, without control characters and outer blanks; None when nothing is left.

    Bytes that are not UTF-8 become `?`: EXIF text is ASCII by the standard and UTF-8 in practice, and which
    other encoding a writer meant cannot be known.
    """
    if kind not in _TEXT:
        return None
    written, nul, _rest = data[position : position + min(count, MAX_TEXT_BYTES)].partition(b"\0")
    if written.isascii():
        found = written.decode()
    else:
        is_whole = bool(nul) or count < MAX_TEXT_BYTES  # else the last character may have been cut in two
        found = utf_8_decode(written, "surrogateescape", is_whole)[0].encode("utf-8", "replace").decode()
    if not found.isprintable():
        found = found.translate(_CONTROLS)
    return found.strip() or None
