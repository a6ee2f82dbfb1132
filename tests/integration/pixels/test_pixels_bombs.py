"""Photos that take all there is of memory, of CPU time or of patience: real ones, on the real decoder."""

import io
import zlib

import pytest
from PIL import Image

from photodock.pixels import DecodingLimitExceeded, Limits, decode
from support.image_builder import END, chunk, header, png

MIB = 1024 * 1024
BLACK_ROW = bytes(3)


def black_png(width: int, height: int) -> bytes:
    """So many black pixels in a thousandth of their size."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    packed = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    return png(chunk(b"IDAT", packed), END, head=header(width, height))


def jpeg_of_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan, a few bytes for the whole picture, stands in it over and over."""
    file = io.BytesIO()
    Image.new("L", (side, side), 128).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    tables = data.rindex(b"\xff\xc4")
    last, end = data[tables:-2], data[-2:]
    return data[:-2] + last * scans + end


async def test_a_bomb_that_needs_more_memory_than_it_may_is_a_normal_error() -> None:
    bomb = black_png(12_000, 12_000)
    assert len(bomb) < MIB
    with pytest.raises(DecodingLimitExceeded):
        await decode(bomb, longest_side=64, limits=Limits(memory_bytes=256 * MIB))


async def test_a_bomb_that_takes_more_cpu_time_than_it_may_is_ended() -> None:
    bomb = jpeg_of_scans(6_000, 4_000)
    assert len(bomb) < 4 * MIB
    with pytest.raises(DecodingLimitExceeded):
        await decode(bomb, longest_side=64, limits=Limits(cpu_seconds=1))


async def test_a_bomb_that_takes_longer_than_it_may_is_ended() -> None:
    with pytest.raises(DecodingLimitExceeded):
        await decode(jpeg_of_scans(6_000, 4_000), longest_side=64, limits=Limits(seconds=0.7))
