"""TIFF directories in an EXIF block, bounded (TIFF 6.0, section 2; EXIF 3.0, section 4.6).

Nothing here trusts an offset or a count: a value that does not lie wholly inside its block is as good as absent.
"""

import math
import re
import struct
from collections.abc import Container
from typing import TypeAlias

from photodock.imaging.reading import ExifBlock

MAX_ENTRIES = 512
"""Entries looked at in one directory; cameras write fewer than 100."""

MAX_TEXT_BYTES = 1024

# TIFF type -> bytes of one value. 13 is IFD (TIFF Tech Note 1), 129 is UTF-8 (EXIF 3.0).
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_UNDEFINED = 7
_TEXT_TYPES = frozenset({1, 2, 6, _UNDEFINED, 129})
_INTEGER_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
_RATIONAL_CODES = {5: "I", 10: "i"}
_FLOAT_CODES = {11: "f", 12: "d"}

_HEADERS = {b"II": "<", b"MM": ">"}
_ENTRIES = {"<": struct.Struct("<HHII"), ">": struct.Struct(">HHII")}
_DECIMAL = re.compile(rb"\s*(-?\d{1,15}(?:\.\d{1,15})?)\s*\Z")
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])

_Entry: TypeAlias = tuple[int, int, int]
"""Type, count, and where the value lies in the block's data."""


class Directory:
    """The wanted entries of one directory. Every reader answers with None or () when in doubt."""

    __slots__ = ("_data", "_entries", "_order")

    def __init__(self, data: bytes, order: str, entries: dict[int, _Entry]) -> None:
        self._data = data
        self._order = order
        self._entries = entries

    def numbers(self, tag: int, at_most: int) -> tuple[float, ...]:
        """The first values of a tag, of any numeric type, or a decimal number written as text.

        Empty when the tag is absent, not a number, not finite, or has a rational with denominator 0.
        """
        entry = self._entries.get(tag)
        if entry is None:
            return ()
        kind, count, position = entry
        count = min(count, at_most)
        if code := _RATIONAL_CODES.get(kind):
            parts = struct.unpack_from(f"{self._order}{2 * count}{code}", self._data, position)
            if 0 in parts[1::2]:
                return ()
            return tuple([parts[at] / parts[at + 1] for at in range(0, 2 * count, 2)])
        if code := _INTEGER_CODES.get(kind):
            return struct.unpack_from(f"{self._order}{count}{code}", self._data, position)
        if code := _FLOAT_CODES.get(kind):
            values = struct.unpack_from(f"{self._order}{count}{code}", self._data, position)
            return values if all(map(math.isfinite, values)) else ()
        return self._written_number(tag, entry)

    def _written_number(self, tag: int, entry: _Entry) -> tuple[float, ...]:
        kind, count, position = entry
        if kind == _UNDEFINED and count == 1:  # one byte of no declared type is a small integer
            return (self._data[position],)
        decimal = _DECIMAL.match(self.raw(tag).partition(b"\0")[0])
        return (float(decimal[1]),) if decimal else ()

    def number(self, tag: int) -> float | None:
        """The first value of a tag; see `numbers`."""
        values = self.numbers(tag, 1)
        return values[0] if values else None

    def raw(self, tag: int) -> bytes:
        """The first 1 KiB of a text's bytes, NULs and all; empty when the tag is absent or no text."""
        entry = self._entries.get(tag)
        if entry is None or entry[0] not in _TEXT_TYPES:
            return b""
        _, count, position = entry
        return self._data[position : position + min(count, MAX_TEXT_BYTES)]

    def text(self, tag: int) -> str | None:
        """A text up to its first NUL, without control characters and outer blanks; None when nothing is left.

        Bytes that are not UTF-8 become `?`: EXIF text is ASCII by the standard and UTF-8 in practice, and which
        other encoding a writer meant cannot be known.
        """
        raw = self.raw(tag)
        end = raw.find(b"\0")
        if end >= 0:
            raw = raw[:end]
        elif len(raw) == MAX_TEXT_BYTES:
            raw = _without_cut_character(raw)
        text = raw.decode("utf-8", "surrogateescape")
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        if not text.isprintable():
            text = text.translate(_CONTROLS)
        return text.strip() or None


def _without_cut_character(raw: bytes) -> bytes:
    """`raw` without the beginning of a UTF-8 character whose rest was cut off."""
    for back in range(1, 4):
        if raw[-back] & 0xC0 == 0xC0:
            return raw[:-back]
        if raw[-back] < 0x80:
            break
    return raw


class Tiff:
    """A block whose TIFF header was recognised. `root` is the offset of its first directory."""

    __slots__ = ("_block", "_order", "root")

    def __init__(self, block: ExifBlock, order: str, root: int) -> None:
        self._block = block
        self._order = order
        self.root = root

    @classmethod
    def open(cls, block: ExifBlock) -> "Tiff | None":
        """None without a byte order mark and an offset behind the header.

        The number 42 is not asked for: cameras have written others.
        """
        data, start, end = block
        order = _HEADERS.get(data[start : start + 2])
        if order is None or end - start < 8:
            return None
        (root,) = struct.unpack_from(order + "I", data, start + 4)
        return cls(block, order, root) if root >= 8 else None

    def directory(self, offset: float | None, wanted: Container[int]) -> Directory:
        """The wanted entries of the directory at `offset`; an empty one when it lies outside the block.

        Where a tag stands twice the last one holds, as in ExifTool; but a directory cut off by the end of the
        block gives what is there.
        """
        entries: dict[int, _Entry] = {}
        data, start, end = self._block
        found = Directory(data, self._order, entries)
        if offset is None or not 8 <= offset <= end - start - 2:
            return found
        first = start + int(offset) + 2
        (count,) = struct.unpack_from(self._order + "H", data, first - 2)
        count = min(count, MAX_ENTRIES, (end - first) // 12)
        table = memoryview(data)[first : first + 12 * count]
        for index, (tag, kind, length, value) in enumerate(_ENTRIES[self._order].iter_unpack(table)):
            if tag in wanted and (size := _SIZES.get(kind, 0) * length):
                if size <= 4:
                    entries[tag] = (kind, length, first + 12 * index + 8)
                elif self._is_sound(value, size, int(offset), count):
                    entries[tag] = (kind, length, start + value)
            elif not index and kind not in _SIZES:
                break  # what begins with nonsense is no directory
        return found

    def _is_sound(self, offset: int, size: int, directory: int, count: int) -> bool:
        """Whether a value lies in the block, behind the header, and not on its own directory."""
        beside = offset + size <= directory or offset >= directory + 2 + 12 * count
        return offset >= 8 and offset + size <= self._block.end - self._block.start and beside
