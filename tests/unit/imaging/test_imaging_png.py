"""PNG's chunks: EXIF before and behind the pixels, as a chunk and as old text, and how much is read."""

import struct
import zlib

import pytest

from photodock.imaging import HEAD_BYTES, ByteRange, Inspection, inspect_bytes, inspection_steps
from photodock.imaging.png import MAX_EXIF_TRIES, SUFFIX_BYTES
from photodock.imaging.reading import MAX_STEPS
from support.image_builder import END, PIXELS, SHORT, Exif, chunk, header, numbers, png, raw_profile, text

MIB = 1024 * 1024
EXIF = Exif(image=[text(0x010F, "Apple"), numbers(0x0112, SHORT, 6)], order=">").tiff()
FACTS = {"camera_make": "Apple", "orientation": 6}
NAME = b"Raw profile type exif"


def ranges(data: bytes) -> tuple[list[ByteRange], Inspection]:
    asked = []
    steps = inspection_steps(data[:HEAD_BYTES], len(data))
    try:
        wanted = next(steps)
        while True:
            asked.append(wanted)
            wanted = steps.send(data[wanted.start : wanted.end])
    except StopIteration as end:
        return asked, end.value


def pixels(size: int, pieces: int = 1) -> bytes:
    """IDAT chunks with a body of `size` bytes each. What they hold is never looked at."""
    return chunk(b"IDAT", bytes(size)) * pieces


def test_dimensions_come_from_the_header() -> None:
    assert inspect_bytes(png(PIXELS, END)) == Inspection("image/png", 64, 48, None, None)


@pytest.mark.parametrize(
    ("width", "height", "found"),
    [
        (0, 7, (None, 7)),
        (7, 0, (7, None)),
        (0x7FFFFFFF, 1, (0x7FFFFFFF, 1)),
        (0x80000000, 0xFFFFFFFF, (None, None)),
    ],
)
def test_a_dimension_is_1_to_2_to_the_31_less_1(width: int, height: int, found: tuple[int | None, int | None]) -> None:
    inspection = inspect_bytes(png(PIXELS, END, head=header(width, height)))
    assert (inspection.width, inspection.height) == found
    assert (inspection.error is None) == (None not in found)


@pytest.mark.parametrize("head", [b"", chunk(b"IHDR", b"\0\0\0\1"), header()[:20]])
def test_a_missing_header_is_told(head: bytes) -> None:
    assert inspect_bytes(png(head=head)).error == "no IHDR chunk in the bytes that were read"


def test_the_header_may_come_behind_another_chunk() -> None:
    assert inspect_bytes(png(header(), PIXELS, END, head=chunk(b"CgBI", b"\x50\0\x20\2"))).width == 64


@pytest.mark.parametrize("name", [b"eXIf", b"exIf"])
@pytest.mark.parametrize("identifier", [b"", b"Exif\0\0"])
def test_an_exif_chunk_is_read_before_and_behind_the_pixels(name: bytes, identifier: bytes) -> None:
    exif = chunk(name, identifier + EXIF)
    assert inspect_bytes(png(exif, PIXELS, END)).exif_data == FACTS
    assert inspect_bytes(png(PIXELS, exif, END)).exif_data == FACTS


def test_nothing_is_read_behind_the_end_chunk() -> None:
    assert inspect_bytes(png(PIXELS, END, chunk(b"eXIf", EXIF))).exif_data is None


def test_checksums_are_not_asked_for() -> None:
    broken = chunk(b"eXIf", EXIF)[:-4] + b"\0\0\0\0"
    assert inspect_bytes(png(broken, PIXELS, END)).exif_data == FACTS


@pytest.mark.parametrize(
    "body",
    [
        (b"tEXt", NAME + b"\0" + raw_profile(EXIF)),
        (b"tEXt", b"raw profile type exif\0" + raw_profile(EXIF)),
        (b"tEXt", b"Raw profile type APP1\0" + raw_profile(b"Exif\0\0" + EXIF)),
        (b"tEXt", NAME + b"\0" + raw_profile(EXIF).upper()),
        (b"zTXt", NAME + b"\0\0" + zlib.compress(raw_profile(EXIF))),
        (b"iTXt", NAME + b"\0\0\0en\0Profil\0" + raw_profile(EXIF)),
        (b"iTXt", NAME + b"\0\1\0\0\0" + zlib.compress(raw_profile(EXIF))),
    ],
    ids=["text", "lower case", "APP1", "upper case digits", "compressed", "international", "both"],
)
def test_a_raw_profile_is_read_before_and_behind_the_pixels(body: tuple[bytes, bytes]) -> None:
    profile = chunk(*body)
    assert inspect_bytes(png(profile, PIXELS, END)).exif_data == FACTS
    assert inspect_bytes(png(PIXELS, profile, END)).exif_data == FACTS


