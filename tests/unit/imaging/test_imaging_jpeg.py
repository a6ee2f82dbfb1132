"""JPEG's segments: what is between them, what order they have, and how much is read."""

import struct

import pytest

from photodock.imaging import HEAD_BYTES, ByteRange, Inspection, inspect_bytes, inspection_steps
from photodock.imaging.jpeg import MAX_EXIF_BLOCKS
from photodock.imaging.reading import MAX_STEPS
from support.image_builder import JFIF, SCAN, SHORT, Exif, app1, frame, jpeg, numbers, segment, text

MIB = 1024 * 1024
EXIF = Exif(image=[text(0x010F, "Apple"), numbers(0x0112, SHORT, 6)]).tiff()
FACTS = {"camera_make": "Apple", "orientation": 6}


def ranges(data: bytes, size: int | None = None) -> tuple[list[ByteRange], Inspection]:
    """The further ranges that are asked for, and what comes of them."""
    asked = []
    steps = inspection_steps(data[:HEAD_BYTES], len(data) if size is None else size)
    try:
        wanted = next(steps)
        while True:
            asked.append(wanted)
            wanted = steps.send(data[wanted.start : wanted.end])
    except StopIteration as end:
        return asked, end.value


def padding(size: int) -> bytes:
    """Segments of together `size` bytes."""
    whole, rest = divmod(size, 60_004)
    return segment(0xE2, bytes(60_000)) * whole + segment(0xE2, bytes(rest - 4))


@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF])
def test_dimensions_come_from_any_frame_header(marker: int) -> None:
    found = inspect_bytes(jpeg(JFIF, tail=frame(300, 200, marker) + SCAN))
    assert (found.mime_type, found.width, found.height, found.error) == ("image/jpeg", 300, 200, None)


@pytest.mark.parametrize("marker", [0xC4, 0xC8, 0xCC, 0xDB])
def test_tables_are_not_taken_for_frame_headers(marker: int) -> None:
    found = inspect_bytes(jpeg(segment(marker, bytes(20)), tail=SCAN))
    assert (found.width, found.height, found.error) == (None, None, "no frame header before the scan")


@pytest.mark.parametrize(("width", "height"), [(0, 800), (200, 0), (0, 0)])
def test_a_dimension_of_zero_is_unknown(width: int, height: int) -> None:
    found = inspect_bytes(jpeg(tail=frame(width, height) + SCAN))
    assert (found.width, found.height) == (width or None, height or None)
    assert found.error == "the frame header leaves the width or the height open"


def test_the_last_frame_header_before_the_scan_holds() -> None:
    found = inspect_bytes(jpeg(tail=frame(8, 8) + frame(300, 200) + SCAN + frame(1, 1)))
    assert (found.width, found.height) == (300, 200)


def test_a_frame_header_too_short_to_be_one_is_passed_over() -> None:
    found = inspect_bytes(jpeg(segment(0xC0, b"\x08\0\1"), tail=frame(300, 200) + SCAN))
    assert found.width == 300


@pytest.mark.parametrize(
    "before",
    [
        b"",
        JFIF,
        JFIF + segment(0xED, b"Photoshop 3.0\0" + bytes(500)) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
        b"\xff" * 5,
        b"\xff" * 9000,
        JFIF + b"garbage between segments",
        JFIF + bytes(10_000),
        b"\xff\x00\xff\x01\xff\xd0",
        b"\xff\xd8",
        b"\xff\xfe\x00\x01",
        frame(),
    ],
    ids=["nothing", "jfif", "others", "fill", "much fill", "garbage", "zeros", "bare", "SOI", "length 1", "SOF"],
)
def test_exif_is_found_behind(before: bytes) -> None:
    found = inspect_bytes(jpeg(before, app1(EXIF)))
    assert found.exif_data == FACTS
    assert (found.width, found.height) == (64, 48)


