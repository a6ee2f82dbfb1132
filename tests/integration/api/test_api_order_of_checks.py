"""401 → 413/431 → 403 scope → 422 shape → 400 file rules → idempotent replay → 429 quota → 403 project.

Each request here breaks two rules or more; the answer speaks of the earlier one.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from photodock.settings import Settings
from support.images import jpeg
from support.polling import until
from support.serving import changed, running
from support.system import Caller

KIB = 1024
LARGE_BODY = b'{"x": "' + b"x" * 70 * KIB
LARGE_HEADERS = {"X-Large": "x" * 33 * KIB}
WRITE = ("photos:write",)
PATH = "/photos/upload-url"
GOOD: dict[str, Any] = {"file_name": "roof.jpg", "file_size": 2_000, "mime_type": "image/jpeg"}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_the_token_comes_before_all_else(api: Caller) -> None:
    answer = await api.http.post(f"/api/v1{PATH}", content=LARGE_BODY, headers=LARGE_HEADERS)
    assert code(answer) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (LARGE_HEADERS, b"{", (431, "headers_too_large")),
        ({}, LARGE_BODY, (413, "body_too_large")),
        (LARGE_HEADERS, LARGE_BODY, (431, "headers_too_large")),
        ({}, b"{", (403, "insufficient_scope")),
    ],
    ids=["headers", "body", "headers and body", "neither"],
)
async def test_sizes_come_before_the_scope_and_the_scope_before_the_shape(
    api: Caller, headers: dict[str, str], body: bytes, expected: tuple[int, str]
) -> None:
    reader = api.colleague(scopes=("photos:read",))
    for method, path in (("POST", PATH), ("PATCH", f"/photos/{uuid4()}/status"), ("PUT", "/projects/no-id")):
        # A report may be larger than other bodies.
        content = body + b"x" * 200 * KIB if path.endswith("status") and body is LARGE_BODY else body
        assert code(await reader.call(method, path, content=content, headers=headers)) == expected, path


async def test_a_body_that_grows_beyond_the_limit_without_telling_is_refused(api: Caller) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"x" * KIB

    answer = await api.call("POST", PATH, content=chunks())
    assert "content-length" not in answer.request.headers
    assert code(answer) == (413, "body_too_large")


async def test_an_endless_body_is_read_no_further_than_the_largest_limit(api: Caller) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += KIB
            yield b"x" * KIB

    for method, path in (("POST", PATH), ("PATCH", f"/photos/{uuid4()}/status")):
        sent = 0
        assert code(await api.call(method, path, content=endless())) == (413, "body_too_large")
        assert sent <= 262 * KIB


async def test_a_body_as_large_as_allowed_is_read(api: Caller, project: str) -> None:
    body = b'{"x": 1}'.ljust(64 * KIB)
    assert code(await api.call("POST", PATH, content=body, headers={"Content-Type": "application/json"}))[0] == 422


async def test_the_scope_comes_before_the_shape_of_a_path_and_a_query(api: Caller) -> None:
    writer = api.colleague(scopes=WRITE)
    for method, path in (("GET", "/photos/no-id"), ("GET", "/photos?limit=0"), ("GET", "/photos?cursor=x")):
        assert code(await writer.call(method, path)) == (403, "insufficient_scope")
        assert code(await api.call(method, path)) == (422, "invalid_request")


async def test_the_shape_comes_before_the_file_rules(api: Caller) -> None:
    answer = await api.request_upload(str(uuid4()), b"", mime_type="image/heic", file_size=1, file_name="a/b")
    assert code(answer) == (422, "invalid_request")
    answer = await api.request_upload(str(uuid4()), b"", mime_type="image/heic", detection_types=["ghosts"])
    assert code(answer) == (422, "invalid_request")


@pytest.fixture
async def strict(settings: Settings) -> AsyncIterator[Caller]:
    """The API with a quota of one URL a minute."""
    async with running(changed(settings, upload_urls_per_minute=1)) as caller:
        yield caller


async def early_in_the_minute() -> bool:
    """The quota is of a minute of the clock, and a test must not straddle two."""
    return datetime.now(UTC).second < 50


@pytest.fixture
async def spent(strict: Caller) -> tuple[Caller, str]:
    """A caller who has used up the quota under the key `spent`, in the project also returned."""
    await until(early_in_the_minute, seconds=40)
    caller = strict.stranger()
    project = await caller.make_project()
    assert (await caller.request_upload(project, jpeg(), key="spent")).status_code == 200
    return caller, project


async def test_the_file_rules_come_before_replay_quota_and_project(spent: tuple[Caller, str]) -> None:
    caller, _ = spent
    for change, expected in (
        ({"mime_type": "image/heic"}, "invalid_file_type"),
        ({"file_size": 1_023}, "file_too_small"),
        ({"file_size": 2**40}, "file_too_large"),
    ):
        answer = await caller.request_upload(str(uuid4()), b"", key="spent", **change)
        assert code(answer) == (400, expected)


async def test_a_replay_and_its_conflict_come_before_quota_and_project(spent: tuple[Caller, str]) -> None:
    caller, project = spent
    assert (await caller.request_upload(project, jpeg(), key="spent")).status_code == 200
    assert code(await caller.request_upload(str(uuid4()), jpeg(), key="spent")) == (409, "idempotency_conflict")


async def test_the_quota_comes_before_the_project(spent: tuple[Caller, str]) -> None:
    caller, _ = spent
    answer = await caller.request_upload(str(uuid4()), jpeg())
    assert code(answer) == (429, "rate_limited")
    assert answer.headers["ratelimit-remaining"] == "0"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["retry-after"] == answer.headers["ratelimit-reset"]


async def test_a_refused_project_costs_quota_like_any_request(strict: Caller) -> None:
    """Otherwise guessing at projects would be free."""
    await until(early_in_the_minute, seconds=40)
    caller = strict.stranger()
    assert code(await caller.request_upload(str(uuid4()), jpeg())) == (403, "project_access_denied")
    assert code(await caller.request_upload(str(uuid4()), jpeg())) == (429, "rate_limited")


async def test_of_a_refresh_photo_and_state_come_before_the_quota(spent: tuple[Caller, str]) -> None:
    caller, project = spent
    photo_id = (await caller.request_upload(project, jpeg(), key="spent")).json()["photo_id"]
    assert code(await caller.call("POST", f"/photos/{uuid4()}/upload-url")) == (404, "photo_not_found")
    assert code(await caller.call("POST", f"/photos/{photo_id}/upload-url")) == (429, "rate_limited")
