"""All figures as Prometheus reads them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from photodock import __version__
from photodock.metrics.definitions import BUILD, DATABASE_UP, OUTBOX_AGE, OUTBOX_JOBS, REGISTRY

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The client library's own name for the folder in which processes keep their figures."""


@dataclass(frozen=True, slots=True)
class Outbox:
    waiting: int
    parked: int
    oldest_age: timedelta


class _Moment(Collector):
    """What is true at this moment, whichever process is asked."""

    def __init__(self, *, asks_database: bool, outbox: Outbox | None) -> None:
        self._asks_database = asks_database
        self._outbox = outbox

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily(BUILD, "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        if self._asks_database:
            yield GaugeMetricFamily(DATABASE_UP, "Whether the database answered.", value=int(self._outbox is not None))
        if self._outbox:
            jobs = GaugeMetricFamily(OUTBOX_JOBS, "Jobs in the outbox.", labels=["state"])
            jobs.add_metric(["waiting"], self._outbox.waiting)
            jobs.add_metric(["parked"], self._outbox.parked)
            yield jobs
            age = self._outbox.oldest_age.total_seconds()
            yield GaugeMetricFamily(OUTBOX_AGE, "How long the oldest unsent job has waited.", value=age)


def exposition(*, asks_database: bool = False, outbox: Outbox | None = None) -> bytes:
    """`asks_database`: this process tells of the outbox; it is None when the database did not answer.

    Of all processes that share a folder, or of this one.
    """
    shown = CollectorRegistry()
    shown.register(_Moment(asks_database=asks_database, outbox=outbox))
    if folder := os.environ.get(FOLDER):
        _forget_the_dead(Path(folder))
        MultiProcessCollector(shown, path=folder)
        return generate_latest(shown)
    return generate_latest(REGISTRY) + generate_latest(shown)


def _forget_the_dead(folder: Path) -> None:
    """What ended processes counted stays counted, but they hold no connections any more."""
    for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid, str(folder))
