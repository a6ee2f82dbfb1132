"""Children of this process are counted, and what they leave behind."""

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest


def descriptors() -> set[tuple[str, str]]:
    """This process's open files, by number and by what they are."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one by which the folder itself is read
            found.add((entry.name, os.readlink(entry)))
    return found


def children() -> set[str]:
    """Of this process, from all its threads, the dead ones that nobody waited for included."""
    found: set[str] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ends just now has none
            found.update(file.read_text().split())
    return found


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """Asynchronous, because the event loop has descriptors of its own."""
    before = descriptors(), children()
    yield
    assert descriptors() - before[0] == set()
    assert children() - before[1] == set()
