"""Photos made on the spot."""

import io
import struct
import zlib
from collections.abc import Mapping

from PIL import Image


def jpeg(
    width: int = 64,
    height: int = 48,
    *,
    make: str | None = "Acme",
    captured_at: str = "2025:11:17 10:30:00",
    colour: tuple[int, int, int] = (90, 120, 200),
    least_bytes: int = 1_024,
    more_gps: Mapping[int, object] | None = None,
) -> bytes:
    """A real JPEG with EXIF, padded behind its end where it would be too small to be taken in."""
    picture = Image.new("RGB", (width, height), colour)
    exif = Image.Exif()
    if make:
        exif[0x010F] = make
        exif[0x0110] = "Roofcam 1"
        exif.get_ifd(0x8769)[0x9003] = captured_at
        exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 58.68), 3: "E", 4: (13.0, 22.0, 39.72)})
        exif.get_ifd(0x8825).update(more_gps or {})
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue().ljust(least_bytes, b"\0")


def png(width: int = 64, height: int = 48, *, least_bytes: int = 1_024) -> bytes:
    """A real PNG; a text chunk makes it large enough."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).save(out, "PNG")
    data = out.getvalue()
    missing = max(0, least_bytes - len(data))
    text = b"Comment\0" + b"x" * missing
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text + struct.pack(">I", zlib.crc32(b"tEXt" + text))
    return data[:33] + chunk + data[33:]


def behind(data: bytes, filling: int) -> bytes:
    """The same JPEG with at least `filling` bytes of other segments before its EXIF and frame header."""
    body = b"FILL\0".ljust(65_533, b"x")
    segment = b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body
    return data[:2] + segment * -(-filling // len(segment)) + data[2:]
