"""Turning traces on. Nothing of OpenTelemetry is imported before that, or without it."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATH = "/v1/traces"
"""Where a receiver takes them, by OTLP's own convention."""
MISSING = "Traces need photodock's extra `traces`: pip install 'photodock[traces]'."


class TracesNotInstalled(Exception):
    def __init__(self) -> None:
        super().__init__(MISSING)


def is_installed() -> bool:
    return all(importlib.util.find_spec(name) for name in ("opentelemetry", "opentelemetry.sdk"))


@contextmanager
def exporting(endpoint: str | None, service: str, *, environment: str = "", ratio: float = 1.0) -> Iterator[None]:
    """In the block traces are on, and go to the receiver at `endpoint` in the name of `service`; None leaves them off.

    `ratio`: the share that is traced. Raises TracesNotInstalled.
    """
    if endpoint is None:
        yield
        return
    stop = start(endpoint, service, environment=environment, ratio=ratio)
    try:
        yield
    finally:
        stop()


def start(endpoint: str, service: str, *, environment: str, ratio: float) -> Callable[[], None]:
    """Returns what turns them off again, and sends what is left within a second. Raises TracesNotInstalled."""
    try:
        from photodock.tracing import exporter
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.startswith("opentelemetry"):
            raise TracesNotInstalled from None
        raise
    return exporter.start(endpoint, service, environment=environment, ratio=ratio)
