"""From the paths that were typed to the files that are sent."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from photodock.client.sources import MIME_TYPES, UNKNOWN_TYPE


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`label` is what the user sees: the path within the folder that was named. `size` in bytes, as first seen."""

    path: Path
    label: str
    size: int

    @property
    def mime_type(self) -> str:
        return MIME_TYPES.get(_extension(self.path), UNKNOWN_TYPE)


def expand(paths: Iterable[Path]) -> list[SourceFile]:
    """The files to send: a file as it was named, always; a folder's images, recursively and sorted, without hidden
    ones and without following links to folders. Each file once, however often it was named.

    Images that photodock refuses are sent too, so that the refusal is seen and none is passed over in silence."""
    found: dict[str, SourceFile] = {}
    for path in paths:
        for source in _folder(path) if path.is_dir() else [_source(path, path.name)]:
            found.setdefault(os.path.abspath(source.path), source)
    return list(found.values())


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
