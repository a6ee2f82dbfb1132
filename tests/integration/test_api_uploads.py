"""Requesting upload URLs over HTTP, on the real database and store."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from conftest import S3
from photodock.db.pool import Database
from photodock.settings import Settings
from support.clock import within_one_minute
from support.images import jpeg, png
from support.serving import serving
from support.system import Caller, sha256


async def test_the_answer_is_a_complete_upload(api: Caller, project: str, s3: S3) -> None:
    data = jpeg()
    answer = await api.request_upload(project, data, checksum_sha256=sha256(data))

    issued = answer.json()
    assert answer.status_code == 200
    assert issued["method"] == "PUT"
    assert issued["headers"] == {
        "Content-Type": "image/jpeg",
        "If-None-Match": "*",
        "X-Amz-Checksum-Sha256": sha256(data),
    }
    assert issued["status_url"] == f"/api/v1/photos/{issued['photo_id']}"
    assert issued["expires_in_seconds"] == 900
    assert issued["s3_url"].startswith(f"{s3.endpoint_url}/{s3.bucket}/{project}/")
    assert answer.headers["ratelimit-limit"] == "100"
    assert answer.headers["ratelimit-remaining"] == "99"
    assert answer.headers["cache-control"] == "no-store"
    assert (await api.put(issued, data)).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"mime_type": "image/heic"}, 400, "invalid_file_type"),
        ({"mime_type": "text/html"}, 400, "invalid_file_type"),
        ({"file_size": 1_023}, 400, "file_too_small"),
        ({"file_size": 52_428_801}, 400, "file_too_large"),
        ({"file_size": 0}, 400, "file_too_small"),
        ({"file_size": -1}, 422, "invalid_request"),
        ({"file_size": "2000"}, 422, "invalid_request"),
        ({"file_size": 2**70}, 422, "invalid_request"),
        ({"file_name": "a/b.jpg"}, 422, "invalid_request"),
        ({"file_name": "a\\b.jpg"}, 422, "invalid_request"),
        ({"file_name": "a\x00.jpg"}, 422, "invalid_request"),
        ({"file_name": "a\x9f.jpg"}, 422, "invalid_request"),
        ({"file_name": ""}, 422, "invalid_request"),
        ({"file_name": "x" * 256}, 422, "invalid_request"),
        ({"project_id": "north"}, 422, "invalid_request"),
        ({"project_id": str(uuid4())}, 403, "project_access_denied"),
        ({"checksum_sha256": "abc"}, 422, "invalid_request"),
        ({"checksum_sha256": "x" * 44}, 422, "invalid_request"),
        ({"detection_types": ["ghosts"]}, 422, "invalid_request"),
        ({"detection_types": []}, 422, "invalid_request"),
        ({"priority": "urgent"}, 422, "invalid_request"),
        ({"client_metadata": {"latitude": 91}}, 422, "invalid_request"),
        ({"client_metadata": {"latitude": "52"}}, 422, "invalid_request"),
        ({"client_metadata": {"direction_deg": True}}, 422, "invalid_request"),
        ({"client_metadata": {"captured_at": "2025-11-17T10:30:00"}}, 422, "invalid_request"),
        ({"client_metadata": {"captured_at": 1_763_375_400}}, 422, "invalid_request"),
        ({"client_metadata": {"captured_at": "1763375400"}}, 422, "invalid_request"),
        ({"unknown": 1}, 422, "invalid_request"),
    ],
)
async def test_a_bad_request_says_what_is_wrong(
    api: Caller, project: str, change: dict[str, object], status: int, code: str
) -> None:
    answer = await api.request_upload(project, jpeg(), **change)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["correlation_id"] == answer.headers["x-request-id"]
    assert len(problem["detail"]) > 20


@pytest.mark.parametrize("size", [1_024, 52_428_800])
async def test_the_smallest_and_the_largest_size_are_taken_in(api: Caller, project: str, size: int) -> None:
    answer = await api.request_upload(project, b"", file_size=size)
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["屋根 🏠.jpg", "dach\u202egpj.exe", "x" * 255, "👩‍🔧 roof.png"])
async def test_any_script_and_emoji_are_kept_and_never_reach_the_key(api: Caller, project: str, name: str) -> None:
    answer = await api.request_upload(project, png(), file_name=name, mime_type="image/png")
    issued = answer.json()
    photo = await api.photo(issued["photo_id"])
    assert photo["file_name"] == name
    assert issued["s3_url"].endswith(f"{issued['photo_id']}.png")


async def test_a_malformed_body_is_422(api: Caller) -> None:
    for body in (b"{", b"[" * 60_000, b'"text"', b"\xff\xfe", b"1" * 6_000):
        answer = await api.call(
            "POST", "/photos/upload-url", content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), body[:20]


async def test_a_lone_surrogate_is_422(api: Caller, project: str) -> None:
    body = f'{{"project_id": "{project}", "file_name": "\\ud800.jpg", "file_size": 2000, "mime_type": "image/jpeg"}}'
    answer = await api.call(
        "POST", "/photos/upload-url", content=body.encode(), headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_replay_is_the_same_photo_with_a_new_url_and_costs_nothing(api: Caller, project: str) -> None:
    await within_one_minute()
    first = await api.request_upload(project, jpeg(), key="roof-1")
    again = await api.request_upload(project, jpeg(), key="roof-1")
    next_one = await api.request_upload(project, jpeg())

    assert again.json()["photo_id"] == first.json()["photo_id"]
    assert again.json()["upload_id"] != first.json()["upload_id"]
    assert "ratelimit-limit" not in again.headers
    assert next_one.headers["ratelimit-remaining"] == "98"


async def test_another_body_under_the_same_key_is_a_conflict(api: Caller, project: str) -> None:
    await api.request_upload(project, jpeg(), key="roof-1")
    answer = await api.request_upload(project, jpeg(), key="roof-1", file_name="other.jpg")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")


async def test_keys_are_each_users_own(api: Caller, project: str) -> None:
    mine = await api.request_upload(project, jpeg(), key="roof-1")
    theirs = await api.colleague().request_upload(project, jpeg(), key="roof-1")
    assert theirs.json()["photo_id"] != mine.json()["photo_id"]


async def test_concurrent_first_requests_with_one_key_make_one_photo(api: Caller, project: str, db: Database) -> None:
    answers = await asyncio.gather(*(api.request_upload(project, jpeg(), key="one") for _ in range(40)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["photo_id"] for answer in answers}) == 1
    row = await db.fetchrow("SELECT sum(used) AS used FROM upload_quota")
    assert row is not None
    assert row["used"] == 1


async def test_after_deletion_the_key_is_free(api: Caller, project: str) -> None:
    first = (await api.request_upload(project, jpeg(), key="roof-1")).json()
    assert (await api.call("DELETE", f"/photos/{first['photo_id']}")).status_code == 204
    second = await api.request_upload(project, jpeg(), key="roof-1")
    assert second.json()["photo_id"] != first["photo_id"]


async def test_200_concurrent_requests_of_one_user_get_exactly_100_urls(api: Caller, project: str) -> None:
    await within_one_minute()
    answers = await asyncio.gather(*(api.request_upload(project, jpeg()) for _ in range(200)))

    assert Counter(answer.status_code for answer in answers) == {200: 100, 429: 100}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit-remaining"] == "0"


async def test_a_replay_is_answered_when_the_quota_is_used_up(settings: Settings) -> None:
    await within_one_minute()
    async for api in serving(settings.model_copy(update={"upload_urls_per_minute": 1})):
        project = await api.make_project()
        first = await api.request_upload(project, jpeg(), key="roof-1")
        assert (await api.request_upload(project, jpeg())).status_code == 429
        again = await api.request_upload(project, jpeg(), key="roof-1")
        assert again.json()["photo_id"] == first.json()["photo_id"]


async def test_each_user_has_a_quota_of_their_own(settings: Settings) -> None:
    await within_one_minute()
    async for api in serving(settings.model_copy(update={"upload_urls_per_minute": 1})):
        project = await api.make_project()
        assert (await api.request_upload(project, jpeg())).status_code == 200
        assert (await api.colleague().request_upload(project, jpeg())).status_code == 200
        assert (await api.request_upload(project, jpeg())).status_code == 429


async def test_a_refresh_keeps_photo_and_key(api: Caller, project: str) -> None:
    data = jpeg()
    await within_one_minute()
    first = (await api.request_upload(project, data, checksum_sha256=sha256(data))).json()
    answer = await api.call("POST", f"/photos/{first['photo_id']}/upload-url")

    fresh = answer.json()
    assert answer.status_code == 200
    assert (fresh["photo_id"], fresh["s3_url"]) == (first["photo_id"], first["s3_url"])
    assert fresh["upload_id"] != first["upload_id"]
    assert fresh["headers"] == first["headers"]
    assert answer.headers["ratelimit-remaining"] == "98"
    assert (await api.put(fresh, data)).status_code == 200


async def test_a_refresh_of_a_confirmed_photo_is_a_conflict(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    answer = await api.call("POST", f"/photos/{photo['id']}/upload-url")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_status_transition")


async def test_a_refresh_costs_quota(settings: Settings) -> None:
    await within_one_minute()
    async for api in serving(settings.model_copy(update={"upload_urls_per_minute": 1})):
        project = await api.make_project()
        photo_id = (await api.request_upload(project, jpeg())).json()["photo_id"]
        assert (await api.call("POST", f"/photos/{photo_id}/upload-url")).status_code == 429


async def test_a_refresh_revives_a_photo_that_was_given_up(api: Caller, project: str, db: Database) -> None:
    data = jpeg()
    photo_id = (await api.request_upload(project, data)).json()["photo_id"]
    await db.execute("UPDATE photos SET status = 'failed', error_code = 'upload_expired', failed_at = now()")

    fresh = (await api.call("POST", f"/photos/{photo_id}/upload-url")).json()

    photo = await api.photo(photo_id)
    assert (photo["status"], photo["error"], photo["failed_at"]) == ("pending_upload", None, None)
    assert (await api.history(photo_id))[-1] == ("failed", "pending_upload")
    await api.put(fresh, data)
    assert (await api.confirm(photo_id)).json()["status"] == "uploaded"


async def test_every_issued_url_moves_the_last_urls_end(api: Caller, project: str, db: Database) -> None:
    photo_id = (await api.request_upload(project, jpeg(), key="k")).json()["photo_id"]
    long_ago = timedelta(hours=5)
    await db.execute(
        "UPDATE photos SET url_expires_at = url_expires_at - $1::interval, sweep_at = sweep_at - $1", long_ago
    )
    issued = (await api.request_upload(project, jpeg(), key="k")).json()

    row = await db.fetchrow("SELECT url_expires_at, sweep_at FROM photos WHERE id = $1", photo_id)
    assert row is not None
    assert abs(row["url_expires_at"] - datetime.fromisoformat(issued["expires_at"])) < timedelta(seconds=2)
    assert row["sweep_at"] > row["url_expires_at"]
