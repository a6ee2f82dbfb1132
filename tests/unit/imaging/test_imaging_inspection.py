"""The whole: kinds of files, reading from disk, and what hostile bytes may cost."""

import struct
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photodock.imaging import (
    HEAD_BYTES,
    Inspection,
    inspect_bytes,
    inspect_file,
    inspect_head,
    inspection,
    inspection_steps,
)
from photodock.imaging.rules import read_text
from support.image_builder import (
    ASCII,
    END,
    PIXELS,
    SCAN,
    SHORT,
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
from support.inspections import assert_sound
from support.samples import RICH, SAMPLES

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("head", "mime_type"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "image/heif"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "image/avif"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", None),
        (b"GIF89a\1\0\1\0", "image/gif"),
        (b"II*\0\x08\0\0\0", "image/tiff"),
        (b"MM\0*\0\0\0\x08", "image/tiff"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"Dear reader, this is a text", None),
        (b"\xff\xd8", None),
        (b"\x89PNG\r\n\x1a", None),
        (b"", None),
    ],
)
def test_another_kind_of_file_is_named_and_not_parsed(head: bytes, mime_type: str | None) -> None:
    assert inspect_bytes(head) == Inspection(mime_type, None, None, None, "neither a JPEG nor a PNG file")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_hold_every_kind_of_fact(name: str) -> None:
    found = inspect_bytes(SAMPLES[name])
    assert found.exif_data is not None
    assert len(found.exif_data) == 10
    assert found.error is None
    assert_sound(found)


def test_a_file_on_disk_is_read_in_the_same_ranges(tmp_path: Path) -> None:
    late = jpeg(app1(RICH), segment(0xE2, bytes(65_000)) * 9)
    behind = png(chunk(b"IDAT", bytes(8192)) * 200, chunk(b"eXIf", RICH), END)
    for data in (*SAMPLES.values(), late, behind, b""):
        path = tmp_path / "photo"
        path.write_bytes(data)
        assert inspect_file(path) == inspect_bytes(data)


def test_a_file_that_is_not_there_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect_file(tmp_path / "none.jpg")


def test_a_size_smaller_than_the_head_is_not_believed() -> None:
    steps = inspection_steps(SAMPLES["jpeg"], 10)
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == inspect_bytes(SAMPLES["jpeg"])


def test_a_defect_of_the_parser_loses_the_facts_but_not_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("bytes of the photo")

    monkeypatch.setattr(inspection, "read_exif", broken)
    late = jpeg(app1(RICH), segment(0xE2, bytes(65_000)) * 9)
    for data in (SAMPLES["jpeg"], late):
        found = inspect_bytes(data)
        assert found == Inspection("image/jpeg", None, None, None, "the parser failed with ZeroDivisionError")


def test_a_head_that_is_enough_gives_its_inspection_at_once() -> None:
    data = SAMPLES["jpeg"]
    assert inspect_head(data, len(data)) == inspect_bytes(data)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_cut_off_at_any_byte_is_read_without_failure(name: str) -> None:
    data = SAMPLES[name]
    for end in range(len(data)):
        assert_sound(inspect_bytes(data[:end]))


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400), magic=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]))
def test_arbitrary_bytes_are_read_without_failure(data: bytes, magic: bytes) -> None:
    assert_sound(inspect_bytes(magic + data))


