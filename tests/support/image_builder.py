"""Builds small JPEG, PNG and TIFF structures, sound or broken as a test needs them."""

import struct
import zlib
from dataclasses import dataclass, field

BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD = range(1, 14)
UTF8 = 129

EXIF_POINTER = 0x8769
GPS_POINTER = 0x8825

_CODES = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I", SBYTE: "b", SSHORT: "h", SLONG: "i", SRATIONAL: "i"}
_CODES |= {FLOAT: "f", DOUBLE: "d", IFD: "I"}


@dataclass(frozen=True)
class Entry:
    """One entry of a directory: text as `bytes`, numbers as ints or floats, a rational as two ints."""

    tag: int
    kind: int
    values: bytes | tuple[float, ...]
    count: int | None = None
    offset: int | None = None

    def encoded(self, order: str) -> bytes:
        if isinstance(self.values, bytes):
            return self.values
        return struct.pack(f"{order}{len(self.values)}{_CODES[self.kind]}", *self.values)

    def number_of_values(self) -> int:
        if self.count is not None:
            return self.count
        return len(self.values) // (2 if self.kind in (RATIONAL, SRATIONAL) else 1)


def text(tag: int, value: str | bytes, kind: int = ASCII) -> Entry:
    return Entry(tag, kind, (value.encode() if isinstance(value, str) else value) + b"\0")


def numbers(tag: int, kind: int, *values: float) -> Entry:
    return Entry(tag, kind, values)


@dataclass
class Exif:
    """A TIFF structure of up to three directories; `tiff` gives its bytes."""

    image: list[Entry] = field(default_factory=list)
    exif: list[Entry] = field(default_factory=list)
    gps: list[Entry] = field(default_factory=list)
    order: str = "<"
    magic: int = 42
    gps_within_exif: bool = False
    pointer_kind: int = LONG

    def tiff(self) -> bytes:
        image, exif = list(self.image), list(self.exif)
        if self.gps:
            (exif if self.gps_within_exif else image).append(numbers(GPS_POINTER, self.pointer_kind, 0))
        if exif:
            image.append(numbers(EXIF_POINTER, self.pointer_kind, 0))
        directories = {0: image, EXIF_POINTER: exif, GPS_POINTER: self.gps}
        directories = {pointer: entries for pointer, entries in directories.items() if entries or not pointer}
        places, end = {}, 8
        for pointer, entries in directories.items():
            places[pointer] = end
            end += 6 + 12 * len(entries)
        tables, values = b"", b""
        for entries in directories.values():
            tables += struct.pack(self.order + "H", len(entries))
            for entry in entries:
                placed = numbers(entry.tag, entry.kind, places[entry.tag]) if entry.tag in places else entry
                row, values = self._row(placed, values, end)
                tables += row
            tables += bytes(4)  # no next directory
        header = (b"II" if self.order == "<" else b"MM") + struct.pack(self.order + "HI", self.magic, 8)
        return header + tables + values

    def _row(self, entry: Entry, values: bytes, end: int) -> tuple[bytes, bytes]:
        encoded = entry.encoded(self.order)
        row = struct.pack(self.order + "HHI", entry.tag, entry.kind, entry.number_of_values())
        if entry.offset is not None:
            return row + struct.pack(self.order + "I", entry.offset), values
        if len(encoded) <= 4:
            return row + encoded.ljust(4, b"\0"), values
        return row + struct.pack(self.order + "I", end + len(values)), values + encoded + bytes(len(encoded) % 2)


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def app1(tiff: bytes, identifier: bytes = b"Exif\0\0") -> bytes:
    return segment(0xE1, identifier + tiff)


def frame(width: int = 64, height: int = 48, marker: int = 0xC0) -> bytes:
    return segment(marker, struct.pack(">BHHB3B", 8, height, width, 1, 1, 0x11, 0))


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\x34\xff\xd9"


def jpeg(*segments: bytes, tail: bytes | None = None) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + (frame() + SCAN if tail is None else tail)


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def header(width: int = 64, height: int = 48) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


PIXELS = chunk(b"IDAT", zlib.compress(bytes(64)))
END = chunk(b"IEND")


def png(*chunks: bytes, head: bytes | None = None) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + (header() if head is None else head) + b"".join(chunks)


def raw_profile(exif: bytes, name: bytes = b"exif") -> bytes:
    """The text that ImageMagick writes: name, length, and hexadecimal digits in lines of 72."""
    digits = exif.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return b"\n" + name + b"\n%8d\n" % len(exif) + lines + b"\n"
