"""photodock through pgbouncer in transaction mode, against the way straight to PostgreSQL."""

from pathlib import Path

from bench.backends import Backends, environment
from bench.contenders import running
from bench.http import Runs, introduce, note
from bench.load import load, warm_up
from photodock.embedded.pgbouncer import PROGRAM, PoolerServer


def measure(runs: Runs, behind: Backends, callers: Path, *, rounds: int, seconds: float) -> None:
    """In turns; nothing where pgbouncer is not installed."""
    if not PROGRAM.exists():
        print("  without pgbouncer: run tests/support/install.sh pgbouncer as root")
        return
    direct = behind.database.database_url
    with PoolerServer(behind.folder / "pgbouncer", behind.folder / "logs", direct) as pooler:
        ways = {
            "direct": environment(direct),
            "pooled": environment(pooler.database_url) | {"PHOTODOCK_DATABASE_POOLER": "transaction"},
        }
        for _ in range(rounds):
            for name, settings in ways.items():
                with running("photodock", settings, callers.with_name(f"{name}.log")) as server:
                    introduce(server.port, callers)
                    load(server.port, "one", callers, seconds=warm_up(seconds))
                    before = sum(server.cpu_seconds().values())
                    found = load(server.port, "one", callers, seconds=seconds)
                    spent = sum(server.cpu_seconds().values()) - before
                    note(runs, f"{name}.per_second", found.per_second)
                    note(runs, f"{name}.p99_ms", found.p99_ms)
                    note(runs, f"{name}.cpu_us", spent / found.requests * 1e6)
