"""Spans without a server and without a receiver."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from photodock.tracing import spans
from photodock.tracing.live import Ids, Live

FOREIGN_TRACE = 0x0AF7651916CD43DD8448EB211C80319C
FOREIGN = f"00-{FOREIGN_TRACE:032x}-b7ad6b7169203331-01"
NOT_SAMPLED = f"00-{FOREIGN_TRACE:032x}-b7ad6b7169203331-00"


class Seen:
    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def all(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def traces(self) -> dict[str, int]:
        return {span.name: trace_of(span) for span in self.all}


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.trace_id)


def links_of(span: ReadableSpan) -> list[int]:
    return [link.context.trace_id for link in span.links]


def turned_on(ratio: float) -> Seen:
    exporter, ids = InMemorySpanExporter(), Ids()
    provider = TracerProvider(ParentBased(TraceIdRatioBased(ratio)), shutdown_on_exit=False, id_generator=ids)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans.SWITCH.live = Live(provider, ids, ratio)
    return Seen(exporter)


@pytest.fixture
def seen() -> Iterator[Seen]:
    yield turned_on(1)
    spans.SWITCH.live = None


@pytest.fixture
def none_seen() -> Iterator[Seen]:
    yield turned_on(0)
    spans.SWITCH.live = None


class Request:
    """A request whose answer is 200, unless it says otherwise."""

    def __init__(self, traceparent: str | None = None, *, path: str = "/api/v1/photos") -> None:
        headers = [(b"traceparent", traceparent.encode())] if traceparent else []
        self.scope: dict[str, Any] = {"path": path, "headers": headers}
        self.refused = False

    def __enter__(self) -> "Request":
        self.traced = spans.request(self.scope)
        return self

    def __exit__(self, *_: object) -> None:
        if self.traced:
            self.traced.end("request", {}, is_error=False, is_refused=self.refused)
