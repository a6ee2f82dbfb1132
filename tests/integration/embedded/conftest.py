"""Fixtures of the embedded system's own tests: each test starts its servers anew."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest


def _eventually(condition: Callable[[], bool], seconds: float = 40.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def eventually() -> Callable[..., bool]:
    """Whether the condition comes true before the deadline."""
    return _eventually


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process of that pid runs (a zombie does not)."""

    def look(pid: int) -> bool:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    return look
