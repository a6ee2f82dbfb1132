"""Photos as phones make them, generated: EXIF with GPS and a thumbnail, ICC profiles, XMP up to depth maps."""

import io
import random
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from PIL import Image

SHARED = Path(__file__).parents[2] / "shared" / "photos" / "images"
"""A set of real photos that may stand beside the project; it is measured too where it does."""

KIB = 1024
_SEGMENT_BYTES = 65_533 - 80
"""What one segment takes of a large block, its identifier aside."""
_THUMBNAIL_BYTES = 12 * KIB

COUNT = 100
# Of 100: how many, and how many KiB of ICC and of XMP stand before the frame header. Most phones write a profile of
# half a kilobyte and a packet of XMP; some a large profile; portrait and motion pictures a depth map or a second image.
KINDS = (
    (40, (0.5, 0.6), (2, 8)),
    (30, (3, 12), (1, 4)),
    (20, (20, 60), (10, 40)),
    (6, (0.5, 0.6), (200, 900)),
    (2, (400, 800), (1, 4)),
    (2, (0.5, 0.6), (1_200, 3_500)),
)


def phone_photos(seed: int = 1) -> Iterator[bytes]:
    """`COUNT` of them, each time the same ones."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    for number, icc, xmp in KINDS:
        for _ in range(number):
            yield phone_photo(
                chance,
                icc_bytes=round(chance.uniform(*icc) * KIB),
                xmp_bytes=round(chance.uniform(*xmp) * KIB),
            )


def phone_photo(chance: random.Random, *, icc_bytes: int = 548, xmp_bytes: int = 4 * KIB, size: int = 0) -> bytes:
    """Padded behind its end to at least `size` bytes."""
    blocks = b"".join(
        [
            *_segments(0xE1, b"http://ns.adobe.com/xap/1.0/\0", xmp_bytes),
            *_segments(0xE2, b"ICC_PROFILE\0\1\1", icc_bytes),
        ]
    )
    picture = _picture()
    return (picture[:2] + _exif(chance) + blocks + picture[2:]).ljust(size, b"\0")


def shared_photos() -> list[bytes]:
    """Empty where the set is not there."""
    return [path.read_bytes() for path in sorted(SHARED.glob("*"))]


def _segments(marker: int, identifier: bytes, length: int) -> Iterator[bytes]:
    while length > 0:
        part = min(length, _SEGMENT_BYTES)
        payload = identifier + b"x" * part
        yield bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload
        length -= part


@lru_cache(maxsize=1)
def _picture() -> bytes:
    """A JPEG without EXIF."""
    out = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def _exif(chance: random.Random) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Apple", "iPhone 13 Pro", chance.choice((1, 3, 6, 8))
    exif[0x011A], exif[0x011B], exif[0x0128] = 72.0, 72.0, 2
    exif[0x0131], exif[0x0132] = "17.1", "2025:11:17 10:30:00"
    exif.get_ifd(0x8769).update(
        {
            0x829A: 1 / chance.randrange(30, 4000),
            0x829D: 1.5,
            0x8827: chance.randrange(32, 3200),
            0x9003: f"2025:11:17 10:{chance.randrange(60):02}:{chance.randrange(60):02}",
            0x9004: "2025:11:17 10:30:00",
            0x9011: "+01:00",
            0x9209: 16,
            0x920A: 5.7,
            0x927C: b"Apple iOS\0" + chance.randbytes(1_200),
            0x9291: "123",
            0xA434: "iPhone 13 Pro back triple camera 5.7mm f/1.5",
        }
    )
    exif.get_ifd(0x8825).update(
        {
            1: "N",
            2: (52.0, 30.0, chance.uniform(0, 59)),
            3: "E",
            4: (13.0, 22.0, chance.uniform(0, 59)),
            5: b"\0",
            6: chance.uniform(20, 120),
            7: (9.0, 30.0, 0.0),
            17: chance.uniform(0, 359),
            29: "2025:11:17",
        }
    )
    # A thumbnail lies behind the directories, within the same segment.
    payload = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0") + chance.randbytes(_THUMBNAIL_BYTES)
    return b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
