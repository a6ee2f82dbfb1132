"""The facts of an EXIF block (EXIF 3.0, CIPA DC-008-2023, sections 4.6.3 to 4.6.8). docs/exif.md has the table."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import floor
from typing import Any

from photodock.domain.values import JsonObject
from photodock.imaging.reading import ExifBlock
from photodock.imaging.tiff import ByteOrder, Reader, number, open_tiff, raw, read_directory, text, triple

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

# Each tag is looked for in its own directory only. DateTime (0x0132) is not among them: it tells when the file was
# changed.
_IMAGE_TAGS: Mapping[int, Reader] = {
    **dict.fromkeys([MAKE, MODEL], text),
    **dict.fromkeys([ORIENTATION, EXIF_DIRECTORY, GPS_DIRECTORY], number),
}
_EXIF_TAGS: Mapping[int, Reader] = {
    **dict.fromkeys([LENS_MODEL, DATE_TIME_ORIGINAL, SUB_SEC_TIME_ORIGINAL, OFFSET_TIME, OFFSET_TIME_ORIGINAL], text),
    **dict.fromkeys([EXPOSURE_TIME, F_NUMBER, ISO, FLASH, FOCAL_LENGTH, GPS_DIRECTORY], number),
}
# Read only where the first has no date.
_SECOND_DATE_TAGS: Mapping[int, Reader] = dict.fromkeys([DATE_TIME_DIGITIZED, SUB_SEC_TIME_DIGITIZED], text)
_GPS_TAGS: Mapping[int, Reader] = {
    **dict.fromkeys([GPS_LATITUDE_REF, GPS_LONGITUDE_REF, GPS_DATE_STAMP], raw),
    **dict.fromkeys([GPS_LATITUDE, GPS_LONGITUDE, GPS_TIME_STAMP], triple),
    **dict.fromkeys([GPS_ALTITUDE_REF, GPS_ALTITUDE, GPS_IMG_DIRECTION], number),
}

_LATITUDES = {b"N": 1, b"n": 1, b"S": -1, b"s": -1}
_LONGITUDES = {b"E": 1, b"e": 1, b"W": -1, b"w": -1}

# The standard's `2025:11:17 10:30:00`, and what else has been seen: `-`, `/` or `.` in the date, `T` before the time,
# blanks for leading zeros; after the seconds nothing, a fraction or a time zone.
_DATE_TIME = re.compile(
    r"(\d{4})[:\-/. ] ?(\d{1,2})[:\-/. ] ?(\d{1,2})(?: +|T|:)(\d{1,2}): ?(\d{1,2}): ?(\d{1,2})(?![\d:]|\s*[AaPp][Mm])",
    re.ASCII,
)
_SUB_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_UTC_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\Z", re.ASCII)
_GPS_DATE = re.compile(rb"\s*(\d{4})\D{0,2}(\d{2})\D{0,2}(\d{2})(?!\d)")


def read_exif(blocks: Iterable[ExifBlock]) -> tuple[JsonObject | None, str | None]:
    """The facts of a file's EXIF blocks under the service's names, and why there are none.

    Absent facts are absent keys; None when no fact was found at all. Where several blocks speak the last one's word
    holds, as in ExifTool, but the first one's orientation.
    """
    facts: JsonObject = {}
    error = None
    for block in blocks:
        tiff = open_tiff(block)
        if tiff is None:
            error = "an EXIF block does not begin with a TIFF header"
            continue
        found = _facts(block, *tiff)
        if "orientation" in facts:
            found.pop("orientation", None)
        facts.update(found)
    return facts or None, None if facts else error


def _facts(block: ExifBlock, order: ByteOrder, root: int) -> JsonObject:
    """In the order of the answer."""
    image = read_directory(block, order, root, _IMAGE_TAGS).get
    exif_at = image(EXIF_DIRECTORY)
    exif = read_directory(block, order, exif_at, _EXIF_TAGS).get
    captured_at = _captured_at(exif(DATE_TIME_ORIGINAL), exif(SUB_SEC_TIME_ORIGINAL))
    if captured_at is None:
        second = read_directory(block, order, exif_at, _SECOND_DATE_TAGS)
        captured_at = _captured_at(second.get(DATE_TIME_DIGITIZED), second.get(SUB_SEC_TIME_DIGITIZED))
    # Some writers hang the GPS directory on the EXIF directory.
    gps = read_directory(block, order, image(GPS_DIRECTORY) or exif(GPS_DIRECTORY), _GPS_TAGS)
    facts: JsonObject = {
        "camera_make": image(MAKE),
        "camera_model": image(MODEL),
        "orientation": _orientation(image(ORIENTATION)),
        "lens_model": exif(LENS_MODEL),
        "captured_at": captured_at,
        "captured_at_offset": _utc_offset(exif(OFFSET_TIME_ORIGINAL)) or _utc_offset(exif(OFFSET_TIME)),
        "iso": _count(exif(ISO)),
        "f_number": _positive(exif(F_NUMBER)),
        "exposure_time_s": _positive(exif(EXPOSURE_TIME)),
        "focal_length_mm": _positive(exif(FOCAL_LENGTH)),
        "flash": _count(exif(FLASH)),
        "gps_coordinates": _coordinates(gps.get) if gps else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _coordinates(gps: Callable[[int], Any]) -> JsonObject | None:
    facts: JsonObject = {
        "latitude": _degrees(gps(GPS_LATITUDE), gps(GPS_LATITUDE_REF), _LATITUDES, 90),
        "longitude": _degrees(gps(GPS_LONGITUDE), gps(GPS_LONGITUDE_REF), _LONGITUDES, 180),
        "altitude_m": _altitude(gps(GPS_ALTITUDE), gps(GPS_ALTITUDE_REF)),
        "direction_deg": _direction(gps(GPS_IMG_DIRECTION)),
        "timestamp": _gps_timestamp(gps(GPS_DATE_STAMP), gps(GPS_TIME_STAMP)),
    }
    return {name: value for name, value in facts.items() if value is not None} or None


def _orientation(value: float | None) -> int | None:
    return int(value) if value is not None and 1 <= value <= 8 else None


def _count(value: float | None) -> int | None:
    return int(value) if value is not None and 0 <= value <= 0xFFFF_FFFF else None


def _positive(value: float | None) -> float | None:
    return float(value) if value is not None and value > 0 else None


def _captured_at(written: str | None, sub_seconds: str | None) -> str | None:
    """`2025-11-17T10:30:00.25` as written, or None for a date that is blank, zero or not in the calendar."""
    found = _DATE_TIME.match(written) if written else None
    if found is None:
        return None
    moment = "{}-{}-{}T{}:{}:{}".format(*found.groups())
    if len(moment) < len("2025-11-17T10:30:00"):
        moment = "{}-{:0>2}-{:0>2}T{:0>2}:{:0>2}:{:0>2}".format(*found.groups())
    if not _exists(moment):
        return None
    fraction = _SUB_SECONDS.match(sub_seconds) if sub_seconds else None
    digits = fraction[0].rstrip("0") if fraction else ""
    return f"{moment}.{digits}" if digits else moment


def _exists(moment: str) -> bool:
    """Whether the calendar has a day or moment that is written as ISO 8601 has it."""
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True


def _utc_offset(written: str | None) -> str | None:
    if written is None:
        return None
    if written == "Z":
        return "+00:00"
    found = _UTC_OFFSET.match(written)
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    return f"{sign}{hours}:{minutes}" if hours <= "15" and minutes <= "59" else None


def _degrees(
    parts: tuple[float, float, float] | None, ref: bytes | None, signs: Mapping[bytes, int], limit: int
) -> float | None:
    """Degrees north or east, to 7 decimals (1 cm). The sign is the reference's."""
    if parts is None or ref is None:
        return None
    sign = signs.get(ref.lstrip()[:1])
    whole, minutes, seconds = parts
    degrees = abs(whole + minutes / 60 + seconds / 3600)
    if sign is None or degrees > limit:
        return None
    return round(sign * degrees, 7) + 0.0  # never -0.0


def _altitude(altitude: float | None, ref: float | None) -> float | None:
    """Metres above sea level; that it is below, the reference says."""
    if altitude is None:
        return None
    return (-altitude if ref == 1 else altitude) + 0.0  # never -0.0


def _direction(value: float | None) -> float | None:
    return None if value is None else float(value) + 0.0  # never -0.0


def _gps_timestamp(written: bytes | None, time: tuple[float, float, float] | None) -> str | None:
    """`2018-07-25T14:34:23Z`: GPS tags give UTC. The fraction of a second is dropped."""
    found = _GPS_DATE.match(written) if written and time else None
    if found is None or time is None:
        return None
    hours, minutes, seconds = time
    elapsed = hours * 3600 + minutes * 60 + seconds
    date = b"-".join(found.groups()).decode()
    if not (0 <= elapsed < DAY_SECONDS and _exists(date)):  # overflown to infinity, too
        return None
    total = floor(elapsed)
    return f"{date}T{total // 3600:02}:{total // 60 % 60:02}:{total % 60:02}Z"
