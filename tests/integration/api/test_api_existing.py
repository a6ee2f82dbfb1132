"""Which photos a project has already."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from photodock.db.pool import Database
from support.images import jpeg
from support.system import Caller, sha256

ABSENT = sha256(b"absent")


def photo(number: int) -> bytes:
    """Each number's photo has other bytes."""
    return jpeg(make=f"Acme {number}")


async def ask(caller: Caller, project: str, checksums: list[Any]) -> httpx.Response:
    return await caller.call("POST", "/photos/exists", json={"project_id": project, "checksums": checksums})


async def found(caller: Caller, project: str, checksums: list[str]) -> list[dict[str, Any]]:
    answer = await ask(caller, project, checksums)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


@pytest.fixture
async def project(api: Caller) -> str:
    return await api.make_project()


async def test_a_photo_that_has_arrived_is_found_by_its_checksum(api: Caller, project: str) -> None:
    first, second = [await api.upload(project, photo(n), checksum_sha256=sha256(photo(n))) for n in (1, 2)]
    asked = [sha256(photo(2)), ABSENT, sha256(photo(1)), sha256(photo(2))]
    assert await found(api, project, asked) == [
        {"checksum_sha256": sha256(photo(2)), "photo_id": second["id"], "status": "uploaded"},
        {"checksum_sha256": sha256(photo(1)), "photo_id": first["id"], "status": "uploaded"},
    ]


async def test_of_the_same_photo_twice_the_first_is_named(api: Caller, project: str) -> None:
    same = [await api.upload(project, photo(1), checksum_sha256=sha256(photo(1))) for _ in range(3)]
    assert [one["photo_id"] for one in await found(api, project, [sha256(photo(1))])] == [same[0]["id"]]


async def test_a_photo_whose_detection_failed_is_there_and_processing_and_completed_ones_too(
    api: Caller, project: str
) -> None:
    detector = api.pipeline()
    sent = [await api.upload(project, photo(n), checksum_sha256=sha256(photo(n))) for n in range(3)]
    await detector.report(sent[0]["id"], "processing")
    await detector.report(sent[1]["id"], "completed", detections={})
    await detector.report(sent[2]["id"], "failed", error={"code": "too_dark"})
    statuses = [one["status"] for one in await found(api, project, [sha256(photo(n)) for n in range(3)])]
    assert statuses == ["processing", "completed", "failed"]


async def test_what_has_not_arrived_or_was_not_what_was_declared_is_not_there(
    api: Caller, project: str, db: Database
) -> None:
    """Of a checksum that nobody has compared with any bytes nothing is known."""
    pending = await api.issue(project, photo(1), checksum_sha256=sha256(photo(1)))
    expired = await api.issue(project, photo(2), checksum_sha256=sha256(photo(2)))
    await db.execute(
        "UPDATE photos SET status = 'failed', error_code = 'upload_expired' WHERE id = $1", UUID(expired["photo_id"])
    )
    text = b"no photo".ljust(2_000)
    mismatched = await api.issue(project, text, checksum_sha256=sha256(text))
    await api.put(mismatched, text)
    assert (await api.confirm(mismatched["photo_id"])).json()["status"] == "failed"
    asked = [sha256(photo(1)), sha256(photo(2)), sha256(text)]
    assert await found(api, project, asked) == []
    assert (await api.put(pending, photo(1))).status_code == 200
    assert await found(api, project, asked) == []
    await api.confirm(pending["photo_id"])
    assert [one["photo_id"] for one in await found(api, project, asked)] == [pending["photo_id"]]


async def test_a_photo_without_a_declared_checksum_is_not_found_and_a_deleted_one_no_more(
    api: Caller, project: str
) -> None:
    await api.upload(project, photo(1))
    deleted = await api.upload(project, photo(2), checksum_sha256=sha256(photo(2)))
    await api.call("DELETE", f"/photos/{deleted['id']}")
    assert await found(api, project, [sha256(photo(1)), sha256(photo(2))]) == []


async def test_another_project_and_another_organization_are_not_looked_at(api: Caller, project: str) -> None:
    await api.upload(project, photo(1), checksum_sha256=sha256(photo(1)))
    assert await found(api, await api.make_project(), [sha256(photo(1))]) == []
    stranger = api.stranger()
    assert await found(stranger, await stranger.make_project(), [sha256(photo(1))]) == []
    for foreign in (project, str(uuid4())):
        refused = await ask(stranger, foreign, [sha256(photo(1))])
        assert (refused.status_code, refused.json()["code"]) == (403, "project_access_denied")


@pytest.mark.parametrize(
    "checksums",
    [[], [ABSENT] * 501, ["x"], [ABSENT.rstrip("=")], [ABSENT + "\n"], [7], [None], ABSENT],
    ids=["none", "too many", "short", "unpadded", "newline", "number", "null", "no list"],
)
async def test_what_is_no_list_of_checksums_is_refused(api: Caller, project: str, checksums: Any) -> None:
    refused = await ask(api, project, checksums)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_five_hundred_are_answered_in_one_call(api: Caller, project: str) -> None:
    sent = await api.upload(project, photo(1), checksum_sha256=sha256(photo(1)))
    asked = [sha256(str(number).encode()) for number in range(499)] + [sha256(photo(1))]
    assert [one["photo_id"] for one in await found(api, project, asked)] == [sent["id"]]


async def test_asking_costs_no_quota_and_nothing_is_kept_by_a_cache(api: Caller, project: str) -> None:
    answer = await ask(api, project, [ABSENT])
    assert not [name for name in answer.headers if name.startswith("ratelimit")]
    assert answer.headers["cache-control"] == "no-store"
