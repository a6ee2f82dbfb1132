"""PNG's chunks before and after the pixels (PNG third edition, W3C, sections 5 and 11.3)."""

import re
import string
import struct
import zlib
from binascii import unhexlify

from photodock.imaging.reading import MAX_STEPS, ByteRange, ExifBlock, Steps, next_limit

SUFFIX_BYTES = 64 * 1024
"""How much of a file's end is read for EXIF behind the pixels; it was found within the last 7.2 KB."""

MAX_INFLATED_BYTES = 1024 * 1024
MAX_EXIF_TRIES = 4
"""Chunks looked into for EXIF. Together with the inflate limit this bounds the work that a file can ask for."""

_LARGEST = 0x7FFFFFFF  # of a length and of a dimension, by the standard
_HEADER = struct.Struct(">I4s")
_OVERHEAD = 12  # length, type and checksum of a chunk
_TEXT_CHUNKS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_CARRIERS = re.compile(rb"eXIf|tEXt|zTXt|iTXt")
_LETTERS = frozenset(string.ascii_letters.encode())

# ImageMagick wrote EXIF before `eXIf` existed as a text: a name, a length, then hexadecimal digits in lines.
_PROFILE = re.compile(rb"Raw profile type (?:exif|APP1)\0", re.IGNORECASE)
_PROFILE_BODY = re.compile(rb"\n[^\n]{0,100}\n\s{0,100}\d{1,20}\n")
_HEX_DIGITS = string.hexdigits.encode()
_BLANKS = string.whitespace.encode()
_KEYWORD_BYTES = 80  # 79 and a NUL, by the standard
_EXIF_IDENTIFIER = b"Exif\0\0"


def png_steps(head: bytes, size: int) -> Steps:
    """Dimensions and EXIF of a PNG of `size` bytes.

    Reads on while the chunks before the pixels go beyond the head without EXIF; once the pixels begin, one look at
    the end of the file. Never more than two further reads.
    """
    walk = _Walk()
    data = head
    walk.advance(data, 8)
    reads = 0
    while walk.wants_more_before_pixels and len(data) < size and walk.position < size:
        limit = next_limit(len(data), walk.position)
        if limit is None:
            break
        end = min(limit, size)
        data += yield ByteRange(len(data), end)
        reads += 1
        if len(data) < end:
            size = len(data)
        walk.advance(data, walk.position)
    if walk.wants_suffix and len(data) < size and reads < 2:
        start = max(walk.position, size - SUFFIX_BYTES)
        if size - start > 2 * _OVERHEAD:  # room for more than the closing IEND
            suffix = yield ByteRange(start, size)
            found = 0 if start == walk.position else _find_chunk(suffix)
            if found is not None:
                walk.advance(suffix, found)
    return walk.width, walk.height, walk.blocks, walk.error


class _Walk:
    """Goes from chunk to chunk; `position` is where the next one begins, which may lie beyond the bytes at hand."""

    __slots__ = ("_done", "_in_pixels", "_steps", "_tries", "blocks", "error", "height", "position", "width")

    def __init__(self) -> None:
        self.position = 8
        self.width: int | None = None
        self.height: int | None = None
        self.blocks: list[ExifBlock] = []
        self.error: str | None = "no IHDR chunk in the bytes that were read"
        self._steps = 0
        self._tries = 0
        self._done = False
        self._in_pixels = False

    @property
    def wants_more_before_pixels(self) -> bool:
        return not (self._done or self._in_pixels or self.blocks)

    @property
    def wants_suffix(self) -> bool:
        return not self._done and self._in_pixels and not self.blocks

    def advance(self, data: bytes, position: int) -> None:
        """Walk from `position` until IEND, the step limit, nonsense, or a chunk that `data` does not hold whole."""
        while position + 8 <= len(data):
            length, name = _HEADER.unpack_from(data, position)
            self._steps += 1
            if name == b"IEND" or length > _LARGEST or self._steps > MAX_STEPS:
                self._done = True
                break
            body = position + 8
            if name == b"IDAT":
                self._in_pixels = True
            elif _is_wanted(data, name, body, body + length):
                if body + length > len(data):
                    break
                self._chunk(data, name, body, body + length)
            position += length + _OVERHEAD
        self.position = position

    def _chunk(self, data: bytes, name: bytes, start: int, end: int) -> None:
        if name == b"IHDR":
            self._read_header(data, start, end)
        elif self._tries < MAX_EXIF_TRIES:
            self._tries += 1
            is_text = name in _TEXT_CHUNKS
            block = _raw_profile(data, name, start, end) if is_text else (data, start, end)
            if block:
                self.blocks.append(_without_identifier(block))

    def _read_header(self, data: bytes, start: int, end: int) -> None:
        if end - start < 8:
            return
        width, height = struct.unpack_from(">II", data, start)
        self.width = width if 0 < width <= _LARGEST else None
        self.height = height if 0 < height <= _LARGEST else None
        sound = self.width and self.height
        self.error = None if sound else "IHDR gives a width or a height that is not allowed"


