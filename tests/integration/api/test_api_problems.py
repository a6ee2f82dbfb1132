"""Errors as problem documents, whatever goes wrong and wherever."""

import re
from typing import Any

import httpx
import pytest
import structlog

from photodock.api.problems import KINDS, Problem
from photodock.services.library import Library
from photodock.services.projects import Projects
from support.images import jpeg
from support.system import Caller

UNKNOWN = "0198c2b4-7b1e-7c34-9a5f-0d6f1b2c3d4e"
ORIGIN = "https://app.example"
EXPOSED = "ETag, Retry-After, X-Request-ID, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """RFC 9457, in the contract's form."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    found: dict[str, Any] = answer.json()
    Problem.model_validate(found, extra="forbid")
    assert set(found) - {"errors"} == {"type", "title", "status", "code", "detail", "correlation_id"}
    assert (found["status"], found["code"], found["type"]) == (status, code, f"urn:photodock:problem:{code}")
    assert found["title"] == KINDS[code].title
    assert found["correlation_id"] == answer.headers["x-request-id"]
    assert len(found["detail"]) > 20
    return found


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/photos", "/nothing", "/api/v1/photos/x/y/z"])
async def test_an_unknown_address_is_404(api: Caller, path: str) -> None:
    assert_problem(await api.http.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/api/v1/photos/upload-url/", f"/api/v1/photos/{UNKNOWN}/", "/docs/", "/healthz/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_is_sent_elsewhere_by_a_slash_and_a_made_up_host(api: Caller, method: str, path: str) -> None:
    answer = await api.http.request(method, path, headers={"Host": "evil.example"}, follow_redirects=False)
    assert_problem(answer, 404, "not_found")
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", f"/photos/{UNKNOWN}", {"GET", "DELETE"}),
        ("PUT", f"/photos/{UNKNOWN}/upload-url", {"POST"}),
        ("GET", f"/photos/{UNKNOWN}/status", {"PATCH"}),
        ("DELETE", "/projects", {"GET"}),
        ("PATCH", "/photos", {"GET"}),
        ("GET", "/photos/upload-url", {"POST"}),
        ("GET", "/photos/upload-urls", {"POST"}),
        ("DELETE", "/photos/confirm", {"POST"}),
        ("GET", "/photos/exists", {"POST"}),
        ("PUT", f"/photos/{UNKNOWN}/multipart", {"POST", "DELETE"}),
        ("POST", f"/photos/{UNKNOWN}/multipart/parts", {"GET"}),
    ],
)
async def test_a_method_that_an_address_does_not_know_is_405_with_those_it_knows(
    api: Caller, method: str, path: str, allowed: set[str]
) -> None:
    answer = await api.call(method, path)
    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == allowed


async def test_headers_too_large_are_431(api: Caller) -> None:
    answer = await api.call("GET", "/projects", headers={"X-Large": "x" * 33 * 1024})
    assert_problem(answer, 431, "headers_too_large")


async def test_a_malformed_request_says_where_and_never_repeats_the_value(api: Caller, project: str) -> None:
    answer = await api.request_upload(project, b"", file_size="a secret value", priority="another secret value")
    found = assert_problem(answer, 422, "invalid_request")
    assert {error["field"] for error in found["errors"]} == {"body.file_size", "body.priority"}
    assert "secret value" not in answer.text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (rb'{"\ud800": 1}', "application/json"),
        (rb'{"status": "\ud800"}', "application/json"),
        (b'{"status": "uploaded", "' + b"x" * 5_000 + b'": 1}', "application/json"),
        (b'{"status": "uploaded"}', "text/plain"),
        (b'{"status": "uploaded"}', "nonsense"),
        (b"", "application/json"),
        (b"null", "application/json"),
        (b"\x00", "application/json"),
        (b"\xff\xfe{\x00}\x00", "application/json"),
        (b'{"status": "uploaded", "status": 7}', "application/json"),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_no_body_is_so_odd_that_it_breaks_the_answer(
    api: Caller, project: str, body: bytes, content_type: str
) -> None:
    issued = await api.issue(project, jpeg())
    for method, path in (("PATCH", f"/photos/{issued['photo_id']}/status"), ("PUT", f"/projects/{UNKNOWN}")):
        answer = await api.call(method, path, content=body, headers={"Content-Type": content_type})
        assert_problem(answer, 422, "invalid_request")
        assert len(answer.content) < 4_000