@pytest.mark.parametrize(
    "body",
    [
        (b"tEXt", b"Comment\0" + raw_profile(EXIF)),
        (b"tEXt", b"Raw profile type xmp\0" + raw_profile(EXIF)),
        (b"tEXt", NAME),
        (b"tEXt", NAME + b"\0"),
        (b"tEXt", NAME + b"\0no lines"),
        (b"tEXt", NAME + b"\0" + raw_profile(b"not EXIF")),
        (b"tEXt", NAME + b"\0\nexif\n  12\n!" + EXIF.hex().encode()),
        (b"zTXt", NAME + b"\0"),
        (b"zTXt", NAME + b"\0\0not compressed"),
        (b"iTXt", NAME + b"\0\0\0"),
        (b"iTXt", NAME + b"\0\0\0en"),
        (b"iTXt", NAME + b"\0\1\0en\0\0not compressed"),
    ],
)
def test_a_text_that_holds_no_exif_is_passed_over(body: tuple[bytes, bytes]) -> None:
    assert inspect_bytes(png(chunk(*body), PIXELS, END)) == Inspection("image/png", 64, 48, None, None)


def test_digits_are_read_up_to_the_first_that_is_none() -> None:
    profile = raw_profile(EXIF + b"rest").rstrip() + b"0 and more"
    assert inspect_bytes(png(chunk(b"tEXt", NAME + b"\0" + profile), PIXELS, END)).exif_data == FACTS


def test_a_text_is_inflated_to_1_mib_at_most() -> None:
    inside = raw_profile(EXIF + bytes(400_000))
    beyond = raw_profile(EXIF)[:8] + b" " * 2 * MIB + raw_profile(EXIF)[8:]
    for profile, facts in ((inside, FACTS), (beyond, None)):
        data = png(chunk(b"zTXt", NAME + b"\0\0" + zlib.compress(profile)), PIXELS, END)
        assert inspect_bytes(data).exif_data == facts


def test_only_so_many_chunks_are_looked_into() -> None:
    nothing = chunk(b"zTXt", NAME + b"\0\0" + zlib.compress(b"\nexif\n 1\n" + b"20" * 100))
    exif = chunk(b"eXIf", EXIF)
    assert inspect_bytes(png(*[nothing] * (MAX_EXIF_TRIES - 1), exif, PIXELS, END)).exif_data == FACTS
    assert inspect_bytes(png(*[nothing] * MAX_EXIF_TRIES, exif, PIXELS, END)).exif_data is None
    comments = [chunk(b"tEXt", b"c\0")] * 20
    assert inspect_bytes(png(*comments, exif, PIXELS, END)).exif_data == FACTS


def test_a_file_of_nothing_but_chunks_is_given_up() -> None:
    few, many = (chunk(b"abcd") * count for count in (MAX_STEPS - 2, MAX_STEPS))
    assert inspect_bytes(png(few, chunk(b"eXIf", EXIF))).exif_data == FACTS
    assert inspect_bytes(png(many, chunk(b"eXIf", EXIF))).exif_data is None


def test_a_length_that_the_standard_forbids_ends_the_walk() -> None:
    data = png(b"\xff\xff\xff\xffeXIf" + EXIF)
    assert inspect_bytes(data) == Inspection("image/png", 64, 48, None, None)


def test_an_exif_chunk_longer_than_the_file_is_passed_over() -> None:
    assert inspect_bytes(png(struct.pack(">I", 0x40000000) + b"eXIf" + EXIF)).exif_data is None


def test_exif_in_the_head_needs_no_further_read() -> None:
    data = png(chunk(b"eXIf", EXIF), pixels(MIB), chunk(b"tEXt", b"c\0" + bytes(5000)), END)
    assert ranges(data) == ([], Inspection("image/png", 64, 48, FACTS, None))