def _is_wanted(data: bytes, name: bytes, body: int, end: int) -> bool:
    if name in _TEXT_CHUNKS:
        keyword_cut_off = len(data) < min(end, body + _KEYWORD_BYTES)
        return keyword_cut_off or _PROFILE.match(data, body, end) is not None
    return name == b"IHDR" or name.lower() == b"exif"


def _without_identifier(block: ExifBlock) -> ExifBlock:
    """JPEG's identifier does not belong before PNG's EXIF, but some writers leave it there."""
    data, start, end = block
    return (data, start + 6, end) if data.startswith(_EXIF_IDENTIFIER, start) else block


def _raw_profile(data: bytes, name: bytes, start: int, end: int) -> ExifBlock | None:
    """The TIFF structure or APP1 segment in a chunk that begins as `_PROFILE`; None when it holds none."""
    text = memoryview(data)[data.index(b"\0", start) + 1 : end]
    if name == b"tEXt":
        written = bytes(text[:MAX_INFLATED_BYTES])
    elif name == b"zTXt":
        written = _inflated(text[1:])
    else:
        written = _international(text)
    header = _PROFILE_BODY.match(written)
    if header is None:
        return None
    exif = _from_hex(written[header.end() :])
    return (exif, 0, len(exif)) if exif.startswith((_EXIF_IDENTIFIER, b"II*\0", b"MM\0*")) else None


def _from_hex(written: bytes) -> bytes:
    """The bytes that hexadecimal digits stand for, up to the first character that is neither digit nor blank."""
    digits = written.translate(None, _BLANKS)
    if strange := digits.translate(None, _HEX_DIGITS):
        digits = digits[: digits.index(strange[:1])]
    return unhexlify(digits[: len(digits) & ~1])


def _international(text: memoryview) -> bytes:
    """iTXt: compression flag, method, language, translated keyword, then the text."""
    if len(text) < 4:
        return b""
    fields = bytes(text[2:MAX_INFLATED_BYTES]).split(b"\0", 2)
    if len(fields) < 3:
        return b""
    return _inflated(memoryview(fields[2])) if text[0] else fields[2]


def _inflated(compressed: memoryview) -> bytes:
    """The first 1 MiB of what is compressed, or empty when it is damaged from the start."""
    try:
        return zlib.decompressobj().decompress(compressed, MAX_INFLATED_BYTES)
    except zlib.error:
        return b""


def _find_chunk(suffix: bytes) -> int | None:
    """Where the first chunk that may carry EXIF begins in a file's end whose chunk boundaries are not known.

    The four letters may occur in compressed pixels, so what follows must be chunks without a gap up to IEND.
    """
    steps = 0
    for name in _CARRIERS.finditer(suffix, 4):
        position = name.start() - 4
        while position + _OVERHEAD <= len(suffix) and steps < MAX_STEPS:
            steps += 1
            length, kind = _HEADER.unpack_from(suffix, position)
            if kind == b"IEND" and not length:
                return name.start() - 4
            if not _LETTERS.issuperset(kind):
                break
            position += length + _OVERHEAD
    return None
