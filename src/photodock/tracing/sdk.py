"""OpenTelemetry's own pieces, as the rest of `tracing` uses them. Imported when traces are on, and then alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, Status, StatusCode, TraceFlags

from photodock.tracing.ids import Parent, SpanIds


class Ids(RandomIdGenerator):
    """Random, but for the one span that `beginning` is about."""

    def __init__(self) -> None:
        self._next: SpanIds | None = None

    @contextmanager
    def beginning(self, ids: SpanIds) -> Iterator[None]:
        """What begins in the block, which waits for nothing, has these."""
        self._next = ids
        try:
            yield
        finally:
            self._next = None

    def generate_trace_id(self) -> int:
        return self._next.trace_id if self._next else super().generate_trace_id()

    def generate_span_id(self) -> int:
        return self._next.span_id if self._next else super().generate_span_id()

    def is_trace_id_random(self) -> bool:
        return self._next is None and super().is_trace_id_random()


@contextmanager
def current(span: Span) -> Iterator[None]:
    """What begins in the block is a part of the span."""
    token = context.attach(trace.set_span_in_context(span))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def running(span: Span) -> Iterator[None]:
    """The span is current in the block, and ends with it."""
    try:
        with current(span):
            yield
    except BaseException as error:
        fail(span, type(error).__name__)
        raise
    finally:
        span.end()


def fail(span: Span, kind: str) -> None:
    """The kind alone: an error's text may hold an address with its signature."""
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def within(parent: Parent) -> Context:
    """For what is a part of a span of another process."""
    flags = TraceFlags(TraceFlags.SAMPLED if parent.is_sampled else TraceFlags.DEFAULT)
    known = SpanContext(parent.ids.trace_id, parent.ids.span_id, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(NonRecordingSpan(known), Context())


def traceparent_of(span: SpanContext) -> str:
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{int(span.trace_flags.sampled):02x}"
