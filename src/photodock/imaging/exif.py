"""The facts of an EXIF block (EXIF 3.0, CIPA DC-008-2023, sections 4.6.3 to 4.6.8). docs/exif.md has the table."""

from collections.abc import Iterable
from math import floor

from photodock.domain.values import JsonObject
from photodock.imaging.dates import read_date, read_moment, read_sub_seconds, read_utc_offset
from photodock.imaging.reading import ExifBlock
from photodock.imaging.rules import (
    SMALLEST,
    of_text,
    one_of,
    read_text,
    real,
    sixtieths,
    whole,
)
from photodock.imaging.tiff import Directory, Fields, Values, open_tiff

_DAY_SECONDS = 86_400
_TWO_DIGITS = [f"{number:02}" for number in range(60)]

_text = of_text(read_text)
_positive = real(lowest=SMALLEST)
_count = whole(0, 0xFFFF_FFFF)

# Each tag is looked for in its own directory only. DateTime (0x0132) is not among them: it tells when the file was
# changed.
_IMAGE: Fields = {
    0x010F: ("camera_make", _text),  # Make
    0x0110: ("camera_model", _text),  # Model
    0x0112: ("orientation", whole(1, 8)),  # Orientation
    0x8769: ("exif_directory", _count),
    0x8825: ("gps_directory", _count),
}
_EXIF: Fields = {
    0x829A: ("exposure_time_s", _positive),  # ExposureTime
    0x829D: ("f_number", _positive),  # FNumber
    0x8825: ("gps_directory", _count),  # Some writers hang the GPS directory on the EXIF directory.
    0x8827: ("iso", _count),  # PhotographicSensitivity
    0x9003: ("captured_at", of_text(read_moment)),  # DateTimeOriginal
    0x9010: ("general_offset", of_text(read_utc_offset)),  # OffsetTime
    0x9011: ("captured_at_offset", of_text(read_utc_offset)),  # OffsetTimeOriginal
    0x9209: ("flash", _count),  # Flash
    0x920A: ("focal_length_mm", _positive),  # FocalLength
    0x9291: ("sub_seconds", of_text(read_sub_seconds)),  # SubSecTimeOriginal
    0xA434: ("lens_model", _text),  # LensModel
}
# Read only where the first has no date.
_SECOND_DATE: Fields = {
    0x9004: ("captured_at", of_text(read_moment)),  # DateTimeDigitized
    0x9292: ("sub_seconds", of_text(read_sub_seconds)),  # SubSecTimeDigitized
}
_GPS: Fields = {
    0x0001: ("north", one_of({b"N": 1, b"n": 1, b"S": -1, b"s": -1})),  # GPSLatitudeRef
    0x0002: ("latitude", sixtieths),  # GPSLatitude
    0x0003: ("east", one_of({b"E": 1, b"e": 1, b"W": -1, b"w": -1})),  # GPSLongitudeRef
    0x0004: ("longitude", sixtieths),  # GPSLongitude
    0x0005: ("is_below_sea", whole(1, 1)),  # GPSAltitudeRef
    0x0006: ("altitude", real()),  # GPSAltitude
    0x0007: ("time", sixtieths),  # GPSTimeStamp
    0x0011: ("direction", real()),  # GPSImgDirection
    0x001D: ("date", of_text(read_date)),  # GPSDateStamp
}
_DIRECTORIES = {
    sign: tuple(Directory(fields, sign) for fields in (_IMAGE, _EXIF, _SECOND_DATE, _GPS)) for sign in ("<", ">")
}


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
        sign, root = tiff
        found = _facts(block, sign, root)
        if "orientation" in facts:
            found["orientation"] = facts["orientation"]
        facts = facts | found if facts else found
    return facts or None, None if facts else error


def _facts(block: ExifBlock, sign: str, root: int) -> JsonObject:
    image_directory, exif_directory, second_date, gps_directory = _DIRECTORIES[sign]
    facts: Values = {}
    image_directory.read(block, root, facts)
    exif_at, gps_at = facts.pop("exif_directory", None), facts.pop("gps_directory", None)
    exif_directory.read(block, exif_at, facts)
    gps_within_exif = facts.pop("gps_directory", None)
    sub_seconds = facts.pop("sub_seconds", None)
    if "captured_at" not in facts:
        second_date.read(block, exif_at, facts)
        sub_seconds = facts.pop("sub_seconds", None)
    if sub_seconds and "captured_at" in facts:
        facts["captured_at"] += f".{sub_seconds}"
    general_offset = facts.pop("general_offset", None)
    if general_offset and "captured_at_offset" not in facts:
        facts["captured_at_offset"] = general_offset
    gps: Values = {}
    gps_directory.read(block, gps_at or gps_within_exif, gps)
    if gps and (coordinates := _coordinates(gps)):
        facts["gps_coordinates"] = coordinates
    return facts


def _coordinates(gps: Values) -> JsonObject:
    """Degrees are to 7 decimals (1 cm), their signs the references'. Adding 0.0 makes -0.0 a 0.0."""
    facts: JsonObject = {}
    if "latitude" in gps and "north" in gps:
        degrees = abs(gps["latitude"]) / 3600
        if degrees <= 90:
            facts["latitude"] = round(gps["north"] * degrees, 7) + 0.0
    if "longitude" in gps and "east" in gps:
        degrees = abs(gps["longitude"]) / 3600
        if degrees <= 180:
            facts["longitude"] = round(gps["east"] * degrees, 7) + 0.0
    if "altitude" in gps:
        facts["altitude_m"] = (-gps["altitude"] if "is_below_sea" in gps else gps["altitude"]) + 0.0
    if "direction" in gps:
        facts["direction_deg"] = gps["direction"] + 0.0
    if "date" in gps and 0 <= gps.get("time", -1) < _DAY_SECONDS:
        minutes, second = divmod(floor(gps["time"]), 60)
        hour, minute = divmod(minutes, 60)
        # GPS tags give UTC. The fraction of a second is dropped.
        facts["timestamp"] = f"{gps['date']}T{_TWO_DIGITS[hour]}:{_TWO_DIGITS[minute]}:{_TWO_DIGITS[second]}Z"
    return facts
