"""Directories that lie: offsets, counts and types that cannot be trusted."""

import struct

import pytest

from photodock.domain.values import JsonObject
from photodock.imaging import inspect_bytes
from photodock.imaging.reading import ExifBlock
from photodock.imaging.rules import real, sixtieths
from photodock.imaging.tiff import MAX_ENTRIES, Directory, Fields, Values, open_tiff
from support.image_builder import ASCII, LONG, RATIONAL, SHORT, Entry, Exif, app1, jpeg, numbers, text

MAKE, MODEL, ORIENTATION, ISO = 0x010F, 0x0110, 0x0112, 0x8827


def read(tiff: bytes) -> JsonObject | None:
    return inspect_bytes(jpeg(app1(tiff))).exif_data


@pytest.mark.parametrize("offset", [0, 4, 7, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_value_outside_its_block_or_on_the_header_is_absent(offset: int) -> None:
    tiff = Exif(image=[Entry(MAKE, ASCII, b"long enough\0", offset=offset), text(MODEL, "kept")]).tiff()
    assert read(tiff) == {"camera_model": "kept"}


def test_a_value_on_its_own_directory_is_absent() -> None:
    tiff = Exif(image=[Entry(MAKE, ASCII, b"long enough\0", offset=10), text(MODEL, "kept")]).tiff()
    assert read(tiff) == {"camera_model": "kept"}


def test_a_value_cannot_reach_behind_its_block() -> None:
    tiff = Exif(image=[text(MODEL, "kept"), Entry(MAKE, ASCII, b"0123456789\0", count=12)]).tiff()[:-1]
    secret = b"bytes behind the block"
    assert inspect_bytes(jpeg(app1(tiff), secret)).exif_data == {"camera_model": "kept"}


@pytest.mark.parametrize("count", [1000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_count_that_does_not_fit_makes_the_value_absent(count: int) -> None:
    tiff = Exif(image=[Entry(MAKE, ASCII, b"long enough\0", count=count), text(MODEL, "kept")]).tiff()
    assert read(tiff) == {"camera_model": "kept"}


def test_an_unknown_type_makes_the_value_absent() -> None:
    tiff = Exif(image=[text(MODEL, "kept"), Entry(MAKE, 99, b"abc", count=3), Entry(ISO, 0, b"")]).tiff()
    assert read(tiff) == {"camera_model": "kept"}


def test_a_directory_that_begins_with_an_unknown_type_is_none() -> None:
    assert read(Exif(image=[Entry(0x0100, 0, b""), text(MODEL, "lost")]).tiff()) is None


def test_the_last_of_a_tag_written_twice_holds() -> None:
    assert read(Exif(image=[text(MAKE, "one"), text(MAKE, "two")]).tiff()) == {"camera_make": "two"}


def test_an_unsound_last_one_of_a_tag_written_twice_makes_it_absent() -> None:
    assert read(Exif(image=[text(MAKE, "one"), text(MODEL, "kept"), numbers(MAKE, SHORT, 65, 66)]).tiff()) == {
        "camera_model": "kept"
    }


def test_an_entry_of_an_unknown_type_takes_nothing_from_an_earlier_one_of_its_tag() -> None:
    assert read(Exif(image=[text(MAKE, "one"), Entry(MAKE, 99, b"abc", count=3)]).tiff()) == {"camera_make": "one"}


def test_a_directory_is_read_up_to_512_entries() -> None:
    padding = [numbers(0x0100, SHORT, 1)] * (MAX_ENTRIES - 1)
    assert read(Exif(image=[*padding, numbers(ORIENTATION, SHORT, 6)]).tiff()) == {"orientation": 6}
    assert read(Exif(image=[*padding, padding[0], numbers(ORIENTATION, SHORT, 6)]).tiff()) is None


def test_a_directory_cut_off_gives_what_is_there() -> None:
    tiff = Exif(image=[numbers(ORIENTATION, SHORT, 6), numbers(0x0100, SHORT, 1), text(MAKE, "gone")]).tiff()
    assert read(tiff[: 8 + 2 + 12 + 5]) == {"orientation": 6}


@pytest.mark.parametrize("offset", [0, 7, 0xFFFF, 0xFFFFFFFF])
def test_a_pointer_that_leads_nowhere_loses_its_directory_only(offset: int) -> None:
    tiff = Exif(image=[text(MODEL, "kept"), numbers(0x8769, LONG, offset), numbers(0x8825, LONG, offset)]).tiff()
    assert read(tiff) == {"camera_model": "kept"}


def test_directories_that_point_at_each_other_end() -> None:
    tiff = Exif(image=[text(MODEL, "kept"), numbers(0x8769, LONG, 8), numbers(0x8825, LONG, 8)]).tiff()
    assert read(tiff) == {"camera_model": "kept"}


def test_the_thumbnail_directory_is_not_followed() -> None:
    image = Exif(image=[text(MODEL, "kept")]).tiff()
    second = struct.pack("<HHHIHHI", 1, ORIENTATION, SHORT, 1, 6, 0, 0)
    next_at = 8 + 2 + 12
    tiff = image[:next_at] + struct.pack("<I", len(image)) + image[next_at + 4 :] + second
    assert read(tiff) == {"camera_model": "kept"}


@pytest.mark.parametrize(
    "tiff",
    [b"", b"II", b"II*\0", b"II*\0\x08\0\0", b"XX*\0\x08\0\0\0\0\0", b"II*\0\x07\0\0\0\0\0", b"Im a text, not EXIF"],
)
def test_a_block_without_a_header_says_so(tiff: bytes) -> None:
    inspection = inspect_bytes(jpeg(app1(tiff)))
    assert inspection.exif_data is None
    assert inspection.error == "an EXIF block does not begin with a TIFF header"
    assert inspection.width == 64


def test_another_number_than_42_is_no_hindrance() -> None:
    assert read(Exif(image=[text(MAKE, "Panasonic")], magic=0x55).tiff()) == {"camera_make": "Panasonic"}


def test_a_block_may_lie_anywhere_in_its_data() -> None:
    tiff = Exif(image=[numbers(0x829A, RATIONAL, 1, 4)], order=">").tiff()
    block: ExifBlock = (b"before" + tiff + b"behind", 6, 6 + len(tiff))
    opened = open_tiff(block)
    assert opened is not None
    order, root = opened
    wanted: Fields = {0x829A: ("number", real()), 0x9999: ("other", real())}
    assert values_of(Directory(wanted, order), block, root) == {"number": 0.25}
    assert values_of(Directory({0x829A: ("angle", sixtieths)}, order), block, root) == {"angle": 900.0}
    assert values_of(Directory(wanted, order), block, None) == {}


def values_of(directory: Directory, block: ExifBlock, offset: int | None) -> Values:
    values: Values = {}
    directory.read(block, offset, values)
    return values
