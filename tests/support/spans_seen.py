"""Spans that stay in this process, for tests to look at."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from photodock.tracing import spans
from photodock.tracing.recorder import Recorder
from photodock.tracing.sdk import Ids


class Seen:
    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def all(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.all if span.name == name]


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.trace_id)


def links_of(span: ReadableSpan) -> list[int]:
    return [link.context.trace_id for link in span.links]


@contextmanager
def seeing_spans(ratio: float = 1) -> Iterator[Seen]:
    """Traces are on in the block; `ratio`: the share of them that is seen."""
    exporter, ids = InMemorySpanExporter(), Ids()
    provider = TracerProvider(ParentBased(TraceIdRatioBased(ratio)), shutdown_on_exit=False, id_generator=ids)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans.SWITCH.recorder = Recorder(provider, ids, ratio)
    try:
        yield Seen(exporter)
    finally:
        spans.SWITCH.recorder = None