@settings(max_examples=300, deadline=None)
@given(tiff=st.binary(max_size=300), order=st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_an_arbitrary_exif_block_is_read_without_failure(tiff: bytes, order: bytes) -> None:
    assert_sound(inspect_bytes(jpeg(app1(order + tiff))))


@settings(max_examples=600, deadline=None)
@given(
    name=st.sampled_from(list(SAMPLES)),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_a_damaged_photo_is_read_without_failure(name: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(SAMPLES[name])
    for position, value in changes:
        data[position % len(data)] = value
    assert_sound(inspect_bytes(bytes(data)))


@settings(max_examples=300, deadline=None)
@given(
    entries=st.lists(
        st.builds(
            Entry,
            tag=st.sampled_from([1, 2, 3, 4, 5, 6, 7, 0x11, 0x1D, 0x010F, 0x0112, 0x829A, 0x8827, 0x9003, 0x9209]),
            kind=st.integers(0, 14) | st.just(129),
            values=st.binary(max_size=40),
            count=st.integers(0, 12) | st.just(0xFFFFFFFF),
        ),
        max_size=12,
    ),
    order=st.sampled_from("<>"),
)
def test_entries_of_any_type_are_read_without_failure(entries: list[Entry], order: str) -> None:
    assert_sound(inspect_bytes(jpeg(app1(Exif(image=entries, exif=entries, gps=entries, order=order).tiff()))))


def _large_exif() -> bytes:
    full = [Entry(0xA434, ASCII, b"\xff" * 1500)] * 512
    return Exif(image=[text(0x010F, "x" * 900)] + [numbers(0x0112, SHORT, 3)] * 511, exif=full).tiff()[:65_000]


def _one_text_everywhere() -> bytes:
    """Two directories of 512 entries that all name the same text, which is as slow to read as a text can be."""
    value = "é\x01".encode() * 340
    behind = 8 + 2 * (2 + 512 * 12 + 4)
    makes = [(0x010F, 2, len(value), behind)] * 511 + [(0x8769, 4, 1, 8 + 2 + 512 * 12 + 4)]
    lenses = [(0xA434, 2, len(value), behind)] * 512
    directories = b"".join(
        struct.pack("<H", 512) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
        for entries in (makes, lenses)
    )
    return b"II*\0" + struct.pack("<I", 8) + directories + value


def _bomb(name: bytes, prefix: bytes) -> bytes:
    text_of_hex = b"\nexif\n  1000\n" + b"4d4d002a\n" * MIB
    body = chunk(name, prefix + zlib.compress(text_of_hex, 9))
    return png(body * (4 * MIB // len(body)), PIXELS, END)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "fill": lambda: b"\xff\xd8" + b"\xff" * 4 * MIB,
    "zeros": lambda: b"\xff\xd8\xff" + bytes(4 * MIB),
    "bare markers": lambda: b"\xff\xd8" + b"\xff\xd8" * 2 * MIB,
    "runs of fill": lambda: b"\xff\xd8" + (b"\xff" * 1000 + b"\0") * 4100,
    "gaps": lambda: b"\xff\xd8\xff" + (bytes(1000) + b"\xff\0") * 4100,
    "many EXIF": lambda: jpeg(app1(_large_exif()) * 62),
    "long EXIF": lambda: jpeg(app1(_large_exif()), app1(b"x" * 65_000) * 62),
    "many short EXIF": lambda: jpeg(app1(_large_exif()), app1(b"x" * 900) * 4500),
    "one text everywhere": lambda: jpeg(*(app1(_one_text_everywhere()) for _ in range(300))),
    "many chunks": lambda: png(chunk(b"abcd") * (4 * MIB // 12)),
    "many profiles": lambda: png(chunk(b"tEXt", b"Raw profile type exif\0") * (4 * MIB // 34)),
    "compressed bombs": lambda: _bomb(b"zTXt", b"Raw profile type exif\0\0"),
    "international bombs": lambda: _bomb(b"iTXt", b"Raw profile type APP1\0\1\0en\0\0"),
    "a long profile": lambda: png(chunk(b"tEXt", b"Raw profile type exif\0\nexif\n9\n" + b"4d4d002a" * (MIB // 2))),
    "carriers at the end": lambda: png(chunk(b"IDAT", bytes(MIB)) * 3, b"eXIf" * (256 * 1024)),
    "chunks at the end": lambda: png(chunk(b"IDAT", bytes(MIB)) * 3, (b"x" + bytes(3) + b"eXIf" + bytes(4)) * 87_000),
}


def watched(data: bytes, watch: Callable[[FrameType, str, object], object]) -> Inspection:
    """What is found, while `watch` is told of each call and return."""
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        return inspect_bytes(data)
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("name", HOSTILE)
def test_four_megabytes_of_malice_cost_little(name: str) -> None:
    """Calls and returns are counted, not time: the worst has 96,183; what grows with the square would have millions."""
    data = HOSTILE[name]()
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    found = watched(data, count)
    assert_sound(found)
    assert calls < 200_000


def test_of_one_text_in_a_thousand_entries_little_is_read() -> None:
    """Each takes a tenth of a millisecond."""
    data, times = jpeg(app1(_one_text_everywhere())), 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal times
        times += event == "call" and frame.f_code is read_text.__code__

    found = watched(data, count)
    assert found.exif_data == {"camera_make": "é" * 340, "lens_model": "é" * 340}
    assert 2 <= times <= 12


@pytest.mark.parametrize("name", HOSTILE)
def test_four_megabytes_of_malice_take_little_memory(name: str) -> None:
    """What was read, once more while it grows, and EXIF that is put together from its pieces."""
    data = HOSTILE[name]()
    inspect_bytes(data)  # whatever is cached at first
    tracemalloc.start()
    try:
        inspect_bytes(data)
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


def test_no_object_takes_more_than_three_reads() -> None:
    for make in HOSTILE.values():
        data = make()
        steps, reads = inspection_steps(data[:HEAD_BYTES], len(data)), 1
        try:
            wanted = next(steps)
            while True:
                reads += 1
                assert wanted.start < wanted.end <= len(data)
                wanted = steps.send(data[wanted.start : wanted.end])
        except StopIteration:
            assert reads <= 3


def test_the_answer_depends_on_nothing_behind_the_scan() -> None:
    data = jpeg(app1(RICH), tail=frame() + SCAN)
    assert inspect_bytes(data + header() * 50_000) == inspect_bytes(data)
