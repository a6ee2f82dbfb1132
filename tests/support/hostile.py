"""Photos made to do harm, each with what must be read from it all the same."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache

from photodock.domain.values import JsonObject
from photodock.imaging import inspect_bytes
from support.image_builder import (
    ASCII,
    BYTE,
    DOUBLE,
    END,
    EXIF_POINTER,
    FLOAT,
    GPS_POINTER,
    JFIF,
    LONG,
    PIXELS,
    RATIONAL,
    SCAN,
    SRATIONAL,
    UNDEFINED,
    Entry,
    Exif,
    app1,
    chunk,
    frame,
    header,
    jpeg,
    numbers,
    png,
    segment,
    text,
)
from support.samples import RICH, SAMPLES

MIB = 1024 * 1024
LARGEST = 0x7FFFFFFF  # of a PNG's dimension
KEPT: JsonObject = {"camera_model": "kept"}
MODEL = text(0x0110, "kept")
IMAGE_NUMBERS, EXIF_NUMBERS, GPS_NUMBERS = (0x0112,), (0x829A, 0x829D, 0x8827, 0x9209, 0x920A), (2, 4, 6, 7, 0x11)
REFERENCES = [text(1, "N"), text(3, "E"), text(0x1D, "2025:11:17")]
NOTHING: JsonObject = {
    **KEPT,
    "iso": 0,
    "flash": 0,
    "gps_coordinates": {
        "latitude": 0.0,
        "longitude": 0.0,
        "altitude_m": 0.0,
        "direction_deg": 0.0,
        "timestamp": "2025-11-17T00:00:00Z",
    },
}
SCRIPT = b"<!doctype html><script>alert(document.domain)</script>"


@dataclass(frozen=True)
class Hostile:
    """`exif_data` is what must be read; null for nothing."""

    name: str
    data: bytes
    width: int | None
    height: int | None
    exif_data: JsonObject | None

    @property
    def mime_type(self) -> str:
        return "image/jpeg" if self.data.startswith(b"\xff\xd8") else "image/png"

    def __str__(self) -> str:
        return self.name


def of_exif(name: str, tiff: bytes, exif_data: JsonObject | None = KEPT) -> Hostile:
    return Hostile(name, jpeg(app1(tiff)), 64, 48, exif_data)


def with_numbers(kind: int, *values: float) -> bytes:
    """The same numbers under every tag that is read as one."""
    image, exif, gps = (
        [numbers(tag, kind, *values) for tag in tags] for tags in (IMAGE_NUMBERS, EXIF_NUMBERS, GPS_NUMBERS)
    )
    return Exif(image=[MODEL, *image], exif=exif, gps=[*REFERENCES, *gps]).tiff()


def with_count(kind: int, count: int) -> bytes:
    tags = (0x010F, *IMAGE_NUMBERS)
    image, exif, gps = (
        [Entry(tag, kind, b"\1" * 16, count=count) for tag in tags] for tags in (tags, EXIF_NUMBERS, GPS_NUMBERS)
    )
    return Exif(image=[MODEL, *image], exif=exif, gps=[*REFERENCES, *gps]).tiff()


def with_text(raw: bytes) -> bytes:
    return Exif(image=[Entry(0x010F, ASCII, raw)]).tiff()


def chained(tiff: bytes, following: int) -> bytes:
    """The first directory's pointer to the next one bent."""
    (count,) = struct.unpack_from("<H", tiff, 8)
    at = 8 + 2 + 12 * count
    return tiff[:at] + struct.pack("<I", following) + tiff[at + 4 :]


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(zipfile.ZipInfo("index.html"), SCRIPT)
    return file.getvalue()


