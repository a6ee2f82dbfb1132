"""A place for files of which thousands come and go."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of our own in it)
MUCH = 6 * 1024**3
"""Bytes that must be free there: the databases of one process's tests take up to a few hundred million."""
PREFIX = "photodock-tests-"


@contextmanager
def quick_folder(otherwise: Path) -> Iterator[Path]:
    """In memory where there is plenty of it, since a fresh database takes a third of the time there; else `otherwise`.

    What a killed run left in memory goes first.
    """
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MUCH:
        yield otherwise
        return
    folder = MEMORY / f"{PREFIX}{os.getpid()}"
    for left in MEMORY.glob(f"{PREFIX}*"):
        # Numbers of processes come again: in a container soon.
        if left == folder or not Path("/proc", left.name.removeprefix(PREFIX)).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
