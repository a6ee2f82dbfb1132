"""The facts of an EXIF block (EXIF 3.0, CIPA DC-008-2023, sections 4.6.3 to 4.6.8). docs/exif.md has the table."""

import math
import re
from collections.abc import Iterable
from datetime import date, time

from photodock.domain.values import JsonObject
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

GPS_LATITUDE_REF = 0x0001
GPS_LATITUDE = 0x0002
GPS_LONGITUDE_REF = 0x0003
GPS_LONGITUDE = 0x0004
GPS_ALTITUDE_REF = 0x0005
GPS_ALTITUDE = 0x0006
GPS_TIME_STAMP = 0x0007
GPS_IMG_DIRECTION = 0x0011
GPS_DATE_STAMP = 0x001D

_IMAGE_TAGS = frozenset({MAKE, MODEL, ORIENTATION, EXIF_DIRECTORY, GPS_DIRECTORY})
_EXIF_TAGS = frozenset(
    {EXPOSURE_TIME, F_NUMBER, GPS_DIRECTORY, ISO, DATE_TIME_ORIGINAL, DATE_TIME_DIGITIZED, OFFSET_TIME}
    | {OFFSET_TIME_ORIGINAL, FLASH, FOCAL_LENGTH, SUB_SEC_TIME_ORIGINAL, SUB_SEC_TIME_DIGITIZED, LENS_MODEL}
)
_GPS_TAGS = frozenset(
    {GPS_LATITUDE_REF, GPS_LATITUDE, GPS_LONGITUDE_REF, GPS_LONGITUDE, GPS_ALTITUDE_REF, GPS_ALTITUDE, GPS_TIME_STAMP}
    | {GPS_IMG_DIRECTION, GPS_DATE_STAMP}
)

# The standard's `2025:11:17 10:30:00`, and what else has been seen: `-`, `/` or `.` in the date, `T` before the time,
# blanks for leading zeros; after the seconds nothing, a fraction or a time zone.
_DATE_TIME = re.compile(
    r"(\d{4})[:\-/. ] ?(\d{1,2})[:\-/. ] ?(\d{1,2})(?: +|T|:)(\d{1,2}): ?(\d{1,2}): ?(\d{1,2})(?![\d:]|\s*[AaPp][Mm])",
    re.ASCII,
)
_SUB_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_UTC_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\Z", re.ASCII)
_GPS_DATE = re.compile(rb"\s*(\d{4})\D{0,2}(\d{1,2})\D{1,2}(\d{1,2})(?!\d)|\s*(\d{4})(\d{2})(\d{2})(?!\d)")


