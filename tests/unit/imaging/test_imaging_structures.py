"""Files that are built like photos, with anything at all in the places where something is expected."""

import os
import struct
import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from photo_fuzz.target import examine
from support.image_builder import EXIF_POINTER, GPS_POINTER, LONG, Entry, Exif, app1, numbers, raw_profile
from support.samples import RICH

EXAMPLES = int(os.environ.get("PHOTODOCK_TEST_IMAGING_EXAMPLES", "120"))
TAGS = (
    *(0x010F, 0x0110, 0x0112, 0x829A, 0x829D, 0x8827, 0x9003, 0x9004, 0x9010, 0x9011, 0x9209, 0x920A, 0x9291, 0xA434),
    *(1, 2, 3, 4, 5, 6, 7, 0x11, 0x1D),
)
COUNTS = st.integers(0, 12) | st.sampled_from([2**16, 2**29, 2**31 - 1, 2**31, 2**32 - 1])
OFFSETS = st.none() | st.integers(0, 300) | st.sampled_from([2**31 - 1, 2**32 - 8, 2**32 - 1])
VALUES = (
    st.binary(max_size=40)
    | st.text(max_size=12).map(str.encode)
    | st.lists(st.floats(width=32), max_size=4).map(lambda found: struct.pack(f"<{len(found)}f", *found))
    | st.lists(st.integers(0, 3) | st.just(2**32 - 1), max_size=6).map(lambda x: struct.pack(f"<{len(x)}I", *x))
    | st.sampled_from([b"2025:11:17 10:30:00\0", b"N\0", b"E\0", b"+01:00\0", b"2025:11:17\0", b"\xff\xfe\0"])
)
ENTRIES = st.lists(
    st.builds(Entry, st.sampled_from(TAGS), st.integers(0, 14) | st.just(129), VALUES, COUNTS, OFFSETS)
    | st.builds(
        lambda tag, to: numbers(tag, LONG, to), st.sampled_from([EXIF_POINTER, GPS_POINTER]), st.integers(0, 400)
    ),
    max_size=10,
)
TIFFS = st.builds(Exif, ENTRIES, ENTRIES, ENTRIES, st.sampled_from("<>"), st.sampled_from([42, 43, 85])).map(Exif.tiff)
BODIES = (
    st.binary(max_size=60)
    | TIFFS
    | st.just(RICH)
    | st.sampled_from([2**16, 2**20, 2**24]).map(lambda size: b"Raw profile type exif\0\0" + zlib.compress(bytes(size)))
    | TIFFS.map(lambda tiff: b"Raw profile type exif\0\0" + zlib.compress(raw_profile(tiff), 1))
    | TIFFS.map(lambda tiff: b"Raw profile type APP1\0" + raw_profile(b"Exif\0\0" + tiff))
)
LIES = st.just(0) | st.integers(-8, 8) | st.sampled_from([2**15, 2**31 - 1, 2**32 - 1])


def lying_segment(marker: int, body: bytes, lie: int) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", (len(body) + 2 + lie) % 2**16) + body


def lying_chunk(name: bytes, body: bytes, lie: int) -> bytes:
    return struct.pack(">I", (len(body) + lie) % 2**32) + name + body + bytes(4)


SEGMENTS = st.lists(
    st.builds(lying_segment, st.integers(0, 255), BODIES, LIES)
    | TIFFS.map(app1)
    | st.builds(lying_segment, st.sampled_from([0xC0, 0xC2, 0xDA, 0xE1]), st.binary(max_size=12), LIES)
    | st.binary(max_size=10)
    | st.integers(1, 5000).map(lambda count: b"\xff" * count),
    max_size=8,
)
CHUNKS = st.lists(
    st.builds(
        lying_chunk,
        st.sampled_from([b"IHDR", b"IDAT", b"IEND", b"eXIf", b"exIf", b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"acTL"]),
        BODIES,
        LIES,
    )
    | st.binary(max_size=10),
    max_size=8,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(tiff=TIFFS)
def test_a_directory_of_any_tags_types_counts_and_offsets_is_read(tiff: bytes) -> None:
    examine(tiff)


@settings(max_examples=EXAMPLES, deadline=None)
@given(segments=SEGMENTS)
def test_a_jpeg_of_any_segments_is_read(segments: list[bytes]) -> None:
    examine(b"\xff\xd8" + b"".join(segments))


@settings(max_examples=EXAMPLES, deadline=None)
@given(chunks=CHUNKS)
def test_a_png_of_any_chunks_is_read(chunks: list[bytes]) -> None:
    examine(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
