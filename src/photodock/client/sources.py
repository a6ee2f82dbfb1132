"""What is uploaded: a path, bytes or an open file, read once for its size and checksum and once for each attempt."""

import base64
import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeAlias

from photodock.client.errors import FileError
from photodock.client.steps import CHUNK, Reader

Uploadable: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
"""A path as text or `Path`, the bytes themselves, or a file opened in binary mode, from where it stands."""

MIME_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "heic": "image/heic",
    "heif": "image/heif",
    "webp": "image/webp",
    "avif": "image/avif",
    "gif": "image/gif",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "dng": "image/x-adobe-dng",
}
"""Types by the file's extension. Those that photodock refuses are declared as what they are, so that it can say so."""

_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Source:
    """`open` gives the content from a place in it on, as often as it is called. `checksum_sha256` in base64."""

    open: Callable[[int], Reader]
    close: Callable[[], None]
    size: int
    checksum_sha256: str
    file_name: str
    mime_type: str


def read_source(given: Uploadable, file_name: str | None, mime_type: str | None) -> Source:
    """Reads all of it once. Raises FileError; ValueError for content without a name."""
    if isinstance(given, bytes):
        opened: BinaryIO = io.BytesIO(given)
        return _from_open(opened, _named(file_name), mime_type)
    if isinstance(given, str | os.PathLike):
        return _from_path(Path(given), file_name, mime_type)
    return _from_open(given, _named(file_name or getattr(given, "name", None)), mime_type)


def type_of(file_name: str, head: bytes) -> str:
    """The MIME type by the name's extension, else by the first bytes of a JPEG or PNG."""
    known = MIME_TYPES.get(Path(file_name).suffix[1:].lower())
    return known or next((kind for start, kind in _SIGNATURES.items() if head.startswith(start)), UNKNOWN_TYPE)


def unreadable(error: OSError) -> FileError:
    return FileError("file_unreadable", f"The file cannot be read: {error.strerror or error}.")


def _named(name: object) -> str:
    if not isinstance(name, str | bytes) or not name:
        raise ValueError("bytes and files without a name need a file_name")
    return _last_part(os.fsdecode(name))


def _last_part(path: str) -> str:
    """What is no UTF-8 becomes U+FFFD, because JSON cannot carry it."""
    return os.fsencode(os.path.basename(path)).decode("utf-8", errors="replace")


def _from_path(path: Path, file_name: str | None, mime_type: str | None) -> Source:
    if not path.exists():
        raise FileError("file_not_found", "There is no such file.")
    if not path.is_file():
        # Opening a pipe or a device could block for ever.
        raise FileError("file_unreadable", "It is not a regular file.")
    name = file_name or _last_part(str(path))
    try:
        with path.open("rb") as opened:
            kind = mime_type or type_of(name, opened.read(8))
            opened.seek(0)
            digest = hashlib.file_digest(opened, "sha256").digest()
            size = opened.tell()
    except OSError as error:
        raise unreadable(error) from error
    return Source(partial(_opened_at, path), lambda: None, size, base64.b64encode(digest).decode(), name, kind)


def _from_open(given: BinaryIO, name: str, mime_type: str | None) -> Source:
    """A file of the caller's: it is never closed here. What cannot be read twice is copied to a temporary file."""
    stack = ExitStack()
    own: BinaryIO | None = None
    if not given.seekable():
        own = stack.enter_context(_temporary())
    start = given.tell() if own is None else 0
    digest, size, head = hashlib.sha256(), 0, b""
    while chunk := given.read(CHUNK):
        if not isinstance(chunk, bytes):
            raise FileError("file_unreadable", "The file must be opened in binary mode.")
        head = head or chunk[:8]
        digest.update(chunk)
        size += len(chunk)
        if own is not None:
            own.write(chunk)
    kept: BinaryIO = given if own is None else own
    return Source(
        open=lambda offset: _Borrowed(kept, start + offset),
        close=stack.close,
        size=size,
        checksum_sha256=base64.b64encode(digest.digest()).decode(),
        file_name=name,
        mime_type=mime_type or type_of(name, head),
    )


def _opened_at(path: Path, offset: int) -> Reader:
    opened = path.open("rb")
    opened.seek(offset)
    return opened


@contextmanager
def _temporary() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as opened:
        yield opened


class _Borrowed:
    """An open file from a place in it on, left open."""

    def __init__(self, opened: BinaryIO, start: int) -> None:
        opened.seek(start)
        self.read = opened.read

    def close(self) -> None:
        pass
