"""The container of a WebP file, read as far as it must be to know that nothing is in it but one still picture.

After the WebP Container Specification (RIFF chunks) and the headers of RFC 6386 (VP8) and of the lossless bitstream.
"""

from collections.abc import Iterator

_LOSSY_START = b"\x9d\x01\x2a"
_LOSSLESS_SIGNATURE = 0x2F
_ALPHA = 0x10
"""The one flag of an extended file that is allowed: a picture with transparency. Others stand for metadata, an ICC
profile or an animation."""


def is_plain_webp(data: bytes, width: int, height: int) -> bool:
    """Whether this is one WebP picture of that size, without EXIF, XMP, ICC profile or animation."""
    try:
        chunks = list(_chunks(data))
        match [name for name, _ in chunks]:
            case [b"VP8 "] | [b"VP8L"]:
                return _size(*chunks[0]) == (width, height)
            case [b"VP8X", b"ALPH", b"VP8 "] | [b"VP8X", b"VP8L"]:
                (_, extended), picture = chunks[0], chunks[-1]
                canvas = (_uint24(extended, 4) + 1, _uint24(extended, 7) + 1)
                return extended[0] & ~_ALPHA == 0 and _size(*picture) == canvas == (width, height)
            case _:
                return False
    except (IndexError, ValueError):
        return False


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Raises ValueError where the file's own lengths do not add up."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or int.from_bytes(data[4:8], "little") != len(data) - 8:
        raise ValueError
    at = 12
    while at < len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
        if at > len(data):
            raise ValueError
        yield name, data[at - length - length % 2 : at - length % 2]


def _size(name: bytes, data: bytes) -> tuple[int, int]:
    if name == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) if data[0] == _LOSSLESS_SIGNATURE else (0, 0)
    if data[3:6] != _LOSSY_START:
        return (0, 0)
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF


def _uint24(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8 | data[at + 2] << 16
