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

# What is said of a file without dimensions.
_NOT_YET = "no frame header in the bytes that were read"
_NEVER = "no frame header before the scan"
_TOO_FAR = f"no frame header within {MAX_STEPS} segments"
_OPEN = "the frame header leaves the width or the height open"


def parse_jpeg(head: bytes, size: int) -> Findings | Steps:
    """Dimensions and EXIF of a JPEG of `size` bytes.

    Reads on only while the frame header is missing, or an EXIF segment is cut off: EXIF stands before the frame
    header in all but freak files, so without a trace of it there is nothing to read on for.
    """
    findings, wanted = _walk(head)
    return _read_on(head, size, findings, wanted) if wanted else findings


def _read_on(head: bytes, size: int, findings: Findings, wanted: int) -> Steps:
    data = head
    while wanted and len(data) < size and wanted < size:
        limit = next_limit(len(data), wanted)
        if limit is None:
            break
        end = min(limit, size)
        data += yield ByteRange(len(data), end)
        if len(data) < end:
            size = len(data)
        findings, wanted = _walk(data)  # from the first segment again, which takes no more than milliseconds
    return findings


def _walk(data: bytes) -> tuple[Findings, int]:
    """Go from segment to segment until the scan begins, the step limit is reached or `data` ends.

    Gives the byte to read on from as well, 0 when nothing more is wanted. What lies between a segment's end and the
    next 0xFF is skipped, and so is any number of fill bytes. A length below 2, which cannot be, needs no case of its
    own: it leads into its own two bytes, where no marker is.
    """
    frame: tuple[int, int] | None = None
    blocks: list[ExifBlock] = []
    rests: list[tuple[int, bytes]] = []  # of blocks too large for one segment: the block's number, and what follows
    exif_end = 0  # of the last EXIF segment, moved along by what may stand before the next segment
    is_cut_off, without_frame = False, _NOT_YET
    position = 2
    for _ in range(MAX_STEPS):
        try:
            marker, length = _SEGMENT(data, position)
        except struct.error:  # fewer than four bytes are left
            without_frame = _NEVER if _ends(data, position) else _NOT_YET
            break
        if marker in _SKIPPED:  # as most are, so this comes first
            position += 2 + length
            continue
        start, end = position + 4, position + 2 + length
        if marker == _APP1:
            if identifier := _EXIF.match(data, start, end):
                tiff, tiff_end = identifier.end(), end if end < len(data) else len(data)
                if position == exif_end and not data.startswith(_TIFF_HEADERS, tiff):
                    rests.append((len(blocks) - 1, data[tiff:tiff_end]))
                elif len(blocks) < MAX_EXIF_BLOCKS:
                    blocks.append((data, tiff, tiff_end))
                exif_end, is_cut_off = end, end > len(data)
        elif marker in _SOF:
            # Behind the precision; the number of components has to be there too.
            frame = _FRAME(data, start + 1) if start + 6 <= end and start + 6 <= len(data) else frame
        elif marker in _ENDS:
            without_frame = _NEVER
            break
        else:
            end = position + 2 if marker in _ALONE else _next_marker(data, position)
            exif_end = end if position == exif_end else exif_end
        if end > len(data):
            break
        position = end
    else:
        without_frame = _TOO_FAR
    wanted = position if without_frame is _NOT_YET and (is_cut_off or not frame) else 0
    height, width = frame or (0, 0)
    error = without_frame if not frame else None if height and width else _OPEN
    return (width or None, height or None, _joined(blocks, rests) if rests else blocks, error), wanted


def _ends(data: bytes, position: int) -> bool:
    at = _next_marker(data, position)
    return data[at : at + 2] in _END_MARKERS


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


def _joined(blocks: list[ExifBlock], rests: list[tuple[int, bytes]]) -> list[ExifBlock]:
    parts = [[data[start:end]] for data, start, end in blocks]
    for number, rest in rests:
        parts[number].append(rest)
    return [(whole, 0, len(whole)) for whole in map(b"".join, parts)]
