"""The span of a request. Imported when traces are on, and then alone."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer

from photodock.tracing.ids import SpanIds, parent_in, root_of
from photodock.tracing.sdk import Ids, within
from photodock.tracing.spans import PHOTO_ID, Attributes

_under_way: ContextVar["RequestSpan | None"] = ContextVar("photodock_request_span", default=None)


def request_under_way() -> "RequestSpan | None":
    return _under_way.get()


class RequestSpan:
    """It begins late: which trace it belongs to may depend on the photo that the request is about.

    `trace_of` gives the context of a photo's trace, by the span that the trace begins with.
    """

    def __init__(self, tracer: Tracer, ids: Ids, trace_of: Callable[[SpanIds], Context], scope: Any) -> None:
        self._tracer = tracer
        self._ids = ids
        self._trace_of = trace_of
        self._started = time.time_ns()
        self._parent = parent_in(_header(scope, b"traceparent"))
        self._span: Span | None = None
        self._photos: list[Span] = []
        self._token = _under_way.set(self)

    @property
    def span(self) -> Span:
        """In the trace that the request brought, or in one of its own, if it is in none yet."""
        if self._span is None:
            self._span = self._begun(within(self._parent) if self._parent else Context())
        return self._span

    def _begun(self, parent: Context) -> Span:
        return self._tracer.start_span("request", parent, SpanKind.SERVER, start_time=self._started)

    @property
    def _is_free(self) -> bool:
        """It is in no trace yet, and has brought none."""
        return self._span is None and self._parent is None

    def photo_begins(self, photo_id: UUID) -> None:
        root = root_of(photo_id)
        if self._is_free:
            with self._ids.beginning(root):
                self._span = self._begun(Context())
        if self.span.get_span_context().trace_id == root.trace_id:
            self.span.set_attribute(PHOTO_ID, str(photo_id))
        else:
            self._begin_trace_of(photo_id, root)

    def _begin_trace_of(self, photo_id: UUID, root: SpanIds) -> None:
        with self._ids.beginning(root):
            begun = self._tracer.start_span("photo", Context(), links=[Link(self.span.get_span_context())])
        begun.set_attribute(PHOTO_ID, str(photo_id))
        self.span.add_link(begun.get_span_context())
        self._photos.append(begun)

    def photo_was_there(self, photo_id: UUID) -> None:
        if self._photos:
            # The last one: it is not made.
            self._photos.pop()
        self.span.set_attribute(PHOTO_ID, str(photo_id))
        self.span.add_link(trace.get_current_span(self._trace_of(root_of(photo_id))).get_span_context())

    def continue_photo(self, photo_id: UUID) -> None:
        if self._is_free:
            self._span = self._begun(self._trace_of(root_of(photo_id)))

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
        _under_way.reset(self._token)


def _header(scope: Any, name: bytes) -> str | None:
    found: list[bytes] = [value for header, value in scope["headers"] if header == name]
    return found[0].decode("latin-1") if len(found) == 1 else None
