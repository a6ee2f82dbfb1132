"""What the service reads from a photo: its kind, its dimensions, its EXIF. No decoding of pixels, ever."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from photodock.domain.values import JsonObject
from photodock.imaging.exif import read_exif
from photodock.imaging.jpeg import parse_jpeg
from photodock.imaging.png import png_steps
from photodock.imaging.reading import HEAD_BYTES, ByteRange, Findings, Steps
from photodock.imaging.sniff import JPEG, PNG, sniff

_FORMATS: dict[str | None, Callable[[bytes, int], Findings | Steps]] = {JPEG: parse_jpeg, PNG: png_steps}


class Inspection(NamedTuple):
    """What was found in a file. Whatever could not be read is None; `error` says why in one sentence, for the log."""

    mime_type: str | None
    """From the first bytes; None when they are not known. Types that are not taken in are named too."""
    width: int | None
    """Pixels as stored, before EXIF's orientation is applied."""
    height: int | None
    exif_data: JsonObject | None
    """docs/exif.md lists the keys. Fit for JSONB: no NaN, Infinity, U+0000 or lone surrogate. None for no facts."""
    error: str | None
    """Never holds a byte of the file."""


InspectionSteps: TypeAlias = Generator[ByteRange, bytes, Inspection]


def inspect_head(head: bytes, size: int) -> Inspection | InspectionSteps:
    """Inspect an object of `size` bytes of which `head` holds the first `HEAD_BYTES`, or all.

    When the head is not enough, a generator: it yields each further range that is worth a read, at most two, and
    wants its bytes sent; fewer bytes than asked for mean that the object ends there. Raises nothing, whatever the
    bytes are.
    """
    mime_type = sniff(head)
    parse = _FORMATS.get(mime_type)
    if parse is None:
        return Inspection(mime_type, None, None, None, "neither a JPEG nor a PNG file")
    try:
        found = parse(head, size if size > len(head) else len(head))
        if not isinstance(found, tuple):
            return _read_on(mime_type, found)
        width, height, exif_blocks, error = found
        exif_data, exif_error = read_exif(exif_blocks)
        # `Inspection(...)` does the same by way of a function in Python, which every photo would pay for.
        return tuple.__new__(Inspection, (mime_type, width, height, exif_data, error or exif_error))
    except Exception as wrong:  # A defect here must never keep a photo from being taken in; no known input gets here.
        return _failed(mime_type, wrong)


def inspection_steps(head: bytes, size: int) -> InspectionSteps:
    """The same, as a generator in any case."""
    inspected = inspect_head(head, size)
    return inspected if isinstance(inspected, Inspection) else (yield from inspected)


def inspect_bytes(data: bytes) -> Inspection:
    """Inspect a whole object in memory, looking only at the ranges that would be read from storage."""
    inspected = inspect_head(data[:HEAD_BYTES], len(data))
    if isinstance(inspected, Inspection):
        return inspected
    return _run(inspected, lambda wanted: data[wanted.start : wanted.end])


def inspect_file(path: Path) -> Inspection:
    """Inspect a file, reading only the ranges that are needed. Raises OSError when it cannot be read."""
    with path.open("rb") as file:

        def read(wanted: ByteRange) -> bytes:
            file.seek(wanted.start)
            return file.read(wanted.end - wanted.start)

        size = path.stat().st_size
        return _run(inspection_steps(read(ByteRange(0, HEAD_BYTES)), size), read)


def _read_on(mime_type: str | None, steps: Steps) -> InspectionSteps:
    try:
        width, height, exif_blocks, error = yield from steps
        exif_data, exif_error = read_exif(exif_blocks)
        return Inspection(mime_type, width, height, exif_data, error or exif_error)
    except Exception as wrong:  # as above
        return _failed(mime_type, wrong)


def _failed(mime_type: str | None, wrong: Exception) -> Inspection:
    return Inspection(mime_type, None, None, None, f"the parser failed with {type(wrong).__name__}")


def _run(steps: InspectionSteps, read: Callable[[ByteRange], bytes]) -> Inspection:
    try:
        wanted = next(steps)
        while True:
            wanted = steps.send(read(wanted))
    except StopIteration as end:
        inspection: Inspection = end.value
        return inspection
