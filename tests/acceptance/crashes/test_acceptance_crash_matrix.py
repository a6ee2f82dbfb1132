"""The crash matrix's short run: `make crash-test` has the long one, docs/crashes.md what both do."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crash.killers import AT_RANDOM
from crash.points import POINTS
from crash.run import Plan, run
from crash.table import table, totals
from photodock.embedded.rabbitmq import PROGRAM
from support.packages import require

CHOSEN = {
    "confirm-begun",
    "confirm-read",
    "confirm-committed",
    "delete-committed",
    "report-committed",
    "relay-leased",
    "relay-published",
    "sweep-read",
    "deletion-object-gone",
    "renditions-half",
}
SERVERS = ("postgresql", "rabbitmq", "seaweedfs")
PHOTOS = 100
SEED = 4711


@pytest.fixture
def quiet_broker_library() -> Iterator[None]:
    """A killed broker is an error in its eyes, with a traceback each time."""
    loggers = [logging.getLogger(name) for name in ("aio_pika", "aiormq")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("quiet_broker_library")
async def test_no_photo_is_lost_whatever_is_killed_at_whichever_point(tmp_path: Path) -> None:
    require("rabbitmq-server", PROGRAM)
    points = [point for point in POINTS if point.name in CHOSEN]
    plan = Plan(photos=PHOTOS, points=points, processes=0, pause=2.0, seed=SEED, deadline_seconds=500)
    outcome = await run(tmp_path, plan, sys.stdout.write)
    sys.stdout.write(f"\n{table(outcome)}\n\n{totals(outcome)}\n")

    assert outcome.violations == []
    assert {(kill.victim, kill.point) for kill in outcome.kills} == {
        *((point.process, point.name) for point in points),
        *((server, AT_RANDOM) for server in SERVERS),
    }
    assert len(outcome.ledger.uploads) >= PHOTOS
