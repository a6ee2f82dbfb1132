"""The processes that are measured, each pinned to a processor of its own, and what they cost."""

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

from bench.void import Void
from photodock.embedded.ports import free_port

_ALLOWED = sorted(os.sched_getaffinity(0))
SERVER_CPU, LOAD_CPU = str(_ALLOWED[0]), str(_ALLOWED[-1])
"""Of those that this process may use: in a container they may be any."""
START_SECONDS = 120
STOP_SECONDS = 60
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

UVICORN = ("-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
COMMANDS = {
    "floor": (*UVICORN, "--factory", "bench.floor:create", "--port"),
    "baseline": (*UVICORN, "bench.baseline:app", "--port"),
    "photodock": ("-m", "photodock", "serve", "--port"),
}


@dataclass(frozen=True)
class Measured:
    """A process with its children."""

    pid: int

    def family(self) -> list[int]:
        return [self.pid, *children(self.pid)]

    def rss_mb(self) -> float:
        """Of the largest process of the server: the one that answers."""
        sizes = (re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in self.family())
        return max(int(size[1]) for size in sizes if size) / 1024

    def cpu_seconds(self) -> dict[int, float]:
        """User and system time so far, of each process."""
        return {pid: cpu_seconds(pid) for pid in self.family()}


@dataclass(frozen=True)
class Running(Measured):
    """A server that answers."""

    port: int
    start_seconds: float


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def cpu_seconds(pid: int) -> float:
    """All threads', in the kernel's ticks of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


@contextmanager
def running(
    name: str, environment: Mapping[str, str], log_file: Path, *options: str, processor: str = SERVER_CPU
) -> Iterator[Running]:
    """Yields when the server has answered for the first time, with whatever status. Logging is part of its work."""
    port = free_port()
    began = time.monotonic()
    with started([*COMMANDS[name], str(port), *options], environment, log_file, processor) as process:
        while not answers(port):
            if process.poll() is not None or time.monotonic() - began > START_SECONDS:
                raise Void(f"{name} does not start:\n{log_file.read_text()[-2000:]}")
            time.sleep(0.01)
        yield Running(process.pid, port, time.monotonic() - began)


@contextmanager
def started(
    arguments: list[str], environment: Mapping[str, str], log_file: Path, processor: str = SERVER_CPU
) -> Iterator[subprocess.Popen[bytes]]:
    """Python with these arguments, ended with the block."""
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    command = ["taskset", "-c", processor, sys.executable, *arguments]
    process = subprocess.Popen(  # noqa: S603 - our own commands
        command,
        env=os.environ | environment,
        stdout=log,
        stderr=log,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        finally:
            process.kill()
            process.wait()
            os.close(log)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, OSError):
        return False