def bomb(size: int = 64 * MIB) -> bytes:
    """`size` zeros in a thousandth of it."""
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(size // MIB)), packer.flush()])


@cache
def hostile_photos() -> tuple[Hostile, ...]:
    rich = inspect_bytes(SAMPLES["jpeg"]).exif_data
    return (*headers(rich), *directories(), *values(), *texts(), *bombs(rich), *polyglots(rich))


def headers(rich: JsonObject | None) -> tuple[Hostile, ...]:
    exif = chunk(b"eXIf", RICH)
    return (
        Hostile("gigapixel JPEG", jpeg(app1(RICH), tail=frame(65_535, 65_535) + SCAN), 65_535, 65_535, rich),
        Hostile("exapixel PNG", png(exif, PIXELS, END, head=header(LARGEST, LARGEST)), LARGEST, LARGEST, rich),
        Hostile("PNG beyond the standard", png(exif, PIXELS, END, head=header(2**31, 2**32 - 1)), None, None, rich),
        Hostile("JPEG without an area", jpeg(app1(RICH), tail=frame(0, 0) + SCAN), None, None, rich),
    )


def directories() -> tuple[Hostile, ...]:
    def pointing(exif: int, gps: int) -> bytes:
        return Exif(image=[MODEL, numbers(EXIF_POINTER, LONG, exif), numbers(GPS_POINTER, LONG, gps)]).tiff()

    plain = Exif(image=[MODEL]).tiff()
    itself = Exif(image=[MODEL], exif=[numbers(EXIF_POINTER, LONG, 26)]).tiff()
    return (
        of_exif("directories that are the first one again", pointing(8, 8)),
        of_exif("directories outside their block", pointing(0xFFFFFFFF, 0x7FFFFFFF)),
        of_exif("a chain of directories that is a ring", chained(plain, 8)),
        of_exif("a chain of directories that leads nowhere", chained(plain, 0xFFFFFFFE)),
        of_exif(
            "an EXIF directory that points at itself",
            itself,
        ),
        of_exif("GPS within a GPS directory", Exif(image=[MODEL], gps=[numbers(GPS_POINTER, LONG, 8)]).tiff()),
    )


def values() -> tuple[Hostile, ...]:
    kinds = (ASCII, BYTE, UNDEFINED, RATIONAL)
    return (
        *(of_exif(f"4 G values of type {kind}", with_count(kind, 2**32 - 1)) for kind in (*range(1, 14), 129)),
        *(of_exif(f"2 G values of type {kind}", with_count(kind, 2**31)) for kind in kinds),
        of_exif("0/0", with_numbers(RATIONAL, *(0, 0) * 3)),
        of_exif("signed 0/0", with_numbers(SRATIONAL, *(0, 0) * 3)),
        of_exif("4 G/0", with_numbers(RATIONAL, *(2**32 - 1, 0) * 3)),
        of_exif("NaN", with_numbers(FLOAT, *[float("nan")] * 3)),
        of_exif("NaN of 8 bytes", with_numbers(DOUBLE, *[float("nan")] * 3)),
        of_exif("minus zero", with_numbers(FLOAT, *[-0.0] * 3), NOTHING),
        of_exif("Infinity", with_numbers(FLOAT, *[float("inf")] * 3)),
        of_exif("-Infinity of 8 bytes", with_numbers(DOUBLE, *[float("-inf")] * 3)),
    )


def texts() -> tuple[Hostile, ...]:
    def of_text(name: str, raw: bytes, make: str | None) -> Hostile:
        return of_exif(name, with_text(raw), {"camera_make": make} if make else None)

    return (
        of_text("text of NULs", bytes(64), None),
        of_text("NUL in a text", b"Ac\0me of more\0", "Ac"),
        of_text("text that is not UTF-8", b"Ac\xff\xfe\xc0\x80me\0", "Ac????me"),
        of_text("lone surrogates", b"Ac\xed\xa0\x80me\0", "Ac???me"),
        of_text("controls", b"\x1b]0;Ac\x07\x7f\xc2\x9bme\r\n\0", "]0;Acme"),
        of_text("text that turns the reading direction", "Ac\u202egpj.em\0".encode(), "Ac\u202egpj.em"),
        of_text("a text cut within a character", b"A" * 1023 + "é".encode() + b"more", "A" * 1023),
    )


def bombs(rich: JsonObject | None) -> tuple[Hostile, ...]:
    profile, packed, exif = b"Raw profile type exif\0", bomb(), chunk(b"eXIf", RICH)

    def of_chunk(name: str, *chunks: bytes) -> Hostile:
        return Hostile(name, png(*chunks, exif, PIXELS, END), 64, 48, rich)

    return (
        of_chunk("bomb in zTXt", chunk(b"zTXt", profile + b"\0" + packed)),
        of_chunk("bomb in iTXt", chunk(b"iTXt", profile + b"\1\0en\0\0" + packed)),
        of_chunk("bomb in iCCP", chunk(b"iCCP", b"ICC profile\0\0" + packed)),
        of_chunk("bomb in a comment", chunk(b"zTXt", b"Comment\0\0" + packed)),
        of_chunk("bomb in a bomb", chunk(b"zTXt", profile + b"\0" + zlib.compress(packed, 9))),
    )


def polyglots(rich: JsonObject | None) -> tuple[Hostile, ...]:
    photo, drawing = SAMPLES["jpeg"], SAMPLES["png"]
    commented = jpeg(segment(0xFE, b"*/=1;" + SCRIPT), JFIF, app1(RICH))
    return (
        Hostile("JPEG and HTML", photo + SCRIPT, 64, 48, rich),
        Hostile("HTML in a JPEG's comment", commented, 64, 48, rich),
        Hostile("JPEG and ZIP", photo + archive(), 64, 48, rich),
        Hostile("PNG and script", drawing + SCRIPT, 64, 48, rich),
        Hostile("PNG and ZIP", drawing + archive(), 64, 48, rich),
        Hostile("JPEG and PDF", photo + b"%PDF-1.7\n", 64, 48, rich),
        Hostile("JPEG and PNG", photo + drawing, 64, 48, rich),
    )
