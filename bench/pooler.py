"""photodock through pgbouncer in transaction mode, against the way straight to PostgreSQL."""

from pathlib import Path

from bench.backends import Backends
from bench.http import Runs


def measure(runs: Runs, behind: Backends, callers: Path, *, rounds: int, seconds: float) -> None:
    return None
