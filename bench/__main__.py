"""`make bench`: floor, baseline and photodock in turns, and what they have to each other."""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import tempfile
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import backends, growth, handover, http, parts, pooler, processes, s3_requests, streams, table, worker
from bench.contenders import LOAD_CPU
from bench.tenants import settle
from bench.void import Void

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Size:
    """How long, how often and how much is measured."""

    rounds: int
    seconds: float
    memory_requests: int
    worker_photos: int
    handover_photos: int
    stream_changes: int
    tries: int = 1
    """How often a part is measured at the most, until it is not void."""


FULL = Size(rounds=3, seconds=10, memory_requests=100_000, worker_photos=1_500, handover_photos=200, stream_changes=500)
SHORT = Size(
    rounds=1, seconds=1, memory_requests=2_000, worker_photos=100, handover_photos=10, stream_changes=20, tries=3
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="A minute in all, for the ratios alone; a void part is measured again."
    )
    parser.add_argument("--growth", action="store_true", help="Ten million rows against ten thousand.")
    parser.add_argument("--rows", type=int, default=growth.SIZES["large"], help="In the place of ten million.")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="Of one run of load.")
    parser.add_argument("--only", choices=sorted(PARTS), help="One part of it.")
    options = parser.parse_args()
    size = SHORT if options.short else FULL
    size = Size(**vars(size) | {name: getattr(options, name) or vars(size)[name] for name in ("rounds", "seconds")})
    # A server's last words may still be written while it is removed.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if options.growth:
            found = growth.measure(Path(folder), large=options.rows)
        else:
            require_programs()
            # Load, database and this program share one processor; what is measured has the other for itself.
            os.sched_setaffinity(0, {int(LOAD_CPU)})
            parts_of_it = [name for name in PARTS if not (options.short and name in LEFT_OUT_OF_SHORT)]
            found = measure(Path(folder), size, [options.only] if options.only else parts_of_it)
    shown = table.rows(found)
    print(*table.lines(shown), sep="\n")
    if not (options.short or options.only or options.rows != growth.SIZES["large"]):
        keep(found | {"table": shown}, "-growth" if options.growth else "")


def require_programs() -> None:
    for program in ("wrk", "taskset"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is missing: run tests/support/install.sh wrk util-linux as root.")


def keep(found: dict[str, Any], kind: str) -> None:
    file = HERE / "results" / f"{datetime.now(UTC):%Y-%m-%d}{kind}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(found, indent=2) + "\n")


class Bench:
    """The servers, and each part of what is measured on them."""

    def __init__(self, folder: Path, size: Size, behind: backends.Backends) -> None:
        self.size = size
        self.behind = behind
        self.environment = backends.environment(behind.database.database_url)
        self.runs: http.Runs = {}
        self.facts: dict[str, float] = {}
        self.callers = folder / "callers.txt"
        *lines, self.patient_caller = asyncio.run(settle(behind.database.database_url, backends.SECRET))
        self.callers.write_text("\n".join(lines) + "\n")

    def found(self) -> dict[str, Any]:
        medians = {name: statistics.median(values) for name, values in self.runs.items()}
        return medians | self.facts | {"runs": self.runs}

    def http(self) -> None:
        http.measure(self.runs, self.environment, self.callers, rounds=self.size.rounds, seconds=self.size.seconds)

    def pooler(self) -> None:
        pooler.measure(self.runs, self.behind, self.callers, rounds=self.size.rounds, seconds=self.size.seconds)

    def processes(self) -> None:
        size = self.size
        processes.measure_two(self.runs, self.environment, self.callers, rounds=size.rounds, seconds=size.seconds)

    def limit(self) -> None:
        self.facts |= processes.measure_limit(self.environment, self.patient_caller, self.behind.folder)

    def memory(self) -> None:
        size = self.size
        self.facts |= processes.measure_memory(
            self.environment, self.callers, requests=size.memory_requests, seconds=min(5, size.seconds)
        )

    def handover(self) -> None:
        self.facts |= handover.measure(self.behind, self.callers, photos=self.size.handover_photos)

    def s3_requests(self) -> None:
        self.facts |= s3_requests.measure(self.behind)

    def streams(self) -> None:
        size = self.size
        self.facts |= streams.measure(self.environment, self.behind.folder, changes=size.stream_changes)

    def worker(self) -> None:
        self.runs |= worker.measure(self.behind, photos=self.size.worker_photos, rounds=self.size.rounds)

    def parts(self) -> None:
        self.facts |= parts.measure()


# The worker's last: it empties the tables.
PARTS = {
    part.__name__: part
    for part in (
        *(Bench.http, Bench.pooler, Bench.processes, Bench.limit, Bench.memory),
        *(Bench.parts, Bench.handover, Bench.s3_requests, Bench.streams, Bench.worker),
    )
}


LEFT_OUT_OF_SHORT = ("pooler",)
"""It has no bar."""


def measure(folder: Path, size: Size, wanted: list[str]) -> dict[str, Any]:
    with ExitStack() as stack:
        database = stack.enter_context(backends.opened_database(folder))
        behind = stack.enter_context(backends.opened(folder, database))
        bench = Bench(folder, size, behind)
        for name in wanted:
            print(f"{datetime.now(UTC):%H:%M:%S} {name}", flush=True)
            tried(PARTS[name], bench)
        return bench.found()


def tried(part: Callable[[Bench], None], bench: Bench) -> None:
    """Measures the part; where that fails, anew, as often as `tries` says: on a machine that others use as well, a
    moment's standstill fails a request. Nothing of a void try is kept. Raises SystemExit when all of them were."""
    for _ in range(bench.size.tries):
        before = deepcopy(bench.runs), dict(bench.facts)
        try:
            part(bench)
        except Void as void:
            reason = str(void)
        except Exception:
            reason = traceback.format_exc()
        else:
            return
        bench.runs, bench.facts = before
        print(f"  void: {reason}", flush=True)
    raise SystemExit(f"Void: {part.__name__}")


if __name__ == "__main__":
    main()
