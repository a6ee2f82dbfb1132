"""What becomes of one EXIF value: for each kind of fact a rule that gives its reader (docs/exif.md has the rules).

A rule is asked once for each TIFF type and byte order, when the program starts; what it gives knows its type.
"""

import re
import struct
from codecs import utf_8_decode
from collections.abc import Callable, Mapping
from math import inf, isfinite
from typing import Any

from photodock.imaging.tiff import Reader, Rule

MAX_TEXT_BYTES = 1024

# TIFF types.
_UNDEFINED = 7
_TEXT = frozenset({1, 2, 6, _UNDEFINED, 129})
_RATIONAL = frozenset({5, 10})
_INTEGER = frozenset({1, 3, 4, 6, 8, 9, 13})
_CODES = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I"}
# The least and the greatest value that an integer's type can hold.
_RANGES = {
    1: (0, 0xFF),
    3: (0, 0xFFFF),
    4: (0, 0xFFFF_FFFF),
    6: (-0x80, 0x7F),
    8: (-0x8000, 0x7FFF),
    9: (-0x8000_0000, 0x7FFF_FFFF),
    13: (0, 0xFFFF_FFFF),
}

LARGEST = float.fromhex("0x1.fffffffffffffp+1023")
SMALLEST = float.fromhex("0x1p-1074")
"""The largest and the smallest number above 0 that there are: infinity and NaN lie outside."""

# What was matched by `*+` is not given back: a kilobyte of blanks in each of 512 entries is no work.
_DECIMAL = re.compile(rb"\s*+(-?\d{1,15}(?:\.\d{1,15})?)\s*+\Z")
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])


def real(lowest: float = -LARGEST, highest: float = LARGEST) -> Rule:
    """The first value of a tag of any numeric type, or a decimal number written as text, within these bounds.

    A rational with denominator 0 is no number.
    """

    def rule(kind: int, sign: str) -> Reader:
        read = _number(kind, sign, lowest, highest)
        return _converted(read, float) if kind in _INTEGER else read

    return rule


def whole(lowest: int, highest: int) -> Rule:
    """The same, rounded towards 0."""

    def rule(kind: int, sign: str) -> Reader:
        read = _number(kind, sign, lowest, highest)
        return read if kind in _INTEGER else _converted(read, int)

    return rule


def sixtieths(kind: int, sign: str) -> Reader:
    """The seconds that the first three values of a tag of a numeric type make: degrees or hours, minutes, seconds.

    0 for those that are missing. None when one of them is not finite, or over 0.
    """
    if kind not in _CODES:
        return _nothing
    one, two, three = (struct.Struct(sign + _CODES[kind] * times).unpack_from for times in (1, 2, 3))

    def rationals(data: bytes, position: int, count: int) -> float | None:
        if count >= 3:
            a, b, c, d, e, f = three(data, position)
        else:
            a, b, c, d, e, f = (*(two if count == 2 else one)(data, position), 0, 1, 0, 1)[:6]
        try:
            total: float = a / b * 3600 + c / d * 60 + e / f
        except ZeroDivisionError:
            return None
        return total

    def others(data: bytes, position: int, count: int) -> float | None:
        parts = three(data, position) if count >= 3 else (*(two if count == 2 else one)(data, position), 0, 0)
        a, b, c = parts[:3]
        total = a * 3600 + b * 60 + c
        return total if isfinite(total) else None

    return rationals if kind in _RATIONAL else others


def of_text(read: Reader) -> Rule:
    """The rule for a reader of bytes, whichever type of bytes they have."""
    return lambda kind, _: read if kind in _TEXT else _nothing


def read_text(data: bytes, position: int, count: int) -> str | None:
    """A text up to its first NUL, without control characters and outer blanks; None when nothing is left.

    Bytes that are not UTF-8 become `?`: EXIF text is ASCII by the standard and UTF-8 in practice, and which
    other encoding a writer meant cannot be known.
    """
    # `min` would take four times as long, and most values are texts.
    end = position + (count if count < MAX_TEXT_BYTES else MAX_TEXT_BYTES)
    usual = data[position:end].rstrip(b"\0")
    if usual.isascii() and (found := usual.decode()).isprintable():  # a NUL within it is not
        return found.strip() or None
    written, nul, _ = data[position:end].partition(b"\0")
    if written.isascii():
        found = written.decode()
    else:
        is_whole = bool(nul) or count < MAX_TEXT_BYTES  # else the last character may have been cut in two
        found = utf_8_decode(written, "surrogateescape", is_whole)[0].encode("utf-8", "replace").decode()
    if not found.isprintable():
        found = found.translate(_CONTROLS)
    return found.strip() or None


def one_of(signs: Mapping[bytes, int]) -> Rule:
    """What its first letter stands for."""

    def read(data: bytes, position: int, count: int) -> int | None:
        found = signs.get(data[position : position + 1])
        if found is None:  # blanks may stand before it
            found = signs.get(data[position : position + min(count, MAX_TEXT_BYTES)].lstrip()[:1])
        return found

    return of_text(read)


def _number(kind: int, sign: str, lowest: float, highest: float) -> Reader:
    if kind not in _CODES:
        return _written_number(lowest, highest, byte_alone=kind == _UNDEFINED)
    unpack = struct.Struct(sign + _CODES[kind]).unpack_from

    def rational(data: bytes, position: int, _: int) -> float | None:
        over, under = unpack(data, position)
        return value if under and lowest <= (value := over / under) <= highest else None

    def single(data: bytes, position: int, _: int) -> Any:
        (value,) = unpack(data, position)
        return value if lowest <= value <= highest else None

    def any_integer(data: bytes, position: int, _: int) -> Any:
        return unpack(data, position)[0]

    if kind in _RATIONAL:
        return rational
    least, most = _RANGES.get(kind, (-inf, inf))
    return any_integer if lowest <= least and most <= highest else single


def _written_number(lowest: float, highest: float, *, byte_alone: bool) -> Reader:
    def read(data: bytes, position: int, count: int) -> float | None:
        if byte_alone and count == 1:  # one byte of no declared type is a small integer
            value = float(data[position])
        else:
            written = data[position : position + min(count, MAX_TEXT_BYTES)].partition(b"\0")[0]
            decimal = _DECIMAL.match(written)
            if decimal is None:
                return None
            value = float(decimal[1])
        return value if lowest <= value <= highest else None

    return read


def _converted(read: Reader, convert: Callable[[float], float]) -> Reader:
    def converted(data: bytes, position: int, count: int) -> float | None:
        value = read(data, position, count)
        return None if value is None else convert(value)

    return converted


def _nothing(_data: bytes, _position: int, _count: int) -> None:
    return None
