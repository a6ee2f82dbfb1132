"""What is done with each input that the fuzzer makes up."""

import zlib

from photodock.domain.values import JsonObject
from photodock.imaging import inspect_bytes, inspection_steps
from support.image_builder import END, PIXELS, app1, chunk, jpeg, png, raw_profile
from support.inspections import assert_sound

SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
TIFF_HEADERS = (b"II*\0", b"MM\0*")
LONGEST_SEGMENT = 65_527  # an APP1 segment, less its length and EXIF's identifier
PROFILE = b"Raw profile type exif\0"


def examine(data: bytes) -> None:
    """A photo is read as it is, and from a store that cuts it off; anything else as EXIF, in every kind of wrapping.

    Raises AssertionError, or whatever the parser raised.
    """
    if data.startswith(SIGNATURES):
        assert_sound(inspect_bytes(data))
        read_in_pieces(data)
    elif data.startswith(TIFF_HEADERS):
        wrapped(data[:LONGEST_SEGMENT])
    else:
        # A compressed profile that a fuzzer changes is hardly ever one again: it changes what is compressed.
        assert_sound(inspect_bytes(png(chunk(b"zTXt", PROFILE + b"\0" + zlib.compress(data, 1)), PIXELS, END)))
        assert_sound(inspect_bytes(png(chunk(b"iTXt", PROFILE + data), PIXELS, END)))
        assert_sound(inspect_bytes(jpeg(app1(data[:LONGEST_SEGMENT]))))


def read_in_pieces(data: bytes) -> None:
    """Heads of any length, a size that is not true, and answers shorter than was asked for: two more reads at most."""
    for head, size, kept in ((len(data) // 2, len(data), 1.0), (len(data) // 3, 50_000_000, 0.5)):
        steps = inspection_steps(data[:head], size)
        reads = 0
        try:
            wanted = next(steps)
            while True:
                reads += 1
                assert 0 <= wanted.start < wanted.end <= size
                piece = data[wanted.start : wanted.end]
                wanted = steps.send(piece[: int(len(piece) * kept)])
        except StopIteration as end:
            assert reads <= 2
            assert_sound(end.value)


def wrapped(tiff: bytes) -> None:
    """The same facts, wherever the same EXIF stands."""
    profile = chunk(b"zTXt", PROFILE + b"\0" + zlib.compress(raw_profile(tiff), 1))
    found: list[JsonObject | None] = []
    for photo in (jpeg(app1(tiff)), png(chunk(b"eXIf", tiff), PIXELS, END), png(PIXELS, profile, END)):
        inspection = inspect_bytes(photo)
        assert_sound(inspection)
        found.append(inspection.exif_data)
    assert found[0] == found[1] == found[2]
