"""The servers that are measured, each pinned to a processor of its own."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from photodock.embedded.ports import free_port

SERVER_CPU, LOAD_CPU = "0", "1"
START_SECONDS = 60

UVICORN = ("-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
COMMANDS = {
    "floor": (*UVICORN, "--factory", "bench.floor:create", "--port"),
    "baseline": (*UVICORN, "bench.baseline:app", "--port"),
    "photodock": ("-m", "photodock", "serve", "--port"),
}


@dataclass(frozen=True)
class Running:
    port: int
    pid: int
    start_seconds: float

    def rss_mb(self) -> float:
        """Of the largest process of the server: the one that answers."""
        family = [self.pid, *children(self.pid)]
        sizes = (re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in family)
        return max(int(size[1]) for size in sizes if size) / 1024


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


@contextmanager
def running(name: str, environment: Mapping[str, str], log_file: Path) -> Iterator[Running]:
    """Yields when the server has answered for the first time, with whatever status. Logging is part of its work."""
    port = free_port()
    command = ["taskset", "-c", SERVER_CPU, sys.executable, *COMMANDS[name], str(port)]
    began = time.monotonic()
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    process = subprocess.Popen(  # noqa: S603 - our own commands
        command, env=os.environ | environment, stdout=log, stderr=log
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() - began > START_SECONDS:
                raise SystemExit(f"{name} does not start:\n{log_file.read_text()[-2000:]}")
            time.sleep(0.01)
        yield Running(port, process.pid, time.monotonic() - began)
    finally:
        process.terminate()
        process.wait(20)
        os.close(log)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, OSError):
        return False
