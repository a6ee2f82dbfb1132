"""A picture for whoever has none at hand, so that the first upload is one paste away."""

import struct
import zlib
from pathlib import Path

from photodock.embedded.files import explained

WIDTH, HEIGHT = 640, 480
SKY, ROOF, TILE = (150, 190, 230), (165, 70, 50), (140, 55, 40)


def written_sample(folder: Path) -> Path:
    """`sample.png` in the folder: a gable before the sky. Raises EmbeddedError."""
    file = folder / "sample.png"
    with explained(file):
        file.write_bytes(_png())
    return file


def _png() -> bytes:
    rows = b"".join(b"\0" + _row(y) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _row(y: int) -> bytes:
    half = max(0, y - HEIGHT // 4)
    left = max(0, WIDTH // 2 - half)
    sky = bytes(min(255, value + y // 8) for value in SKY) * left
    pair = (ROOF, TILE) if y // 12 % 2 else (TILE, ROOF)
    tiles = b"".join(bytes(colour) * 16 for colour in pair) * (WIDTH // 32)
    return sky + tiles[3 * left : 3 * (WIDTH - left)] + sky


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
