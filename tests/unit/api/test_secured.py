"""What is decided before a call's own code."""

import json
from uuid import uuid4

import pytest
from fastapi import APIRouter, Request
from hypothesis import given, settings
from hypothesis import strategies as st

from photodock.api.problems import KINDS, responses
from photodock.api.secured import SecuredRoute, _trace, scopes_of_status
from photodock.domain.identity import Scope

BOTH = (Scope.WRITE, Scope.PIPELINE)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("body", "scopes"),
    [
        (b'{"status": "uploaded"}', (Scope.WRITE,)),
        (b'{"status": "processing"}', (Scope.PIPELINE,)),
        (b'{"status": "completed", "detections": {}}', (Scope.PIPELINE,)),
        (b'{"status": "failed"}', (Scope.PIPELINE,)),
        (b'{"status": "else"}', BOTH),
        (b'{"status": ["uploaded"]}', BOTH),
        (b'{"status": {"uploaded": 1}}', BOTH),
        (b'["status"]', BOTH),
        (b"7", BOTH),
        (b"null", BOTH),
        (b"", BOTH),
        (b"\xff", BOTH),
        (b"[" * 100_000, BOTH),
        (b"1" * 10_000, BOTH),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_the_body_decides_the_scope_of_a_status_report(body: bytes, scopes: tuple[Scope, ...]) -> None:
    assert scopes_of_status(body) == scopes


@given(st.binary(max_size=40))
@settings(max_examples=50, deadline=None)
def test_no_body_breaks_that_decision(body: bytes) -> None:
    assert scopes_of_status(body)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
@settings(max_examples=50, deadline=None)
def test_whatever_else_a_body_says_its_status_decides(others: dict[str, str]) -> None:
    assert scopes_of_status(json.dumps({**others, "status": "uploaded"}).encode()) == (Scope.WRITE,)


def test_a_secured_route_without_its_scopes_fails_when_it_is_made() -> None:
    router = APIRouter(route_class=SecuredRoute)

    async def forgotten() -> None: ...

    with pytest.raises(KeyError):
        router.add_api_route("/forgotten", forgotten)


@pytest.mark.parametrize(
    ("header", "passed_on"),
    [
        (TRACE, TRACE),
        ("", None),
        (TRACE.upper(), None),
        (TRACE + "-more", None),
        ("x" * 55, None),
        (f"{TRACE}\n", None),
    ],
)
async def test_only_a_well_formed_trace_is_passed_on(header: str, passed_on: str | None) -> None:
    headers = [(b"traceparent", header.encode())] if header else []
    request = Request({"type": "http", "headers": headers, "correlation_id": str(uuid4())})
    assert (await _trace(request)).traceparent == passed_on


CONTRACT = {
    "unauthenticated": 401,
    "insufficient_scope": 403,
    "project_access_denied": 403,
    "photo_not_found": 404,
    "not_found": 404,
    "method_not_allowed": 405,
    "invalid_file_type": 400,
    "file_too_large": 400,
    "file_too_small": 400,
    "invalid_status_transition": 409,
    "upload_not_found": 409,
    "idempotency_conflict": 409,
    "multipart_not_needed": 409,
    "multipart_not_started": 409,
    "multipart_incomplete": 409,
    "too_many_projects": 409,
    "webhook_url_refused": 400,
    "webhook_disabled": 409,
    "webhooks_unavailable": 501,
    "malformed_http": 400,
    "request_timeout": 408,
    "body_too_large": 413,
    "headers_too_large": 431,
    "invalid_request": 422,
    "rate_limited": 429,
    "too_many_streams": 429,
    "storage_unavailable": 503,
    "database_unavailable": 503,
    "identity_unavailable": 503,
    "internal_error": 500,
}


def test_every_code_has_the_contracts_status() -> None:
    assert {code: kind.status for code, kind in KINDS.items()} == CONTRACT


def test_codes_of_one_status_share_an_entry_of_the_documentation() -> None:
    found = responses("photo_not_found", "not_found", also={304: {"description": "Unchanged."}})
    assert set(found) == {404, 500, 304}
    assert "`photo_not_found`" in found[404]["description"]
    assert "`not_found`" in found[404]["description"]
