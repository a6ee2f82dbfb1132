"""The connections of `serve`: no client holds one for long by being slow, silent or endless.

The HTTP server by itself waits for the rest of a request for ever, keeps a head of any length in memory and takes any
number of connections. Here each has deadlines and bounds. Deadlines are noted and not timed: each connection has one
timer, which looks at them now and then, so that a request costs no timer of its own.
"""

import asyncio
import json
import math
import uuid
from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import Any, ClassVar, cast

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from photodock.api.cycle import Cycle
from photodock.api.headers import ANSWER_HEADERS
from photodock.api.problems import KINDS, TIMED_OUT, problem

log = structlog.get_logger()

MAX_HEAD_BYTES = 64 * 1024
"""Twice what a call accepts: up to there the answer to large headers is the application's own."""
MAX_MESSAGE_BYTES = 2 * 1024 * 1024
"""What may arrive for one request: the largest body in chunks of single bytes, and some more."""
MAX_PIPELINED = 16
"""Requests sent ahead of their answers. Clients send none; each would cost far more memory than it has bytes."""
LINGER_SECONDS = 2
"""How long a client that was refused may still send, so that it gets to read why; a new one, too, at a stop."""
CANDIDATES = 32
"""How many connections are looked at when one must make room for a new one."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    head_seconds: float
    body_seconds: float
    """Also for how long a client may leave unread what it was sent."""
    connections: int
    """Of one process."""


class Awaited(Enum):
    """What a client owes."""

    NOTHING = auto()
    """It may be idle, or wait for an answer."""
    HEAD = auto()
    BODY = auto()
    END = auto()
    """It was refused, and should go."""


class TooManyPipelined(Exception):
    pass


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with deadlines and bounds."""

    _warned_at: ClassVar[float] = -math.inf

    def __init__(self, *args: Any, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limits = limits
        self._awaited = Awaited.NOTHING
        self._read_by = self._write_by = self._idle_since = math.inf
        self._received = 0
        self._was_closing = False
        self._is_last = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await(Awaited.HEAD, self._limits.head_seconds)
        self._look_at(self._read_by)
        if len(self.connections) > self._limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        awaited, before = self._awaited, self._received
        self._received += len(data)
        if awaited is Awaited.NOTHING:
            self._awaited = Awaited.HEAD
        elif awaited is Awaited.END:
            return
        elif awaited is Awaited.BODY and self._received > MAX_MESSAGE_BYTES:
            self.transport.abort()
            return
        if (
            self._awaited is Awaited.HEAD
            and self._received > MAX_HEAD_BYTES
            and data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES - before) < 0
        ):
            self._refuse("headers_too_large", f"The request head may have {MAX_HEAD_BYTES} bytes. Send less.")
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken here. Whatever follows would not be HTTP: this answer is the last.
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse("malformed_http", "This is not well-formed HTTP/1.1. Use an HTTP client.")
        # Most requests arrive whole: for them no deadline is reckoned at all.
        if self._awaited is not Awaited.NOTHING and self._read_by == math.inf:
            is_head = self._awaited is Awaited.HEAD
            self._await(self._awaited, self._limits.head_seconds if is_head else self._limits.body_seconds)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            raise TooManyPipelined
        self._awaited, self._read_by = Awaited.BODY, math.inf
        super().on_headers_complete()
        self.cycle.__class__ = Cycle  # uvicorn makes its own; its task has not begun yet
        # What comes behind the body is a trailer: no proxy has looked at it, and it says nothing of who calls.
        self.headers = []
        if self._is_last:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._awaited, self._read_by, self._received = Awaited.NOTHING, math.inf, 0
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server stops. A request that is on its way is still answered: a proxy has connected only to send it."""
        if not self._is_answering and (self.cycle is None or self._received):
            self._is_last = True
            self._read_by = min(self._read_by, self.loop.time() + LINGER_SECONDS)
            if self._timer:
                self._timer.cancel()
            self._look_at(self._read_by)
        else:
            super().shutdown()

    def pause_writing(self) -> None:
        self._write_by = self.loop.time() + self._limits.body_seconds
        super().pause_writing()

    def resume_writing(self) -> None:
        self._write_by = math.inf
        super().resume_writing()

    def on_response_complete(self) -> None:
        """uvicorn's, without the timer that it sets for each idle connection: that deadline, too, is noted."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._idle_since = self.loop.time()

    def _await(self, what: Awaited, seconds: float) -> None:
        self._awaited, self._read_by = what, self.loop.time() + seconds

    def _look_at(self, moment: float) -> None:
        self._timer = self.loop.call_at(moment, self._look)

    def _look(self) -> None:
        """No deadline that is set later than this can end before the next look."""
        now = self.loop.time()
        is_idle = self._awaited is Awaited.NOTHING and not self._is_answering
        if (
            now >= self._write_by
            or (is_idle and now >= self._idle_since + self.timeout_keep_alive)
            or (self.transport.is_closing() and self._was_closing)
        ):
            # Closing would wait for ever for a client that leaves the last answer unread.
            self.transport.abort()
            return
        if now >= self._read_by:
            self._give_up()
        self._was_closing = self.transport.is_closing()
        soonest = now + min(self._limits.head_seconds, self._limits.body_seconds, LINGER_SECONDS)
        self._look_at(max(now, min(self._read_by, self._write_by, soonest)))

    def _give_up(self) -> None:
        match self._awaited:
            case Awaited.HEAD if self._received:
                self._refuse("request_timeout", "The request took too long to arrive. Send it again, in one go.")
            case Awaited.BODY if (
                self._is_answering and not self.cycle.response_started and TIMED_OUT not in self._request
            ):
                # The application, which waits for the body, hears of it and answers.
                self._request[TIMED_OUT] = True
                self.cycle.keep_alive = False
                self.cycle.message_event.set()
                self._read_by = self.loop.time() + LINGER_SECONDS
            case _:
                self.transport.abort()

    @property
    def _request(self) -> MutableMapping[str, Any]:
        """The scope of the latest request, for entries of our own."""
        return cast(MutableMapping[str, Any], self.cycle.scope)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, code: str, detail: str) -> None:
        """Answers for the application, which never saw the request."""
        if self._is_answering:
            # Nothing may be mixed into the answer that is under way.
            self.transport.abort()
            return
        correlation_id, status = uuid.uuid4().hex, KINDS[code].status
        log.info("request_refused", correlation_id=correlation_id, error_code=code, status=status)
        body = json.dumps(problem(code, detail, correlation_id)).encode()
        headers = (
            *self.server_state.default_headers,
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            (b"x-request-id", correlation_id.encode()),
            *ANSWER_HEADERS,
        )
        lines = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
        self.transport.write_eof()
        self._await(Awaited.END, LINGER_SECONDS)

    def _make_room(self) -> None:
        """Ends the connection that would be given up soonest: of those whose client owes something, or is idle."""
        others = (other for other in self.connections if isinstance(other, GuardedProtocol) and other is not self)
        waiting = (other for other in others if other._awaited is not Awaited.NOTHING or not other._is_answering)
        soonest = min(islice(waiting, CANDIDATES), key=lambda other: other._read_by, default=self)
        soonest.transport.abort()
        if self.loop.time() - GuardedProtocol._warned_at >= 60:
            GuardedProtocol._warned_at = self.loop.time()
            log.warning("connections_at_limit", limit=self._limits.connections)
