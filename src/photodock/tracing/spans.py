"""What the service calls where something begins that a trace is to show. While traces are off, each call looks at one
variable and does nothing.

Attributes are given one by one, by their names in OpenTelemetry's semantic conventions where those have one. No span
holds an address with its query, a header, a token or the text of an error.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

from photodock.domain.jobs import DetectionJob
from photodock.domain.webhooks import Event

if TYPE_CHECKING:
    from photodock.tracing.recorder import Recorder

P = ParamSpec("P")
T = TypeVar("T")

Attributes = dict[str, str | int | float | bool]

PHOTO_ID, CORRELATION_ID = "photodock.photo.id", "photodock.correlation_id"
"""Attributes of our own."""
DATABASE: Attributes = {"db.system.name": "postgresql"}


class OpenSpan(Protocol):
    """A span that others end."""

    traceparent: str

    def current(self) -> AbstractContextManager[None]:
        """What begins in the block is a part of it."""
        ...

    def end(self, error: str | None = None) -> None: ...


class RequestSpan(Protocol):
    """That of a request, for its application to end."""

    def end(self, name: str, attributes: Attributes, *, is_error: bool, is_refused: bool) -> None: ...


class _Switch:
    recorder: "Recorder | None" = None


SWITCH = _Switch()
_NOTHING: AbstractContextManager[None] = nullcontext()


def request(scope: Any) -> RequestSpan | None:
    """A request that has just arrived."""
    return SWITCH.recorder.request(scope) if SWITCH.recorder else None


def step(name: str, attributes: Attributes | None = None) -> AbstractContextManager[None]:
    """A part of what is under way. Where nothing is, there is no span: what only polls would make thousands."""
    return SWITCH.recorder.step(name, attributes or {}) if SWITCH.recorder else _NOTHING


def traced(
    name: str, attributes: Attributes | None = None
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """A function that is such a part: by default statements of the database that belong together."""
    shown = {**DATABASE, "db.query.summary": name} if attributes is None else attributes

    def wrapped(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
            if SWITCH.recorder is None:
                return function(*args, **kwargs)
            return _within(step(name, shown), function(*args, **kwargs))

        return call

    return wrapped


async def _within(block: AbstractContextManager[None], work: Awaitable[T]) -> T:
    with block:
        return await work


def photo_begins(photo_id: UUID | str) -> None:
    """A photo is being made: its trace begins with this request."""
    if SWITCH.recorder:
        SWITCH.recorder.photo_begins(UUID(photo_id) if isinstance(photo_id, str) else photo_id)


def photo_was_there(photo_id: UUID) -> None:
    """None is being made after all: the request is about this one, which has a trace already."""
    if SWITCH.recorder:
        SWITCH.recorder.photo_was_there(photo_id)


def continue_photo(photo_id: str | None) -> None:
    """The request under way goes on with the photo in its address, in that one's trace, unless it brought one of its
    own. What is no id is left to validation."""
    if SWITCH.recorder and photo_id:
        SWITCH.recorder.continue_photo(photo_id)


def photo_step(name: str, photo_id: UUID, *, consumes: bool = False) -> AbstractContextManager[None]:
    """Something that happens to a photo, in that photo's trace. What is under way in another trace is linked with it.

    `consumes`: because a message said so.
    """
    return SWITCH.recorder.photo_step(name, photo_id, consumes=consumes) if SWITCH.recorder else _NOTHING


def outgoing(traceparent: str | None) -> str | None:
    """What others are to continue: the span under way, or else what came from outside."""
    return (SWITCH.recorder.traceparent() if SWITCH.recorder else None) or traceparent


def trace_id() -> str | None:
    """Of what is under way."""
    return SWITCH.recorder.trace_id() if SWITCH.recorder else None


def sent(job: DetectionJob, system: str, queue: str) -> OpenSpan | None:
    """A job is being handed to the broker."""
    return SWITCH.recorder.message(job, "send", system, queue) if SWITCH.recorder else None


def received(job: DetectionJob, system: str, queue: str) -> OpenSpan | None:
    """A job is being worked on by a detector."""
    return SWITCH.recorder.message(job, "process", system, queue) if SWITCH.recorder else None


def delivery(event: Event, attempts: int) -> AbstractContextManager[None]:
    """An event is being delivered to a webhook, after so many attempts: in its photo's trace, if it has a photo."""
    return SWITCH.recorder.delivery(event, attempts) if SWITCH.recorder else _NOTHING


def answered(http_status: int | None, *, is_error: bool) -> None:
    """What came of the delivery under way; None: no answer in HTTP."""
    if SWITCH.recorder:
        SWITCH.recorder.answered(http_status, is_error=is_error)