@pytest.mark.parametrize(
    "identifier", [b"Exif\0\0", b"Exif\0\xff", b"EXIF\0\0", b"exif\0\0", b"\0\0Exif\0\0", b"\xff\xe1\0\0Exif\0\0"]
)
def test_the_identifier_may_be_askew(identifier: bytes) -> None:
    assert inspect_bytes(jpeg(app1(EXIF, identifier))).exif_data == FACTS


@pytest.mark.parametrize("identifier", [b"Exif", b"ExifX\0", b"12345Exif\0\0", b""])
def test_another_identifier_is_not_exif(identifier: bytes) -> None:
    assert inspect_bytes(jpeg(app1(EXIF, identifier))).exif_data is None


def test_exif_behind_the_scan_or_the_end_is_not_read() -> None:
    assert inspect_bytes(jpeg(tail=frame() + SCAN + app1(EXIF))).exif_data is None
    assert inspect_bytes(jpeg(tail=frame() + b"\xff\xd9" + app1(EXIF))).exif_data is None


@pytest.mark.parametrize("cut", [9, 20, 40, len(EXIF) - 1])
def test_exif_may_go_on_in_the_next_segments(cut: int) -> None:
    assert inspect_bytes(jpeg(app1(EXIF[:8]), app1(EXIF[8:cut]), app1(EXIF[cut:]))).exif_data == FACTS


@pytest.mark.parametrize("between", [b"\xff\xd0", b"stray", b"\xff" * 5, b"\0\xff\x01\0"])
def test_exif_goes_on_behind_what_is_no_segment(between: bytes) -> None:
    assert inspect_bytes(jpeg(app1(EXIF[:20]), between, app1(EXIF[20:]))).exif_data == FACTS


def test_each_block_goes_on_by_itself() -> None:
    model = Exif(image=[text(0x0110, "iPhone")]).tiff()
    parts = [app1(EXIF[:20]), app1(EXIF[20:]), app1(model[:15]), app1(model[15:30]), app1(model[30:])]
    assert inspect_bytes(jpeg(*parts)).exif_data == FACTS | {"camera_model": "iPhone"}


def test_exif_does_not_go_on_behind_another_segment() -> None:
    cut = len(EXIF) - 3
    found = inspect_bytes(jpeg(app1(EXIF[:cut]), segment(0xFE, b"comment"), app1(EXIF[cut:])))
    assert found.exif_data == {"orientation": 6}


def test_a_damaged_block_does_not_hide_a_sound_one() -> None:
    found = inspect_bytes(jpeg(app1(b"no header"), JFIF, app1(EXIF)))
    assert (found.exif_data, found.error) == (FACTS, None)


def test_only_so_many_blocks_are_looked_into() -> None:
    blocks = [app1(Exif(image=[text(0x0110, f"{number}")]).tiff()) for number in range(MAX_EXIF_BLOCKS + 3)]
    assert inspect_bytes(jpeg(*blocks)).exif_data == {"camera_model": f"{MAX_EXIF_BLOCKS - 1}"}


def test_a_file_of_nothing_but_markers_is_given_up() -> None:
    found = inspect_bytes(b"\xff\xd8\xff" + b"\xd0\xff" * (MAX_STEPS + 1) + frame()[1:] + SCAN)
    assert (found.width, found.error) == (None, "no frame header within 4000 segments")
    found = inspect_bytes(b"\xff\xd8\xff" + b"\xd0\xff" * (MAX_STEPS - 2) + frame()[1:] + SCAN)
    assert found.width == 64


def test_a_truncated_file_gives_what_it_holds() -> None:
    whole = jpeg(app1(EXIF))
    inside_exif = whole[: 2 + 4 + 6 + 8 + 2 + 24 + 2]
    assert inspect_bytes(inside_exif).exif_data == {"orientation": 6}
    assert inspect_bytes(inside_exif).error == "no frame header in the bytes that were read"
    frame_at = whole.index(frame())
    assert inspect_bytes(whole[: frame_at + 9]).width is None
    assert inspect_bytes(whole[: frame_at + 10]).width == 64


