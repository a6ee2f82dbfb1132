"""`make bench`: floor, baseline and photodock in turns, and what they have to each other."""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import parts
from bench.contenders import LOAD_CPU, running
from bench.load import load
from bench.tenants import settle
from photodock.embedded.postgres import PostgresServer

HERE = Path(__file__).parent
SECRET = "for-the-benchmark-alone-0123456789abcdef"  # noqa: S105 - of a database that lives for minutes
WARM_UP_SECONDS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="Of one run of load.")
    options = parser.parse_args()
    for program in ("wrk", "taskset"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is missing. On Debian: sudo apt-get install wrk util-linux")
    # Load, database and this program share one processor; the server has the other for itself.
    os.sched_setaffinity(0, {int(LOAD_CPU)})
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - PostgreSQL runs as another user when this is root
        with PostgresServer(Path(folder) / "postgresql", Path(folder) / "logs") as database:
            callers = Path(folder) / "callers.txt"
            callers.write_text("\n".join(asyncio.run(settle(database.database_url, SECRET))) + "\n")
            found = measure(database.database_url, callers, options)
    found |= parts.measure()
    show(found)
    file = HERE / "results" / f"{datetime.now(UTC):%Y-%m-%d}.json"
    file.write_text(json.dumps(found, indent=2) + "\n")


def environment(database_url: str) -> dict[str, str]:
    return {
        "PHOTODOCK_DATABASE_URL": database_url,
        "PHOTODOCK_JWT_SECRET": SECRET,
        "PHOTODOCK_S3_ENDPOINT_URL": "http://127.0.0.1:9",  # signing makes no request
        "PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "100000000",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench-secret",
    }


def measure(database_url: str, callers: Path, options: argparse.Namespace) -> dict[str, Any]:
    runs: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        for name, calls in CALLS.items():
            with running(name, environment(database_url), callers.with_name(f"{name}.log")) as server:
                note(runs, f"{name}.start_seconds", server.start_seconds)
                for call in calls:
                    connections = 4 if call == "hundred" else 32
                    load(server.port, call, callers, seconds=WARM_UP_SECONDS, connections=connections)
                    full = load(server.port, call, callers, seconds=options.seconds, connections=connections)
                    note(runs, f"{name}.{call}.per_second", full.per_second)
                    note(runs, f"{name}.{call}.p99_ms", full.p99_ms)
                    if call == "one":
                        half = load(server.port, call, callers, seconds=options.seconds, per_second=full.per_second / 2)
                        note(runs, f"{name}.half.per_second", half.per_second)
                        note(runs, f"{name}.half.p50_ms", half.p50_ms)
                        note(runs, f"{name}.half.p99_ms", half.p99_ms)
                note(runs, f"{name}.rss_mb", server.rss_mb())
    return {name: statistics.median(values) for name, values in runs.items()} | {"runs": runs}


CALLS = {"floor": ("one", "get"), "baseline": ("one",), "photodock": ("one", "get", "hundred")}


def note(runs: dict[str, list[float]], name: str, value: float) -> None:
    runs.setdefault(name, []).append(round(value, 3))


def show(found: dict[str, Any]) -> None:
    one = {name: found[f"{name}.one.per_second"] for name in CALLS}
    rows = [
        ("upload-url, requests/s against the floor", one["photodock"] / one["floor"], ">= 0.70"),
        ("upload-url, requests/s against the baseline", one["photodock"] / one["baseline"], ">= 20"),
        ("upload-url, p99 at half the rate, ms", found["photodock.half.p99_ms"], "<= 10"),
        (
            "upload-url, p99 at half the rate against the floor's",
            found["photodock.half.p99_ms"] / found["floor.half.p99_ms"],
            "<= 2",
        ),
        (
            "upload-urls with 100 items, URLs/s against single calls",
            100 * found["photodock.hundred.per_second"] / one["photodock"],
            ">= 8",
        ),
        (
            "GET photo, requests/s against a bare SELECT",
            found["photodock.get.per_second"] / found["floor.get.per_second"],
            ">= 0.70",
        ),
        ("presigned PUT against botocore's", found["presign_ratio"], ">= 25"),
        ("cold start to the first 200, s", found["photodock.start_seconds"], "<= 1.5"),
        ("RSS of one process, MB", found["photodock.rss_mb"], "<= 120"),
    ]
    print(f"{'requests/s:':14}" + "   ".join(f"{name} {value:,.0f}" for name, value in one.items()))
    for what, value, bar in rows:
        print(f"{what:58} {value:9.2f}   {bar}")


if __name__ == "__main__":
    main()