@pytest.mark.parametrize("path", ["/photos/%00", "/photos/..%2f..", "/photos/%ff%fe", "/photos/" + "x" * 4_000])
async def test_no_address_is_so_odd_that_it_breaks_the_answer(api: Caller, path: str) -> None:
    answer = await api.call("GET", path)
    assert answer.status_code in (404, 422)
    assert_problem(answer, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("request_id", ["a", "A-1_b.c", "x" * 128])
async def test_a_good_request_id_is_kept(api: Caller, request_id: str) -> None:
    answer = await api.http.get("/api/v1/projects", headers={"X-Request-ID": request_id})
    assert answer.headers["x-request-id"] == answer.json()["correlation_id"] == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 129, "a b", "a\tb", "a;b", "ä", '"', "a/b", "<script>"])
async def test_a_bad_request_id_is_replaced(api: Caller, request_id: str) -> None:
    answer = await api.http.get("/api/v1/projects", headers={"X-Request-ID": request_id.encode()})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.json()["correlation_id"] == answer.headers["x-request-id"]


async def test_each_request_without_an_id_gets_its_own(api: Caller) -> None:
    ids = {(await api.call("GET", "/projects")).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


async def broken(*_: object) -> None:
    raise RuntimeError("SELECT secret FROM /srv/internal/path")


async def test_what_nobody_expected_is_500_and_tells_nothing(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Projects, "list", broken)
    with structlog.testing.capture_logs() as lines:
        answer = await api.call("GET", "/projects", headers={"X-Request-ID": "trouble-1", "Origin": ORIGIN})

    assert_problem(answer, 500, "internal_error")
    assert not re.search(r"secret|internal/path|RuntimeError|Traceback", answer.text)
    assert answer.headers["x-request-id"] == "trouble-1"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    [line] = [line for line in lines if line["event"] == "unexpected_error"]
    assert (line["log_level"], line["error_code"], line["exc_info"]) == ("error", "internal_error", True)
    assert [line["status"] for line in lines if line["event"] == "request"] == [500]


async def test_the_next_request_after_a_500_is_answered(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, structlog.testing.capture_logs():
        patch.setattr(Library, "get", broken)
        assert_problem(await api.call("GET", f"/photos/{UNKNOWN}"), 500, "internal_error")
    assert_problem(await api.call("GET", f"/photos/{UNKNOWN}"), 404, "photo_not_found")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/healthz", {}),
        ("GET", "/api/v1/projects", {}),
        ("GET", "/nothing", {}),
        ("DELETE", "/api/v1/projects", {}),
        ("POST", "/api/v1/photos/upload-url", {"X-Large": "x" * 33 * 1024}),
    ],
)
async def test_every_answer_may_be_read_by_the_allowed_pages(
    api: Caller, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = await api.http.request(method, path, headers={**headers, "Origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-expose-headers"] == EXPOSED
    assert answer.headers["vary"] == "Origin"


async def test_other_pages_may_read_nothing(api: Caller) -> None:
    answer = await api.http.get("/healthz", headers={"Origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_preflight_needs_no_token_and_allows_what_clients_send(api: Caller, method: str) -> None:
    wanted = "authorization, content-type, idempotency-key, if-none-match, traceparent, x-request-id"
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": wanted,
    }
    answer = await api.http.options("/api/v1/photos/upload-url", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert method in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(header in allowed for header in wanted.split(", "))
    assert answer.headers["x-request-id"]


async def test_a_preflight_from_another_page_is_refused(api: Caller) -> None:
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    answer = await api.http.options("/api/v1/projects", headers=headers)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers
