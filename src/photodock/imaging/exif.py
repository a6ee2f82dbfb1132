"""The facts of an EXIF block (EXIF 3.0, CIPA DC-008-2023, sections 4.6.3 to 4.6.8). docs/exif.md has the table."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from math import floor
from typing import TypeAlias

from photodock.domain.values import JsonObject, JsonValue
from photodock.imaging.reading import ExifBlock
from photodock.imaging.tiff import Directory, Tiff

MAKE = 0x010F
MODEL = 0x0110
ORIENTATION = 0x0112
EXPOSURE_TIME = 0x829A
F_NUMBER = 0x829D
EXIF_DIRECTORY = 0x8769
GPS_DIRECTORY = 0x8825
ISO = 0x8827
DATE_TIME_ORIGINAL = 0x9003
DATE_TIME_DIGITIZED = 0x9004
OFFSET_TIME = 0x9010
OFFSET_TIME_ORIGINAL = 0x9011
FLASH = 0x9209
FOCAL_LENGTH = 0x920A
SUB_SEC_TIME_ORIGINAL = 0x9291
SUB_SEC_TIME_DIGITIZED = 0x9292
LENS_MODEL = 0xA434

DAY_SECONDS = 86_400

GPS_LATITUDE_REF = 0x0001
GPS_LATITUDE = 0x0002
GPS_LONGITUDE_REF = 0x0003
GPS_LONGITUDE = 0x0004
GPS_ALTITUDE_REF = 0x0005
GPS_ALTITUDE = 0x0006
GPS_TIME_STAMP = 0x0007
GPS_IMG_DIRECTION = 0x0011
GPS_DATE_STAMP = 0x001D

_SUB_SECONDS_OF = {DATE_TIME_ORIGINAL: SUB_SEC_TIME_ORIGINAL, DATE_TIME_DIGITIZED: SUB_SEC_TIME_DIGITIZED}

_Fact: TypeAlias = tuple[int, str, Callable[[Directory, int], JsonValue]]
"""Tag, the fact's name, and how it is read."""

# The standard's `2025:11:17 10:30:00`, and what else has been seen: `-`, `/` or `.` in the date, `T` before the time,
# blanks for leading zeros; after the seconds nothing, a fraction or a time zone.
_DATE_TIME = re.compile(
    r"(\d{4})[:\-/. ] ?(\d{1,2})[:\-/. ] ?(\d{1,2})(?: +|T|:)(\d{1,2}): ?(\d{1,2}): ?(\d{1,2})(?![\d:]|\s*[AaPp][Mm])",
    re.ASCII,
)
_SUB_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_UTC_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\Z", re.ASCII)
_GPS_DATE = re.compile(r"\s*(\d{4})\D{0,2}(\d{2})\D{0,2}(\d{2})(?!\d)", re.ASCII)


def read_exif(blocks: Iterable[ExifBlock]) -> tuple[JsonObject | None, str | None]:
    """The facts of a file's EXIF blocks under the service's names, and why there are none.

    Absent facts are absent keys; None when no fact was found at all. Where several blocks speak the last one's word
    holds, as in ExifTool, but the first one's orientation.
    """
    facts: JsonObject = {}
    error = None
    for block in blocks:
        tiff = Tiff.open(block)
        if tiff is None:
            error = "an EXIF block does not begin with a TIFF header"
            continue
        found = _facts(tiff)
        if "orientation" in facts:
            found.pop("orientation", None)
        facts.update(found)
    return facts or None, None if facts else error


def _facts(tiff: Tiff) -> JsonObject:
    image = tiff.root()
    exif = tiff.directory(image.number(EXIF_DIRECTORY))
    # Some writers hang the GPS directory on the EXIF directory.
    gps = tiff.directory(image.number(GPS_DIRECTORY) or exif.number(GPS_DIRECTORY))
    facts: JsonObject = {}
    _read(image, _IMAGE_FACTS, facts)
    _read(exif, _EXIF_FACTS, facts)
    coordinates: JsonObject = {}
    _read(gps, _GPS_FACTS, coordinates)
    if coordinates:
        facts["gps_coordinates"] = coordinates
    return facts


def _read(directory: Directory, table: Iterable[_Fact], facts: JsonObject) -> None:
    for tag, name, reader in table:
        if tag in directory and name not in facts:
            value = reader(directory, tag)
            if value is not None:
                facts[name] = value


def _text(directory: Directory, tag: int) -> str | None:
    return directory.text(tag)


def _orientation(directory: Directory, tag: int) -> int | None:
    value = directory.number(tag)
    return int(value) if value is not None and 1 <= value <= 8 else None


def _count(directory: Directory, tag: int) -> int | None:
    value = directory.number(tag)
    return int(value) if value is not None and 0 <= value <= 0xFFFF_FFFF else None


def _number(directory: Directory, tag: int) -> float | None:
    value = directory.number(tag)
    return None if value is None else float(value) + 0.0  # never -0.0


def _positive(directory: Directory, tag: int) -> float | None:
    value = directory.number(tag)
    return float(value) if value is not None and value > 0 else None


def _captured_at(exif: Directory, tag: int) -> str | None:
    """`2025-11-17T10:30:00.25` as written, or None for a date that is blank, zero or not in the calendar."""
    written = exif.text(tag)
    found = _DATE_TIME.match(written) if written else None
    moment = _iso_moment(*found.groups()) if found else None
    if moment is None:
        return None
    fraction = _SUB_SECONDS.match(exif.text(_SUB_SECONDS_OF[tag]) or "")
    digits = fraction[0].rstrip("0") if fraction else ""
    return f"{moment}.{digits}" if digits else moment


def _iso_moment(*parts: str) -> str | None:
    """Year to second as ISO 8601 writes them; None when there is no such moment."""
    moment = "{}-{:0>2}-{:0>2}T{:0>2}:{:0>2}:{:0>2}".format(*parts)
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return None
    return moment


def _utc_offset(exif: Directory, tag: int) -> str | None:
    written = exif.text(tag)
    if written is None:
        return None
    if written == "Z":
        return "+00:00"
    found = _UTC_OFFSET.match(written)
    if found is None or int(found[2]) > 15 or int(found[3]) > 59:
        return None
    return f"{found[1]}{found[2]}:{found[3]}"


def _latitude(gps: Directory, tag: int) -> float | None:
    return _coordinate(gps, tag, gps.raw(GPS_LATITUDE_REF), b"NS", 90)


def _longitude(gps: Directory, tag: int) -> float | None:
    return _coordinate(gps, tag, gps.raw(GPS_LONGITUDE_REF), b"EW", 180)


def _coordinate(gps: Directory, tag: int, ref: bytes, refs: bytes, limit: int) -> float | None:
    """Degrees north or east, to 7 decimals (1 cm). Missing minutes and seconds are 0; the sign is the reference's."""
    parts = gps.numbers(tag, 3)
    letter = ref.lstrip()[:1].upper()
    if not parts or not letter or letter not in refs:
        return None
    whole, minutes, seconds = (*parts, 0, 0)[:3]
    degrees = abs(whole + minutes / 60 + seconds / 3600)
    if degrees > limit:
        return None
    return round(-degrees if letter == refs[1:] else degrees, 7) + 0.0  # never -0.0


def _altitude(gps: Directory, tag: int) -> float | None:
    """Metres above sea level; that it is below, the reference says."""
    altitude = gps.number(tag)
    if altitude is None:
        return None
    return (-altitude if gps.number(GPS_ALTITUDE_REF) == 1 else altitude) + 0.0


def _gps_timestamp(gps: Directory, tag: int) -> str | None:
    """`2018-07-25T14:34:23Z`: GPS tags give UTC. The fraction of a second is dropped."""
    # Casio separates the date by NULs.
    written = _GPS_DATE.match(gps.raw(GPS_DATE_STAMP).rstrip(b"\0").replace(b"\0", b":").decode("latin-1"))
    parts = gps.numbers(tag, 3)
    if written is None or not parts:
        return None
    hours, minutes, seconds = (*parts, 0, 0)[:3]
    elapsed = hours * 3600 + minutes * 60 + seconds
    if not 0 <= elapsed < DAY_SECONDS:  # overflown to infinity, too
        return None
    total = floor(elapsed)
    moment = _iso_moment(*written.groups(), str(total // 3600), str(total // 60 % 60), str(total % 60))
    return f"{moment}Z" if moment else None


# In the order of the answer. Of two lines with the same name the first that gives a value holds. DateTime (0x0132)
# is not among them: it tells when the file was changed. Each tag is looked for in its own directory only.
_IMAGE_FACTS: tuple[_Fact, ...] = (
    (MAKE, "camera_make", _text),
    (MODEL, "camera_model", _text),
    (ORIENTATION, "orientation", _orientation),
)
_EXIF_FACTS: tuple[_Fact, ...] = (
    (LENS_MODEL, "lens_model", _text),
    (DATE_TIME_ORIGINAL, "captured_at", _captured_at),
    (DATE_TIME_DIGITIZED, "captured_at", _captured_at),
    (OFFSET_TIME_ORIGINAL, "captured_at_offset", _utc_offset),
    (OFFSET_TIME, "captured_at_offset", _utc_offset),
    (ISO, "iso", _count),
    (F_NUMBER, "f_number", _positive),
    (EXPOSURE_TIME, "exposure_time_s", _positive),
    (FOCAL_LENGTH, "focal_length_mm", _positive),
    (FLASH, "flash", _count),
)
_GPS_FACTS: tuple[_Fact, ...] = (
    (GPS_LATITUDE, "latitude", _latitude),
    (GPS_LONGITUDE, "longitude", _longitude),
    (GPS_ALTITUDE, "altitude_m", _altitude),
    (GPS_IMG_DIRECTION, "direction_deg", _number),
    (GPS_TIME_STAMP, "timestamp", _gps_timestamp),
)
