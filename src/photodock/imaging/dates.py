"""The readers of dates and times, which EXIF writes as text."""

import re
from datetime import datetime

from photodock.imaging.rules import MAX_TEXT_BYTES, read_text

# The standard's `2025:11:17 10:30:00`, and what else has been seen: `-`, `/` or `.` in the date, `T` before the time,
# blanks for leading zeros; after the seconds nothing, a fraction or a time zone.
_DATE_TIME = re.compile(
    r"(\d{4})[:\-/. ] ?(\d{1,2})[:\-/. ] ?(\d{1,2})(?: +|T|:)(\d{1,2}): ?(\d{1,2}): ?(\d{1,2})(?![\d:]|\s*[AaPp][Mm])",
    re.ASCII,
)
_SUB_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_UTC_OFFSET = re.compile(r"([+-](?:0\d|1[0-5])):?([0-5]\d)\Z", re.ASCII)
_DATE = re.compile(rb"\s*+(\d{4})\D{0,2}(\d{2})\D{0,2}(\d{2})(?!\d)")

# The same as the standard has them, and so nearly all files: read at once, without a text that is looked at afterwards.
_STANDARD_DATE_TIME = re.compile(rb"(\d{4}:\d\d:\d\d) (\d\d:\d\d:\d\d)\0")
_STANDARD_SUB_SECONDS = re.compile(rb"(\d{1,12})\0")
_STANDARD_UTC_OFFSET = re.compile(rb"([+-](?:0\d|1[0-5]):[0-5]\d)\0")
_STANDARD_DATE = re.compile(rb"(\d{4}:\d\d:\d\d)\0")


def read_moment(data: bytes, position: int, count: int) -> str | None:
    """`2025-11-17T10:30:00` as written, or None for a date that is blank, zero or not in the calendar."""
    usual = _STANDARD_DATE_TIME.match(data, position, position + count)
    if usual:
        date, time = usual.groups()
        moment = (date.replace(b":", b"-") + b"T" + time).decode()
        return moment if _exists(moment) else None
    written = read_text(data, position, count)
    found = _DATE_TIME.match(written) if written else None
    if found is None:
        return None
    year, month, day, hour, minute, second = found.groups()
    moment = f"{year}-{month}-{day}T{hour}:{minute}:{second}"
    if len(moment) < len("2025-11-17T10:30:00"):
        moment = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second:0>2}"
    return moment if _exists(moment) else None


def read_sub_seconds(data: bytes, position: int, count: int) -> str | None:
    """The digits behind a second's decimal point; None when they are all 0."""
    usual = _STANDARD_SUB_SECONDS.match(data, position, position + count)
    if usual:
        return usual[1].rstrip(b"0").decode() or None
    written = read_text(data, position, count)
    found = _SUB_SECONDS.match(written) if written else None
    return found[0].rstrip("0") or None if found else None


def read_utc_offset(data: bytes, position: int, count: int) -> str | None:
    """Hours and minutes from UTC, `+01:00`."""
    usual = _STANDARD_UTC_OFFSET.match(data, position, position + count)
    if usual:
        return usual[1].decode()
    written = read_text(data, position, count)
    if written == "Z":
        return "+00:00"
    found = _UTC_OFFSET.match(written) if written else None
    if found is None:
        return None
    hours, minutes = found.groups()
    return f"{hours}:{minutes}"


def read_date(data: bytes, position: int, count: int) -> str | None:
    """`2025-11-17`; in some files NULs stand between its parts."""
    usual = _STANDARD_DATE.match(data, position, position + count)
    if usual:
        date = usual[1].replace(b":", b"-").decode()
        return date if _exists(date) else None
    found = _DATE.match(data, position, position + min(count, MAX_TEXT_BYTES))
    if found is None:
        return None
    date = b"-".join(found.groups()).decode()
    return date if _exists(date) else None


def _exists(moment: str) -> bool:
    """Whether the calendar has a day or moment that is written as ISO 8601 has it."""
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True
