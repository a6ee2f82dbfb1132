"""Children of this process are counted, and what they leave behind."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest


def descriptors() -> set[tuple[str, str]]:
    """This process's open files, by number and by what they are."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.add((entry.name, os.readlink(entry)))
        except FileNotFoundError:  # the one by which the folder itself is read
            continue
    return found


def children() -> set[str]:
    """Of this process, from all its threads, the dead ones that nobody waited for included."""
    return {pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """Asynchronous, because the event loop has descriptors of its own."""
    before = descriptors(), children()
    yield
    assert descriptors() - before[0] == set()
    assert children() - before[1] == set()
