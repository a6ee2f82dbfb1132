"""Around every request: its id, one log line, and an answer even for what nobody expected. Plain ASGI."""

import json
import re
import time
from collections.abc import Mapping

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid4

from photodock.api.headers import ANSWER_HEADERS, SECURITY_HEADERS
from photodock.api.problems import TIMED_OUT, BodyTooLarge, RequestTimeout, problem
from photodock.api.secured import MAX_REPORT_BYTES
from photodock.api.span_attributes import end_span
from photodock.metrics.requests import REQUESTS
from photodock.tracing import spans

log = structlog.get_logger()

INTERNAL_ERROR = "internal_error"
GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
HEADERS = "photodock.headers"
"""In a request's scope: its headers by name, of those that come twice the last."""
HELD = "photodock.held"
"""In a request's scope: the answer was held back on the client's wish, so that its time says nothing."""
PHOTOS = "photodock.photos"
"""In a request's scope: the ids of the photos that it made or named in its body, for its log line."""
VARY = ((b"vary", b"Origin"),)
"""Told to those that name no origin; to the others CORS tells it."""
PLAIN_ID = re.compile(r"[0-9A-Fa-f-]{1,36}")
"""A UUID or a number."""


class RequestContext:
    """Sets `correlation_id` in the scope, in the log's context and in the answer.

    Requests that name their origin, as browsers do for pages, go to `cors`, which leads to `app`; the others are spared
    what it costs.
    """

    def __init__(self, app: ASGIApp, cors: ASGIApp) -> None:
        self._app = app
        self._cors = cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = scope[HEADERS] = dict(scope["headers"])
        is_of_page = b"origin" in headers
        correlation_id = scope["correlation_id"] = request_id(headers)
        added = (b"x-request-id", correlation_id.encode()), *(() if is_of_page else VARY)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
        span = spans.request(scope)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                security = scope.get(SECURITY_HEADERS, ANSWER_HEADERS)
                message["headers"] = [*message["headers"], *added, *security]
            await send(message)

        try:
            await (self._cors if is_of_page else self._app)(scope, limited(scope, receive), send_with_id)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path_format", None)
            REQUESTS.note(scope["method"], route, status, seconds, held=HELD in scope)
            log_request(scope, route, status, seconds)
            if span:
                end_span(span, scope, route, status)


class LastResort:
    """Answers for what nobody expected. Stands inside of CORS, so that a page may read this answer too.

    Where one stands within another, what breaks off in the middle of an answer passes both, and is logged once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except ClientDisconnect:
            log.info("client_disconnected")
        except Exception:
            if scope.get("error_code") != INTERNAL_ERROR:
                log.exception("unexpected_error", error_code=INTERNAL_ERROR)
            scope["error_code"] = INTERNAL_ERROR
            if begun:
                raise
            await send_internal_error(send, scope["correlation_id"])


def request_id(headers: Mapping[bytes, bytes]) -> str:
    text = headers.get(b"x-request-id", b"").decode("latin-1")
    return text if GOOD_ID.fullmatch(text) else uuid4().hex


def limited(scope: Scope, receive: Receive) -> Receive:
    """No route reads more than the largest limit, whatever Content-Length says, nor for longer than it may."""
    seen = 0

    async def receive_limited() -> Message:
        nonlocal seen
        message = await receive()
        if TIMED_OUT in scope and message.get("more_body"):
            raise RequestTimeout("The request took too long to arrive. Send it again, in one go.")
        seen += len(message.get("body", b""))
        if seen > MAX_REPORT_BYTES:
            raise BodyTooLarge(f"The request body may have {MAX_REPORT_BYTES} bytes at the most. Send less.")
        return message

    return receive_limited


async def send_internal_error(send: Send, correlation_id: str) -> None:
    detail = "Something went wrong here, and it has been logged. Try again; if it stays, report the correlation_id."
    body = json.dumps(problem(INTERNAL_ERROR, detail, correlation_id)).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def log_request(scope: Scope, route: str | None, status: int, seconds: float) -> None:
    # The route's pattern and not the address: an address may carry what a log must not, even where an id belongs.
    fields = {}
    for key, value in scope.get("path_params", {}).items():
        if PLAIN_ID.fullmatch(text := str(value)):
            fields[key] = text
    if photos := scope.get(PHOTOS):
        fields["photo_id" if len(photos) == 1 else "photo_ids"] = " ".join(map(str, photos))
    if "error_code" in scope:
        fields["error_code"] = scope["error_code"]
    log.info(
        "request",
        method=scope["method"],
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 2),
        **fields,
    )
