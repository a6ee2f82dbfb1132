"""TIFF directories in an EXIF block, bounded (TIFF 6.0, section 2; EXIF 3.0, section 4.6).

Nothing here trusts an offset or a count: a value that does not lie wholly inside its block is as good as absent.

A directory is read in one pass. A table says by an entry's tag and type, taken as one number, how it is read, so that
one look leaves out what is not wanted and nothing is decided anew for each value.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from photodock.imaging.reading import ExifBlock

MAX_ENTRIES = 512
"""Entries looked at in one directory; cameras write fewer than 100."""

MAX_BYTES = 4_096
"""When the values of one directory have come to more than that, no other is read: a photo's come to some hundred bytes,
and 512 entries may all name the same text, of a kilobyte that is slow to read."""

# TIFF type -> bytes of one value. 13 is IFD (TIFF Tech Note 1), 129 is UTF-8 (EXIF 3.0).
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_ENTRY_BYTES = 12

Reader: TypeAlias = Callable[[bytes, int, int], Any]
"""Gets the data, where a value begins in it and its count (never 0), and gives what can be made of it, or None."""

Rule: TypeAlias = Callable[[int, str], Reader]
"""Gives the reader for a TIFF type in a byte order, `<` or `>`."""

Fields: TypeAlias = Mapping[int, tuple[str, Rule]]
"""Tag -> the name that its value goes by, and the rule for it."""

Values: TypeAlias = dict[str, Any]
"""Name -> value; a value that is unsound is absent."""

_BYTE_ORDERS = {mark: (sign, struct.Struct(sign + "I").unpack_from) for mark, sign in ((b"II", "<"), (b"MM", ">"))}


def open_tiff(block: ExifBlock) -> tuple[str, int] | None:
    """A block's byte order, `<` or `>`, and where its first directory, IFD0, lies.

    None without a byte order mark and an offset behind the header. The number 42 is not asked for: cameras have
    written others.
    """
    data, start, end = block
    byte_order = _BYTE_ORDERS.get(data[start : start + 2])
    if byte_order is None or end - start < 8:
        return None
    sign, unpack = byte_order
    (root,) = unpack(data, start + 4)
    return (sign, root) if root >= 8 else None


class Directory:
    """What is to be read from one kind of directory, in one byte order."""

    __slots__ = ("_entries", "_pack", "_readers", "_start")

    def __init__(self, fields: Fields, sign: str) -> None:
        self._start = struct.Struct(sign + "HxxH").unpack_from  # the number of entries, and the first one's type
        self._entries = struct.Struct(sign + "III").iter_unpack  # tag and type, count, and the value or its offset
        self._pack = struct.Struct(sign + "I").pack
        tag_and_type = struct.Struct(sign + "HH")
        self._readers = {
            struct.unpack(sign + "I", tag_and_type.pack(tag, kind))[0]: (name, size, rule(kind, sign))
            for tag, (name, rule) in fields.items()
            for kind, size in _SIZES.items()
        }

    def read(self, block: ExifBlock, offset: int | None, values: Values) -> None:
        """Add to `values` those of the directory at `offset`; nothing where there can be no directory.

        Where a tag stands twice the last one holds, and an entry of an unknown type is none, as in ExifTool. A
        directory cut off by the end of its block gives what is there. The directory chained to it is never looked at:
        it is a thumbnail's.
        """
        data, start, end = block
        length = end - start
        if offset is None or not 8 <= offset <= length - 2 - _ENTRY_BYTES:
            return
        number, kind = self._start(data, start + offset)
        behind = offset + 2 + _ENTRY_BYTES * number
        if behind > length or number > MAX_ENTRIES:
            behind = offset + 2 + _ENTRY_BYTES * min(MAX_ENTRIES, (length - offset - 2) // _ENTRY_BYTES)
        if not number or kind not in _SIZES:
            return
        reader_for, pack, taken = self._readers.get, self._pack, 0
        for tag_and_type, count, value in self._entries(data[start + offset + 2 : start + behind]):
            reader = reader_for(tag_and_type)
            if reader is None:
                continue
            name, size, read = reader
            size *= count
            if size <= 4:  # then the value stands here itself, and not its offset
                found = read(pack(value), 0, count) if size else None
            elif behind <= value <= length - size or 8 <= value <= offset - size:
                if taken > MAX_BYTES:
                    continue
                taken += size
                found = read(data, start + value, count)
            else:  # outside of the block, on its header, or on the directory itself
                found = None
            if found is None:
                values.pop(name, None)
            else:
                values[name] = found
