"""`make crash-test`: the long run, with its table."""

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

from crash.run import Plan, run
from crash.table import table, totals


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def quieten_broker_library() -> None:
    """A killed broker is an error in its eyes; it leaves tasks and coroutines behind that nobody awaits."""
    for library in ("aio_pika", "aiormq", "asyncio"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", "coroutine 'Connection.close' was never awaited")


def main() -> int:
    """Exit status 1 when anything was violated; the logs of all processes then stay."""
    parser = argparse.ArgumentParser(prog="make crash-test", description=main.__doc__)
    parser.add_argument("--photos", type=int, default=1000, help="at least so many")
    parser.add_argument("--rounds", type=int, default=3, help="how often each point is reached")
    parser.add_argument("--servers", type=int, default=6, help="kills of each server at random")
    parser.add_argument("--processes", type=int, default=4, help="kills of serve and of worker at random")
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between two photos of a client, on average")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    given = vars(parser.parse_args())
    quieten_broker_library()
    folder = Path(tempfile.mkdtemp(prefix="photodock-crash-"))
    say(f"logs in {folder}")
    outcome = asyncio.run(run(folder, Plan(**given), say))
    say(f"\n{table(outcome)}\n\n{totals(outcome)}\n")
    for violation in outcome.violations:
        say(f"VIOLATION {violation.rule}: {violation.subject}: {violation.detail}")
    if outcome.violations:
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
