"""wrk, and what it says."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import LOAD_CPU
from bench.void import Void

HERE = Path(__file__).parent


def warm_up(seconds: float) -> float:
    """How long a server is warmed up for a run of that length."""
    return min(2.0, max(1.0, seconds // 2))  # wrk takes whole seconds


@dataclass(frozen=True)
class Load:
    """One run. Times in milliseconds; `errors` counts answers other than 2xx and 3xx, and lost connections."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: int
    bytes: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def bytes_each(self) -> float:
        return self.bytes / self.requests


def load(
    port: int, call: str, callers: Path, *, seconds: float, connections: int = 32, per_second: float | None = None
) -> Load:
    """As much as the server takes, or about `per_second`. Any error voids the whole: raises Void."""
    pause = connections / per_second * 1000 if per_second else 0
    command = ["taskset", "-c", LOAD_CPU, "wrk", "-t1", "--timeout", "10s", f"-c{connections}", f"-d{seconds:g}s"]
    environment = os.environ | {
        "BENCH_CALL": call,
        "BENCH_CALLERS": str(callers),
        "BENCH_PAUSE_MS": f"{pause:g}",
    }
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "-s", str(HERE / "load.lua"), f"http://127.0.0.1:{port}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 60,
    )
    if done.returncode:
        raise Void(f"wrk ended with status {done.returncode}: {done.stderr[-1000:]}")
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    found = Load(**json.loads(line.removeprefix("RESULT ")))
    if found.errors or not found.requests:
        raise Void(f"{found.errors} of {found.requests} requests to {call} failed.")
    return found
