"""Folders and secrets in the data directory."""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from photodock.embedded.errors import EmbeddedError

DISK_FULL = "The disk that holds {place} is full; free some space there and start again."

NO_SPACE = os.strerror(errno.ENOSPC)
"""How a program's log says so."""

_NEEDED_BYTES = 256 * 1024 * 1024
"""An empty PostgreSQL takes 40 MB, and each server goes on writing."""


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """Turns an `OSError` at `place` into an `EmbeddedError`."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise EmbeddedError(DISK_FULL.format(place=place)) from error
        raise EmbeddedError(f"Cannot use {error.filename or place}: {error.strerror or error}.") from error


def private_folder(path: Path) -> Path:
    """Makes the folder and its parents, the new ones for their owner alone."""
    with explained(path):
        for folder in (*reversed(path.parents), path):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
    return path


def require_space(folder: Path) -> None:
    """Raises `EmbeddedError` where the servers would soon fail for want of space, each in its own words."""
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise EmbeddedError(
            f"The disk that holds {folder} is almost full ({free >> 20} MB are left, {_NEEDED_BYTES >> 20} MB are "
            "needed); free some space there and start again."
        )


def write_private(path: Path, text: str) -> None:
    """Writes the file atomically, mode 600: a reader sees all of it or nothing."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with explained(path):
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def kept_secret(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> str:
    """The secret in the file; made, and kept with mode 600, at the first call."""
    with explained(path):
        if path.exists():
            return path.read_text(encoding="utf-8").strip()
    secret = make()
    private_folder(path.parent)
    write_private(path, secret + "\n")
    return secret
