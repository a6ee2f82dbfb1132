"""JPEG's segments up to the scan (ITU-T T.81, annex B; EXIF 3.0, section 4.7)."""

import re
import struct

from photodock.imaging.reading import MAX_STEPS, ByteRange, ExifBlock, Findings, Steps, next_limit

MAX_EXIF_BLOCKS = 8
"""Real files have one, seldom two; the bound keeps a hostile one from asking for thousands."""

# Markers with the 0xFF before them.
_SOF = frozenset(range(0xFFC0, 0xFFD0)) - {0xFFC4, 0xFFC8, 0xFFCC}  # DHT, JPG and DAC lie between the frame headers
_ENDS = frozenset({0xFFDA, 0xFFD9})  # SOS: behind it come the pixels; EOI
_END_MARKERS = (b"\xff\xda", b"\xff\xd9")
_APP1 = 0xFFE1
_READ = _SOF | {_APP1}
# Without a length: TEM, RST0 to RST7, SOI, a stuffed 0, and JPEG 2000's range (T.800, table A.1).
_ALONE = frozenset({0xFF00, 0xFF01, *range(0xFF30, 0xFF40), 0xFF4F, *range(0xFFD0, 0xFFD9)})
_SKIPPED = frozenset(range(0xFF00, 0xFFFF)) - _READ - _ENDS - _ALONE

_SEGMENT = struct.Struct(">HH").unpack_from
_FRAME = struct.Struct(">HH").unpack_from
_FILL = b"\xff" * 4096
# Up to 4 stray bytes before the identifier, and its case, are as ExifTool takes them. The byte after `Exif\0` is
# padding that is not always 0.
_EXIF = re.compile(rb".{0,4}Exif\0.", re.DOTALL | re.IGNORECASE)
_TIFF_HEADERS = (b"II*\0", b"MM\0*")


def jpeg_steps(head: bytes, size: int) -> Steps:
    """Dimensions and EXIF of a JPEG of `size` bytes.

    Reads on only while the frame header is missing, or an EXIF segment is cut off: EXIF stands before the frame
    header in all but freak files, so without a trace of it there is nothing to read on for.
    """
    walk = _Walk()
    data = head
    walk.advance(data)
    while walk.wants_more and len(data) < size and walk.position < size:
        limit = next_limit(len(data), walk.position)
        if limit is None:
            break
        end = min(limit, size)
        data += yield ByteRange(len(data), end)
        if len(data) < end:
            size = len(data)
        walk.advance(data)
    return walk.findings(data)


class _Walk:
    """Goes from segment to segment and remembers where it stands, so that more bytes let it go on."""

    __slots__ = ("_blocks", "_cut_exif", "_done", "_frame", "_in_exif", "_steps", "position")

    def __init__(self) -> None:
        self.position = 2
        self._steps = 0
        self._done = False
        self._frame: tuple[int, int] | None = None
        self._blocks: list[list[tuple[int, int]]] = []
        self._in_exif = False
        self._cut_exif: tuple[int, int] | None = None

    @property
    def wants_more(self) -> bool:
        return not self._done and (self._frame is None or self._cut_exif is not None)

    def advance(self, data: bytes) -> None:
        """Walk until the scan begins, the step limit is reached or `data` ends.

        What lies between a segment's end and the next 0xFF is skipped, and so is any number of fill bytes. A length
        below 2, which cannot be, needs no case of its own: it leads into its own two bytes, where no marker is.
        """
        self._cut_exif = None
        position, steps, last = self.position, self._steps, len(data) - 4
        while position <= last:
            marker, length = _SEGMENT(data, position)
            if marker in _SKIPPED and steps < MAX_STEPS:  # as most are, so this comes first
                steps += 1
                position += 2 + length
                self._in_exif = False
                continue
            if marker < 0xFF00 or marker == 0xFFFF:
                at = _next_marker(data, position)
                if at == len(data):
                    break  # more bytes may complete what begins here
                position = at
                continue
            steps += 1
            if marker in _ENDS or steps > MAX_STEPS:
                self._done = True
                break
            if marker in _ALONE:
                position += 2
            elif position + 2 + length <= len(data):
                self._segment(data, marker, position + 4, position + 2 + length)
                position += 2 + length
            else:
                self._segment_cut_off(data, marker, position + 4)
                break
        else:
            at = _next_marker(data, position)
            self._done = data[at : at + 2] in _END_MARKERS
        self.position, self._steps = position, steps

    def _segment(self, data: bytes, marker: int, start: int, end: int) -> None:
        after_exif, self._in_exif = self._in_exif, False
        if marker in _SOF:
            self._read_frame(data, start, end)
        elif marker == _APP1 and (identifier := _EXIF.match(data, start, end)):
            self._in_exif = True
            self._add_exif(data, identifier.end(), end, continues=after_exif)

    def _segment_cut_off(self, data: bytes, marker: int, start: int) -> None:
        """Take what is there of a segment that `data` does not hold whole; read again if more comes."""
        if marker in _SOF:
            self._read_frame(data, start, len(data))
        elif identifier := _EXIF.match(data, start):
            self._cut_exif = identifier.end(), len(data)

    def _read_frame(self, data: bytes, start: int, end: int) -> None:
        if end - start >= 6:  # precision, height, width, number of components
            self._frame = _FRAME(data, start + 1)

    def _add_exif(self, data: bytes, start: int, end: int, *, continues: bool) -> None:
        """EXIF too large for one segment goes on in the next, which then has no TIFF header of its own."""
        if continues and self._blocks and not data.startswith(_TIFF_HEADERS, start):
            self._blocks[-1].append((start, end))
        elif len(self._blocks) < MAX_EXIF_BLOCKS:
            self._blocks.append([(start, end)])

    def findings(self, data: bytes) -> Findings:
        if self._cut_exif:
            self._add_exif(data, *self._cut_exif, continues=self._in_exif)
        height, width = self._frame or (0, 0)
        return Findings(width or None, height or None, [_joined(data, parts) for parts in self._blocks], self._error())

    def _error(self) -> str | None:
        if self._frame:
            return None if all(self._frame) else "the frame header leaves the width or the height open"
        if self._steps > MAX_STEPS:
            return f"no frame header within {MAX_STEPS} segments"
        return "no frame header before the scan" if self._done else "no frame header in the bytes that were read"


def _next_marker(data: bytes, position: int) -> int:
    """Where the next marker's 0xFF stands, the last one of several; the end of `data` when there is none."""
    at = data.find(b"\xff", position) + 1
    if not at or at >= len(data):
        return len(data)
    return at - 1 if data[at] != 0xFF else _behind_fill(data, at) - 1


def _behind_fill(data: bytes, at: int) -> int:
    while data.startswith(_FILL, at):  # by the piece: a hostile file may hold megabytes of fill
        at += len(_FILL)
    piece = data[at : at + len(_FILL)]
    rest = piece.lstrip(b"\xff")
    return at + len(piece) - len(rest) if rest else len(data) + 1


def _joined(data: bytes, parts: list[tuple[int, int]]) -> ExifBlock:
    if len(parts) == 1:
        return ExifBlock(data, *parts[0])
    joined = b"".join(data[start:end] for start, end in parts)
    return ExifBlock(joined, 0, len(joined))
