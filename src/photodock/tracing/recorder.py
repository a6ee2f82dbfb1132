"""The spans themselves. Imported when traces are on, and then alone."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from photodock import __version__
from photodock.domain.jobs import DetectionJob
from photodock.tracing.ids import Parent, SpanIds, parent_in, root_of
from photodock.tracing.spans import CORRELATION_ID, PHOTO_ID, Attributes

UNTRACED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds, by machines."""
_KINDS = {"send": SpanKind.PRODUCER, "process": SpanKind.CONSUMER}

_request: ContextVar["TracedRequest | None"] = ContextVar("photodock_traced_request", default=None)


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


class OpenSpan:
    """A span that others end."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.traceparent = traceparent_of(span.get_span_context())

    @contextmanager
    def current(self) -> Iterator[None]:
        """What begins in the block is a part of it."""
        token = context.attach(trace.set_span_in_context(self._span))
        try:
            yield
        finally:
            context.detach(token)

    def end(self, error: str | None = None) -> None:
        if error:
            fail(self._span, error)
        self._span.end()


class TracedRequest:
    """The span of a request begins late: which trace it belongs to may depend on the photo that it is about."""

    def __init__(self, live: "Live", scope: Any) -> None:
        self._live = live
        self._started = time.time_ns()
        self._parent = parent_in(_header(scope, b"traceparent"))
        self._span: Span | None = None
        self._photos: list[Span] = []
        self._token = _request.set(self)

    @property
    def span(self) -> Span:
        """In the trace that the request brought, or in one of its own, if it is in none yet."""
        if self._span is None:
            self._span = self._begun(_remote(self._parent) if self._parent else Context())
        return self._span

    def begin_in(self, root: SpanIds, *, is_root: bool) -> None:
        """Puts it into a photo's trace, if it is in none yet: as its beginning, or as another part of it."""
        if self._span is None and self._parent is None:
            if is_root:
                with self._live.ids.beginning(root):
                    self._span = self._begun(Context())
            else:
                self._span = self._begun(self._live.within(root))

    def _begun(self, parent: Context) -> Span:
        tracer = self._live.tracer
        return tracer.start_span("request", parent, SpanKind.SERVER, start_time=self._started)

    def note_photo(self, span: Span) -> None:
        """Of a photo that this request makes and that has another trace."""
        self._photos.append(span)

    def forget_photo(self) -> None:
        """The last of them: it is not made."""
        if self._photos:
            self._photos.pop()

    def end(self, name: str, attributes: Attributes, *, is_error: bool, is_refused: bool) -> None:
        span = self.span
        span.update_name(name)
        span.set_attributes(attributes)
        if is_error:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        # A photo that was refused was never made: nothing is told of it.
        for begun in () if is_refused else self._photos:
            begun.end()
        _request.reset(self._token)


class Live:
    """`ratio`: the share of photos, and of requests that bring no trace, that are traced."""

    def __init__(self, provider: TracerProvider, ids: Ids, ratio: float) -> None:
        self.ids = ids
        self.tracer = provider.get_tracer("photodock", __version__)
        self._bound = TraceIdRatioBased(ratio).bound

    def within(self, root: SpanIds) -> Context:
        """As a part of a photo's trace. Whether it is traced follows from its id, alike in every process."""
        is_sampled = root.trace_id & TraceIdRatioBased.TRACE_ID_LIMIT < self._bound
        return _remote(Parent(root, is_sampled))

    def request(self, scope: Any) -> TracedRequest | None:
        return None if scope["path"] in UNTRACED else TracedRequest(self, scope)

    @contextmanager
    def step(self, name: str, attributes: Attributes) -> Iterator[None]:
        parent = self._current()
        if parent is None:
            yield
            return
        within = trace.set_span_in_context(parent)
        with _running(self.tracer.start_span(name, within, SpanKind.CLIENT, attributes)):
            yield

    def photo_begins(self, photo_id: UUID) -> None:
        if request := _request.get():
            root = root_of(photo_id)
            request.begin_in(root, is_root=True)
            span = request.span
            if span.get_span_context().trace_id == root.trace_id:
                span.set_attribute(PHOTO_ID, str(photo_id))
                return
            with self.ids.beginning(root):
                begun = self.tracer.start_span("photo", Context(), links=[Link(span.get_span_context())])
            begun.set_attribute(PHOTO_ID, str(photo_id))
            span.add_link(begun.get_span_context())
            request.note_photo(begun)

    def photo_was_there(self, photo_id: UUID) -> None:
        if request := _request.get():
            request.forget_photo()
            request.span.set_attribute(PHOTO_ID, str(photo_id))
            linked = trace.get_current_span(self.within(root_of(photo_id))).get_span_context()
            request.span.add_link(linked)

    def continue_photo(self, photo_id: str) -> None:
        if request := _request.get():
            with suppress(ValueError):
                request.begin_in(root_of(UUID(photo_id)), is_root=False)

    @contextmanager
    def photo_step(self, name: str, photo_id: UUID, *, consumes: bool) -> Iterator[None]:
        root, outer = root_of(photo_id), self._current()
        kind = SpanKind.CONSUMER if consumes else SpanKind.INTERNAL
        attributes: Attributes = {PHOTO_ID: str(photo_id)}
        if outer and outer.get_span_context().trace_id == root.trace_id:
            span = self.tracer.start_span(name, trace.set_span_in_context(outer), kind, attributes)
        else:
            links = [Link(outer.get_span_context())] if outer else []
            span = self.tracer.start_span(name, self.within(root), kind, attributes, links)
            if outer:
                outer.add_link(span.get_span_context())
        with _running(span):
            yield

    def message(self, job: DetectionJob, operation: str, system: str, queue: str) -> OpenSpan:
        parent = parent_in(job.traceparent)
        within = _remote(parent) if parent else self.within(root_of(job.photo_id))
        attributes: Attributes = {
            "messaging.system": system,
            "messaging.destination.name": queue,
            "messaging.operation.type": operation,
            "messaging.operation.name": operation,
            "messaging.message.id": str(job.message_id),
            PHOTO_ID: str(job.photo_id),
            CORRELATION_ID: job.correlation_id,
        }
        return OpenSpan(self.tracer.start_span(f"{operation} {queue}", within, _KINDS[operation], attributes))

    def traceparent(self) -> str | None:
        span = self._current()
        return traceparent_of(span.get_span_context()) if span else None

    def trace_id(self) -> str | None:
        span = self._current()
        return f"{span.get_span_context().trace_id:032x}" if span else None

    def _current(self) -> Span | None:
        span = trace.get_current_span()
        if span.get_span_context().is_valid:
            return span
        request = _request.get()
        return request.span if request else None


@contextmanager
def _running(span: Span) -> Iterator[None]:
    token = context.attach(trace.set_span_in_context(span))
    try:
        yield
    except BaseException as error:
        fail(span, type(error).__name__)
        raise
    finally:
        context.detach(token)
        span.end()


def fail(span: Span, kind: str) -> None:
    """The kind alone: an error's text may hold an address with its signature."""
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def traceparent_of(span: SpanContext) -> str:
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{int(span.trace_flags.sampled):02x}"


def _remote(parent: Parent) -> Context:
    flags = TraceFlags(TraceFlags.SAMPLED if parent.is_sampled else TraceFlags.DEFAULT)
    known = SpanContext(parent.ids.trace_id, parent.ids.span_id, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(NonRecordingSpan(known), Context())


def _header(scope: Any, name: bytes) -> str | None:
    found: Sequence[bytes] = [value for header, value in scope["headers"] if header == name]
    return found[0].decode("latin-1") if len(found) == 1 else None
