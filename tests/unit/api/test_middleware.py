"""Around every request, with applications that misbehave."""

import json
from typing import Any

import pytest
import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from photodock.api.middleware import LastResort, RequestContext

START: Message = {"type": "http.response.start", "status": 200, "headers": []}


class Sent(list[Message]):
    async def send(self, message: Message) -> None:
        self.append(message)


async def nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def http_scope(**changes: Any) -> Scope:
    return {"type": "http", "method": "GET", "path": "/", "headers": [], **changes}


def wrapped(app: ASGIApp) -> ASGIApp:
    inner = LastResort(app)
    return RequestContext(inner, cors=inner)


async def test_what_nobody_expected_is_answered() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("inner text")

    sent = Sent()
    with structlog.testing.capture_logs() as lines:
        await wrapped(broken)(http_scope(headers=[(b"x-request-id", b"id-1")]), nothing, sent.send)

    assert sent[0]["status"] == 500
    assert (b"x-request-id", b"id-1") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["code"] == "internal_error"
    assert b"inner text" not in sent[1]["body"]
    assert [line["event"] for line in lines] == ["unexpected_error", "request"]
    assert (lines[1]["status"], lines[1]["error_code"]) == (500, "internal_error")


async def test_an_answer_that_breaks_off_is_not_followed_by_another() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        raise RuntimeError("in the middle")

    sent = Sent()
    with structlog.testing.capture_logs() as lines, pytest.raises(RuntimeError, match="in the middle"):
        await wrapped(broken)(http_scope(), nothing, sent.send)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert [line["event"] for line in lines] == ["unexpected_error", "request"]


async def test_what_breaks_off_within_both_last_resorts_is_told_once() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        raise RuntimeError("in the middle")

    with structlog.testing.capture_logs() as lines, pytest.raises(RuntimeError, match="in the middle"):
        await wrapped(LastResort(broken))(http_scope(), nothing, Sent().send)
    assert [line["event"] for line in lines] == ["unexpected_error", "request"]


async def test_a_client_that_went_away_is_no_error() -> None:
    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        raise ClientDisconnect

    sent = Sent()
    with structlog.testing.capture_logs() as lines:
        await wrapped(reading)(http_scope(), nothing, sent.send)
    assert sent == []
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("client_disconnected", "info"),
        ("request", "info"),
    ]


async def test_what_is_no_http_passes_through_untouched() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        raise RuntimeError("at start")

    scope: Scope = {"type": "lifespan"}
    with structlog.testing.capture_logs() as lines, pytest.raises(RuntimeError, match="at start"):
        await wrapped(app)(scope, nothing, Sent().send)
    assert seen == [{"type": "lifespan"}]
    assert lines == []


async def test_a_line_holds_the_routes_pattern_and_never_the_address() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["path_params"] = {"photo_id": 7}
        await send(START)

    with structlog.testing.capture_logs() as lines:
        scope = http_scope(path="/secret-path", query_string=b"access_token=secret")
        await wrapped(app)(scope, nothing, Sent().send)
    [line] = lines
    assert line["photo_id"] == "7"
    assert "secret" not in str(line)
