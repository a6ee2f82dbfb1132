"""Begins spans, each in the trace that it belongs to. Imported when traces are on, and then alone."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanKind

from photodock import __version__
from photodock.domain.jobs import DetectionJob
from photodock.domain.webhooks import Event
from photodock.tracing.ids import Parent, SpanIds, parent_in, root_of
from photodock.tracing.request_span import RequestSpan, request_under_way
from photodock.tracing.sdk import Ids, current, fail, running, traceparent_of, within
from photodock.tracing.spans import CORRELATION_ID, PHOTO_ID, Attributes

UNTRACED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds, by machines."""
_KINDS = {"send": SpanKind.PRODUCER, "process": SpanKind.CONSUMER}


class OpenSpan:
    """A span that others end."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.traceparent = traceparent_of(span.get_span_context())

    def current(self) -> AbstractContextManager[None]:
        return current(self._span)

    def end(self, error: str | None = None) -> None:
        if error:
            fail(self._span, error)
        self._span.end()


class Recorder:
    """What `spans` hands on to. `ratio`: the share of photos, and of requests that bring no trace, that are traced."""

    def __init__(self, provider: TracerProvider, ids: Ids, ratio: float) -> None:
        self._ids = ids
        self._tracer = provider.get_tracer("photodock", __version__)
        self._bound = TraceIdRatioBased(ratio).bound

    def trace_of(self, root: SpanIds) -> Context:
        """For a part of a photo's trace. Whether it is traced follows from its id, alike in every process."""
        is_sampled = root.trace_id & TraceIdRatioBased.TRACE_ID_LIMIT < self._bound
        return within(Parent(root, is_sampled))

    def request(self, scope: Any) -> RequestSpan | None:
        return None if scope["path"] in UNTRACED else RequestSpan(self._tracer, self._ids, self.trace_of, scope)

    @contextmanager
    def step(self, name: str, attributes: Attributes) -> Iterator[None]:
        parent = _current()
        if parent is None:
            yield
            return
        inside = trace.set_span_in_context(parent)
        with running(self._tracer.start_span(name, inside, SpanKind.CLIENT, attributes)):
            yield

    def photo_begins(self, photo_id: UUID) -> None:
        if request := request_under_way():
            request.photo_begins(photo_id)

    def photo_was_there(self, photo_id: UUID) -> None:
        if request := request_under_way():
            request.photo_was_there(photo_id)

    def continue_photo(self, photo_id: str) -> None:
        if request := request_under_way():
            with suppress(ValueError):
                request.continue_photo(UUID(photo_id))

    @contextmanager
    def photo_step(self, name: str, photo_id: UUID, *, consumes: bool) -> Iterator[None]:
        root, outer = root_of(photo_id), _current()
        kind = SpanKind.CONSUMER if consumes else SpanKind.INTERNAL
        attributes: Attributes = {PHOTO_ID: str(photo_id)}
        if outer and outer.get_span_context().trace_id == root.trace_id:
            span = self._tracer.start_span(name, trace.set_span_in_context(outer), kind, attributes)
        else:
            links = [Link(outer.get_span_context())] if outer else []
            span = self._tracer.start_span(name, self.trace_of(root), kind, attributes, links)
            if outer:
                outer.add_link(span.get_span_context())
        with running(span):
            yield

    def message(self, job: DetectionJob, operation: str, system: str, queue: str) -> OpenSpan:
        parent = parent_in(job.traceparent)
        inside = within(parent) if parent else self.trace_of(root_of(job.photo_id))
        attributes: Attributes = {
            "messaging.system": system,
            "messaging.destination.name": queue,
            "messaging.operation.type": operation,
            "messaging.operation.name": operation,
            "messaging.message.id": str(job.message_id),
            PHOTO_ID: str(job.photo_id),
            CORRELATION_ID: job.correlation_id,
        }
        return OpenSpan(self._tracer.start_span(f"{operation} {queue}", inside, _KINDS[operation], attributes))

    def delivery(self, event: Event, attempts: int) -> AbstractContextManager[None]:
        attributes: Attributes = {
            "http.request.method": "POST",
            "photodock.webhook.event.id": str(event.id),
            "photodock.webhook.event.type": event.type,
        }
        if attempts:
            attributes["http.request.resend_count"] = attempts
        inside = Context()
        if event.photo_id:
            attributes[PHOTO_ID] = str(event.photo_id)
            inside = self.trace_of(root_of(event.photo_id))
        return running(self._tracer.start_span("deliver webhook", inside, SpanKind.CLIENT, attributes))

    def answered(self, http_status: int | None, *, is_error: bool) -> None:
        span = trace.get_current_span()
        if http_status:
            span.set_attribute("http.response.status_code", http_status)
        if is_error:
            fail(span, str(http_status or "no_answer"))

    def traceparent(self) -> str | None:
        span = _current()
        return traceparent_of(span.get_span_context()) if span else None

    def trace_id(self) -> str | None:
        span = _current()
        return f"{span.get_span_context().trace_id:032x}" if span else None


def _current() -> Span | None:
    span = trace.get_current_span()
    if span.get_span_context().is_valid:
        return span
    request = request_under_way()
    return request.span if request else None