def read_exif(blocks: Iterable[ExifBlock]) -> tuple[JsonObject | None, str | None]:
    """The facts of a file's EXIF blocks as DESIGN names them, and why there are none.

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
    image = tiff.directory(tiff.root, _IMAGE_TAGS)
    exif = tiff.directory(image.number(EXIF_DIRECTORY), _EXIF_TAGS)
    # Some writers hang the GPS directory on the EXIF directory.
    gps = tiff.directory(image.number(GPS_DIRECTORY) or exif.number(GPS_DIRECTORY), _GPS_TAGS)
    facts: JsonObject = {
        "camera_make": image.text(MAKE),
        "camera_model": image.text(MODEL),
        "lens_model": exif.text(LENS_MODEL),
        "captured_at": _captured_at(exif),
        "captured_at_offset": _offset(exif, OFFSET_TIME_ORIGINAL) or _offset(exif, OFFSET_TIME),
        "orientation": _integer(image, ORIENTATION, 1, 8),
        "gps_coordinates": _gps(gps) or None,
        "iso": _integer(exif, ISO, 0, 0xFFFF_FFFF),
        "f_number": _positive(exif, F_NUMBER),
        "exposure_time_s": _positive(exif, EXPOSURE_TIME),
        "focal_length_mm": _positive(exif, FOCAL_LENGTH),
        "flash": _integer(exif, FLASH, 0, 0xFFFF),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _integer(directory: Directory, tag: int, lowest: int, highest: int) -> int | None:
    value = directory.number(tag)
    return int(value) if value is not None and lowest <= value <= highest else None


def _positive(directory: Directory, tag: int) -> float | None:
    value = directory.number(tag)
    return float(value) if value is not None and value > 0 else None


def _captured_at(exif: Directory) -> str | None:
    """Capture time as written. Never DateTime (0x0132): that is when the file was changed."""
    original = _moment(exif, DATE_TIME_ORIGINAL, SUB_SEC_TIME_ORIGINAL)
    return original or _moment(exif, DATE_TIME_DIGITIZED, SUB_SEC_TIME_DIGITIZED)


def _moment(exif: Directory, tag: int, sub_seconds_tag: int) -> str | None:
    """`2025-11-17T10:30:00.25`, or None for a date that is blank, zero or not in the calendar."""
    written = exif.text(tag)
    found = _DATE_TIME.match(written) if written else None
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        moment = f"{date(year, month, day)}T{time(hour, minute, second)}"
    except ValueError:
        return None
    fraction = _SUB_SECONDS.match(exif.text(sub_seconds_tag) or "")
    digits = fraction[0].rstrip("0") if fraction else ""
    return f"{moment}.{digits}" if digits else moment


def _offset(exif: Directory, tag: int) -> str | None:
    written = exif.text(tag)
    if written is None:
        return None
    if written == "Z":
        return "+00:00"
    found = _UTC_OFFSET.match(written)
    if found is None or int(found[2]) > 15 or int(found[3]) > 59:
        return None
    return f"{found[1]}{found[2]}:{found[3]}"


def _gps(gps: Directory) -> JsonObject:
    latitude = _coordinate(gps, GPS_LATITUDE, GPS_LATITUDE_REF, "NS", 90)
    longitude = _coordinate(gps, GPS_LONGITUDE, GPS_LONGITUDE_REF, "EW", 180)
    facts: JsonObject = {
        "latitude": latitude,
        "longitude": longitude,
        "altitude_m": _altitude(gps),
        "direction_deg": _direction(gps),
        "timestamp": _gps_timestamp(gps),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _coordinate(gps: Directory, tag: int, ref_tag: int, refs: str, limit: int) -> float | None:
    """Degrees north or east, to 7 decimals (1 cm). Missing minutes and seconds are 0; the sign is the reference's."""
    parts = gps.numbers(tag, 3)
    ref = (gps.text(ref_tag) or "?")[0].upper()
    if not parts or ref not in refs:
        return None
    degrees = abs(sum(part / unit for part, unit in zip(parts, (1, 60, 3600), strict=False)))
    if degrees > limit:
        return None
    return round(-degrees if ref == refs[1] else degrees, 7) + 0.0  # never -0.0


def _direction(gps: Directory) -> float | None:
    direction = gps.number(GPS_IMG_DIRECTION)
    return None if direction is None else float(direction)


def _altitude(gps: Directory) -> float | None:
    """Metres above sea level; below it the reference says so, not the sign."""
    altitude = gps.number(GPS_ALTITUDE)
    if altitude is None:
        return None
    return (-altitude if gps.number(GPS_ALTITUDE_REF) == 1 else altitude) + 0.0


def _gps_timestamp(gps: Directory) -> str | None:
    """`2018-07-25T14:34:23Z`: GPS tags give UTC. The fraction of a second is dropped."""
    # Casio separates the date by NULs.
    written = _GPS_DATE.match(gps.raw(GPS_DATE_STAMP).rstrip(b"\0").replace(b"\0", b":"))
    parts = gps.numbers(GPS_TIME_STAMP, 3)
    if written is None or not parts:
        return None
    seconds = math.floor(sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False)))
    year, month, day = map(int, filter(None, written.groups()))
    try:
        return f"{date(year, month, day)}T{time(seconds // 3600, seconds // 60 % 60, seconds % 60)}Z"
    except ValueError:
        return None