def test_a_head_that_holds_all_is_not_followed_by_a_read() -> None:
    data = jpeg(app1(EXIF)) + bytes(3 * MIB)
    assert ranges(data) == ([], Inspection("image/jpeg", 64, 48, FACTS, None))


def test_a_frame_header_in_the_head_ends_the_reading_even_without_exif() -> None:
    data = jpeg(JFIF, tail=frame() + padding(300_000) + app1(EXIF) + SCAN)
    assert ranges(data) == ([], Inspection("image/jpeg", 64, 48, None, None))


def test_a_late_frame_header_takes_one_read_to_1_mib() -> None:
    data = jpeg(app1(EXIF), padding(400_000)) + bytes(2 * MIB)
    assert ranges(data) == ([ByteRange(HEAD_BYTES, MIB)], Inspection("image/jpeg", 64, 48, FACTS, None))


def test_a_read_ends_with_the_object() -> None:
    data = jpeg(app1(EXIF), padding(400_000))
    assert ranges(data)[0] == [ByteRange(HEAD_BYTES, len(data))]


def test_exif_cut_off_by_the_head_is_read_on() -> None:
    long = app1(EXIF + bytes(60_000))
    data = jpeg(padding(HEAD_BYTES - 500), long)
    assert ranges(data)[1].exif_data == FACTS
    behind_the_frame = jpeg(frame(), padding(HEAD_BYTES - 500), long)
    assert ranges(behind_the_frame) == (
        [ByteRange(HEAD_BYTES, len(behind_the_frame))],
        Inspection("image/jpeg", 64, 48, FACTS, None),
    )


def test_a_very_late_frame_header_takes_two_reads() -> None:
    data = jpeg(app1(EXIF), padding(2 * MIB)) + bytes(4 * MIB)
    asked, found = ranges(data)
    assert asked == [ByteRange(HEAD_BYTES, MIB), ByteRange(MIB, 4 * MIB)]
    assert (found.width, found.exif_data) == (64, FACTS)


def test_a_frame_header_behind_4_mib_is_given_up_but_exif_kept() -> None:
    data = jpeg(app1(EXIF), padding(5 * MIB))
    asked, found = ranges(data)
    assert asked == [ByteRange(HEAD_BYTES, MIB), ByteRange(MIB, 4 * MIB)]
    assert found == Inspection("image/jpeg", None, None, FACTS, "no frame header in the bytes that were read")


def test_fewer_bytes_than_asked_for_are_the_end() -> None:
    data = jpeg(app1(EXIF), padding(400_000))[:300_000]
    asked, found = ranges(data, size=50 * MIB)
    assert asked == [ByteRange(HEAD_BYTES, MIB)]
    assert (found.width, found.exif_data) == (None, FACTS)


def test_nothing_is_read_behind_the_end_of_the_object() -> None:
    data = (jpeg(app1(EXIF), padding(HEAD_BYTES - 1000)) + bytes(HEAD_BYTES))[: HEAD_BYTES - 300]
    assert ranges(data + b"\xff\xe2" + struct.pack(">H", 60_000), size=HEAD_BYTES)[0] == []


def test_a_head_that_ends_anywhere_before_the_frame_header_is_gone_on_from() -> None:
    data = jpeg(JFIF, b"\0\0", b"\xff" * 5, app1(EXIF), b"\xff" * 3)
    whole = inspect_bytes(data)
    assert (whole.exif_data, whole.width) == (FACTS, 64)
    for cut in range(4, data.index(frame()) + 5):
        steps = inspection_steps(data[:cut], len(data))
        wanted = next(steps)
        assert wanted == ByteRange(cut, len(data))
        with pytest.raises(StopIteration) as end:
            steps.send(data[cut:])
        assert end.value.value == whole, cut
