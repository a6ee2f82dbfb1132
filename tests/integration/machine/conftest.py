"""One database for all examples."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from machine.bench import Bench, RunMachine, opened_bench
from machine.rules import make_machine

EXAMPLES = int(os.environ.get("PHOTODOCK_TEST_MACHINE_EXAMPLES", "0"))
"""0: the same forty each time. Any other number: that many new ones, for a long search."""

SETTINGS = settings(
    max_examples=EXAMPLES or 40,
    stateful_step_count=40,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    print_blob=bool(EXAMPLES),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def run_machine(database_url: str) -> RunMachine:
    """Runs the machine; fails with the shortest steps that break one of its promises."""

    def run(**changes: Any) -> Bench:
        with opened_bench(database_url) as bench:
            run_state_machine_as_test(make_machine(bench), settings=settings(SETTINGS, **changes))
        return bench

    return run
