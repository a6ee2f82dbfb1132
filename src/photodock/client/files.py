"""From the paths that were typed to the files that are sent, and reading those."""

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from photodock.client.failures import Refused

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
"""What a folder is searched for. Types that the server refuses are sent too, so that the refusal is seen and no photo
is passed over in silence."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`label` is what the user sees: the path within the folder that was named. `size` in bytes, as first seen."""

    path: Path
    label: str
    size: int

    @property
    def mime_type(self) -> str:
        return MIME_TYPES.get(_extension(self.path), "application/octet-stream")

    @property
    def file_name(self) -> str:
        """The last part of the path; bytes of it that are no UTF-8 become U+FFFD, because JSON cannot carry them."""
        return os.fsencode(self.path.name).decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class Content:
    """`size` in bytes; `checksum_sha256` in base64."""

    size: int
    checksum_sha256: str


def expand(paths: Iterable[Path]) -> list[SourceFile]:
    """The files to send: a file as it was named, always; a folder's images, recursively and sorted, without hidden
    ones and without following links to folders. Each file once, however often it was named."""
    found: dict[str, SourceFile] = {}
    for path in paths:
        for source in _folder(path) if path.is_dir() else [_source(path, path.name)]:
            found.setdefault(os.path.abspath(source.path), source)
    return list(found.values())


def read_content(path: Path) -> Content:
    """Size and checksum, from one pass over the file. Raises Refused when it cannot be read."""
    if not path.exists():
        raise Refused("file_not_found", "There is no such file.")
    if not path.is_file():
        # Opening a pipe or a device could block for ever.
        raise Refused("file_unreadable", "It is not a regular file.")
    try:
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").digest()
            return Content(opened.tell(), base64.b64encode(digest).decode())
    except OSError as error:
        raise unreadable(error) from error


def unreadable(error: OSError) -> Refused:
    return Refused("file_unreadable", f"The file cannot be read: {error.strerror or error}.")


def _folder(folder: Path) -> Iterator[SourceFile]:
    closed: list[Path] = []

    def refused(error: OSError) -> None:
        closed.append(Path(os.fsdecode(error.filename)))

    for parent, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and _extension(path) in MIME_TYPES:
                yield _source(path, str(path.relative_to(folder)))
    # A folder that cannot be listed fails visibly, like a file that cannot be read.
    yield from (_source(path, str(path)) for path in closed)


def _source(path: Path, label: str) -> SourceFile:
    try:
        size = path.stat().st_size if path.is_file() else 0
    except OSError:
        size = 0
    return SourceFile(path, label, size)


def _extension(path: Path) -> str:
    return path.suffix[1:].lower()
