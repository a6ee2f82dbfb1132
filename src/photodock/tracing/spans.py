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

if TYPE_CHECKING:
    from photodock.tracing.live import Live

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


class TracedRequest(Protocol):
    """The span of a request, for its application to end."""

    def end(self, name: str, attributes: Attributes, *, is_error: bool, is_refused: bool) -> None: ...


class _Switch:
    live: "Live | None" = None


SWITCH = _Switch()
_NOTHING: AbstractContextManager[None] = nullcontext()


def request(scope: Any) -> TracedRequest | None:
    """A request that has just arrived."""
    return SWITCH.live.request(scope) if SWITCH.live else None


def step(name: str, attributes: Attributes | None = None) -> AbstractContextManager[None]:
    """A part of what is under way. Where nothing is, there is no span: what only polls would make thousands."""
    return SWITCH.live.step(name, attributes or {}) if SWITCH.live else _NOTHING


def traced(
    name: str, attributes: Attributes | None = None
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """A function that is such a part: by default statements of the database that belong together."""
    shown = {**DATABASE, "db.query.summary": name} if attributes is None else attributes

    def wrapped(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
            if SWITCH.live is None:
                return function(*args, **kwargs)
            return _within(step(name, shown), function(*args, **kwargs))

        return call

    return wrapped


async def _within(block: AbstractContextManager[None], work: Awaitable[T]) -> T:
    with block:
        return await work


def photo_begins(photo_id: UUID) -> None:
    """A photo is being made: its trace begins with this request."""
    if SWITCH.live:
        SWITCH.live.photo_begins(photo_id)


def photo_was_there(photo_id: UUID) -> None:
    """None is being made after all: the request is about this one, which has a trace already."""
    if SWITCH.live:
        SWITCH.live.photo_was_there(photo_id)


def continue_photo(photo_id: str | None) -> None:
    """The request under way goes on with the photo in its address, in that one's trace, unless it brought one of its
    own. What is no id is left to validation."""
    if SWITCH.live and photo_id:
        SWITCH.live.continue_photo(photo_id)


def photo_step(name: str, photo_id: UUID, *, consumes: bool = False) -> AbstractContextManager[None]:
    """Something that happens to a photo, in that photo's trace. What is under way in another trace is linked with it.

    `consumes`: because a message said so.
    """
    return SWITCH.live.photo_step(name, photo_id, consumes=consumes) if SWITCH.live else _NOTHING


def outgoing(traceparent: str | None) -> str | None:
    """What others are to continue: the span under way, or else what came from outside."""
    return (SWITCH.live.traceparent() if SWITCH.live else None) or traceparent


def trace_id() -> str | None:
    """Of what is under way."""
    return SWITCH.live.trace_id() if SWITCH.live else None


def sent(job: DetectionJob, system: str, queue: str) -> OpenSpan | None:
    """A job is being handed to the broker."""
    return SWITCH.live.message(job, "send", system, queue) if SWITCH.live else None


def received(job: DetectionJob, system: str, queue: str) -> OpenSpan | None:
    """A job is being worked on by a detector."""
    return SWITCH.live.message(job, "process", system, queue) if SWITCH.live else None