def test_exif_behind_large_pixels_takes_one_read_of_the_end() -> None:
    data = png(pixels(MIB), chunk(b"eXIf", EXIF), END)
    start = data.index(b"eXIf") - 4
    assert ranges(data) == ([ByteRange(start, len(data))], Inspection("image/png", 64, 48, FACTS, None))


@pytest.mark.parametrize("size", [8192, 32_768, 100_000])
def test_exif_behind_many_pixel_chunks_is_found_in_the_last_64_kib(size: int) -> None:
    data = png(pixels(size, 4 * MIB // size), chunk(b"tIME", bytes(7)), chunk(b"eXIf", EXIF), END)
    asked, found = ranges(data)
    assert asked == [ByteRange(len(data) - SUFFIX_BYTES, len(data))]
    assert found.exif_data == FACTS


def test_the_four_letters_within_pixels_are_no_chunk() -> None:
    decoy = chunk(b"eXIf", Exif(image=[text(0x010F, "decoy")]).tiff())
    many = chunk(b"IDAT", bytes(100_000)) * 20
    for inside in (decoy, b"zTXt" * 50, bytes(4) + b"eXIf" + bytes(30)):
        assert ranges(png(many, chunk(b"IDAT", inside), chunk(b"eXIf", EXIF), END))[1].exif_data == FACTS
        assert ranges(png(many, chunk(b"IDAT", inside), END))[1].exif_data is None


def test_pixels_that_reach_to_the_end_need_no_look_behind_them() -> None:
    assert ranges(png(pixels(MIB), END))[0] == []


def test_chunks_before_the_pixels_that_exceed_the_head_are_read_on() -> None:
    large = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + bytes(500_000))
    data = png(large, chunk(b"eXIf", EXIF), pixels(2 * MIB), END)
    assert ranges(data) == ([ByteRange(HEAD_BYTES, MIB)], Inspection("image/png", 64, 48, FACTS, None))


def test_very_large_chunks_before_the_pixels_go_straight_to_4_mib() -> None:
    data = png(chunk(b"iCCP", bytes(2 * MIB)), chunk(b"eXIf", EXIF), pixels(4 * MIB), END)
    assert ranges(data) == ([ByteRange(HEAD_BYTES, 4 * MIB)], Inspection("image/png", 64, 48, FACTS, None))


def test_an_exif_chunk_cut_off_by_the_head_is_read_on() -> None:
    data = png(chunk(b"eXIf", EXIF + bytes(200_000)), pixels(MIB), END)
    assert ranges(data) == ([ByteRange(HEAD_BYTES, MIB)], Inspection("image/png", 64, 48, FACTS, None))


def test_there_are_never_more_than_three_reads() -> None:
    icc = chunk(b"iCCP", bytes(500_000))
    data = png(icc, pixels(100_000, 30), chunk(b"tEXt", b"c\0"), chunk(b"eXIf", EXIF), END)
    asked, found = ranges(data)
    assert asked == [ByteRange(HEAD_BYTES, MIB), ByteRange(len(data) - SUFFIX_BYTES, len(data))]
    assert found.exif_data == FACTS
    data = png(icc, icc, icc, pixels(100_000, 30), chunk(b"eXIf", EXIF), END)
    asked, found = ranges(data)
    assert asked == [ByteRange(HEAD_BYTES, MIB), ByteRange(MIB, 4 * MIB)]
    assert (found.width, found.exif_data) == (64, None)


def test_chunks_before_the_pixels_behind_4_mib_are_given_up() -> None:
    data = png(chunk(b"iCCP", bytes(5 * MIB)), chunk(b"eXIf", EXIF), PIXELS, END)
    assert ranges(data) == ([], Inspection("image/png", 64, 48, None, None))


def test_a_short_answer_ends_the_reading() -> None:
    data = png(chunk(b"iCCP", bytes(500_000)), chunk(b"eXIf", EXIF), PIXELS, END)
    steps = inspection_steps(data[:HEAD_BYTES], len(data))
    assert next(steps) == ByteRange(HEAD_BYTES, len(data))
    with pytest.raises(StopIteration) as end:
        steps.send(b"")
    assert end.value.value == Inspection("image/png", 64, 48, None, None)
