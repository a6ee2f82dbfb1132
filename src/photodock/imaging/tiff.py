"""TIFF directories in an EXIF block, bounded (TIFF 6.0, section 2; EXIF 3.0, section 4.6).

Nothing here trusts an offset or a count: a value that does not lie wholly inside its block is as good as absent.
"""

import re
import struct
from codecs import utf_8_decode
from collections.abc import Callable
from functools import lru_cache
from math import isfinite
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

_ORDERS = {b"II": "<", b"MM": ">"}
_DECIMAL = re.compile(rb"\s*(-?\d{1,15}(?:\.\d{1,15})?)\s*\Z")
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])

_Unpack: TypeAlias = Callable[[bytes, int], tuple[Any, ...]]
_Value: TypeAlias = tuple[int, int, int]
"""Type, count, and where the first byte lies in the block's data."""


@lru_cache(maxsize=256)
def _unpacker(order: str, codes: str, times: int = 1) -> _Unpack:
    return struct.Struct(order + codes * times).unpack_from


_ONE_VALUE: dict[str, dict[int, _Unpack]] = {
    order: {kind: _unpacker(order, code) for kind, code in _CODES.items()} for order in _ORDERS.values()
}


class Directory:
    """One directory of a block. Every reader answers with None, () or b"" when the tag is absent or unsound.

    Where a tag stands twice the last one holds, as in ExifTool. A directory cut off by the end of its block gives
    what is there.
    """

    __slots__ = ("_block", "_end", "_fields", "_first", "_index", "_order")

    def __init__(self, block: ExifBlock, order: str, offset: float | None) -> None:
        """The directory at `offset`; an empty one when there is none, or none that can be one."""
        self._block = block
        self._order = order
        self._index: dict[int, int] = {}
        data, start, end = block
        if offset is None or not 8 <= offset <= end - start - 2:
            return
        first = start + int(offset) + 2
        count = min(_unpacker(order, "H")(data, first - 2)[0], MAX_ENTRIES, (end - first) // 12)
        fields = _unpacker(order, "HHII", count)(data, first)  # tag, type, count, value or its offset
        if count and fields[1] in _SIZES:
            self._first, self._end, self._fields = first, first + 12 * count, fields
            self._index = dict(zip(fields[::4], range(count), strict=True))

    def __contains__(self, tag: int) -> bool:
        return tag in self._index

    def _value(self, tag: int) -> _Value | None:
        """Where the value lies: in its block, behind the header, and not on its own directory."""
        index = self._index.get(tag)
        if index is None:
            return None
        _, kind, count, offset = self._fields[4 * index : 4 * index + 4]
        size = _SIZES.get(kind, 0) * count
        if size <= 4:
            return (kind, count, self._first + 12 * index + 8) if size else None
        position = self._block.start + offset
        if offset < 8 or position + size > self._block.end:
            return None
        if position < self._end and position + size > self._first - 2:
            return None
        return kind, count, position

    def number(self, tag: int) -> float | None:
        """The first value of a tag of any numeric type, or a decimal number written as text.

        None when the tag is absent, not a number, not finite, or a rational with denominator 0.
        """
        value = self._value(tag)
        if value is None:
            return None
        kind, _, position = value
        unpack = _ONE_VALUE[self._order].get(kind)
        if unpack is None:
            return self._written_number(tag, value)
        parts = unpack(self._block.data, position)
        if kind in _RATIONAL:
            return parts[0] / parts[1] if parts[1] else None
        return parts[0] if isfinite(parts[0]) else None

    def numbers(self, tag: int, at_most: int) -> tuple[float, ...]:
        """The first values of a tag of a numeric type; empty when one of them is not finite, or over 0."""
        value = self._value(tag)
        if value is None or value[0] not in _CODES:
            return ()
        kind, count, position = value
        parts = _unpacker(self._order, _CODES[kind], min(count, at_most))(self._block.data, position)
        if kind in _RATIONAL:
            if 0 in parts[1::2]:
                return ()
            return tuple([parts[at] / parts[at + 1] for at in range(0, len(parts), 2)])
        return parts if all(map(isfinite, parts)) else ()

    def _written_number(self, tag: int, value: _Value) -> float | None:
        kind, count, position = value
        if kind == _UNDEFINED and count == 1:  # one byte of no declared type is a small integer
            return self._block.data[position]
        decimal = _DECIMAL.match(self.raw(tag).partition(b"\0")[0])
        return float(decimal[1]) if decimal else None

    def raw(self, tag: int) -> bytes:
        """The first 1 KiB of a text's bytes, NULs and all; empty when the tag is absent or no text."""
        value = self._value(tag)
        if value is None or value[0] not in _TEXT:
            return b""
        _, count, position = value
        return self._block.data[position : position + min(count, MAX_TEXT_BYTES)]

    def text(self, tag: int) -> str | None:
        """A text up to its first NUL, without control characters and outer blanks; None when nothing is left.

        Bytes that are not UTF-8 become `?`: EXIF text is ASCII by the standard and UTF-8 in practice, and which
        other encoding a writer meant cannot be known.
        """
        raw = self.raw(tag)
        end = raw.find(b"\0")
        is_whole = end >= 0 or len(raw) < MAX_TEXT_BYTES  # else the last character may have been cut in two
        text, _ = utf_8_decode(raw[:end] if end >= 0 else raw, "surrogateescape", is_whole)
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        if not text.isprintable():
            text = text.translate(_CONTROLS)
        return text.strip() or None


class Tiff:
    """A block whose TIFF header was recognised."""

    __slots__ = ("_block", "_order", "_root")

    def __init__(self, block: ExifBlock, order: str, root: int) -> None:
        self._block = block
        self._order = order
        self._root = root

    @classmethod
    def open(cls, block: ExifBlock) -> "Tiff | None":
        """None without a byte order mark and an offset behind the header.

        The number 42 is not asked for: cameras have written others.
        """
        data, start, end = block
        order = _ORDERS.get(data[start : start + 2])
        if order is None or end - start < 8:
            return None
        (root,) = _unpacker(order, "I")(data, start + 4)
        return cls(block, order, root) if root >= 8 else None

    def root(self) -> Directory:
        """The first directory, IFD0. The ones chained to it are never looked at: they are thumbnails."""
        return self.directory(self._root)

    def directory(self, offset: float | None) -> Directory:
        """The directory at `offset`, as a pointer's tag gives it."""
        return Directory(self._block, self._order, offset)
