"""What starting a detection again does to the photo's row and to its jobs."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from photodock.db import outbox
from photodock.db.outbox import ParkedJob
from photodock.db.pool import Database
from support.images import jpeg
from support.system import Caller

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def jobs_of(db: Database, photo_id: str) -> list[Any]:
    return list(await db.fetch("SELECT * FROM outbox WHERE photo_id = $1 ORDER BY id", UUID(photo_id)))


async def failed_photo(api: Caller, project: str, db: Database, code: str) -> str:
    """After four jobs that were sent."""
    photo = await api.upload(project, jpeg())
    photo_id = UUID(photo["id"])
    await db.execute("UPDATE outbox SET sent_at = clock_timestamp() WHERE photo_id = $1", photo_id)
    await db.execute(
        "UPDATE photos SET status = 'failed', error_code = $2, error_detail = 'x', jobs_sent = 4, "
        "failed_at = clock_timestamp(), processing_at = clock_timestamp() WHERE id = $1",
        photo_id,
        code,
    )
    return str(photo["id"])


@pytest.mark.parametrize("code", ["detection_failed", "detection_timeout"])
async def test_the_count_of_jobs_begins_anew_with_a_job_of_its_own(
    api: Caller, project: str, db: Database, code: str
) -> None:
    photo_id = await failed_photo(api, project, db, code)
    answer = await api.call("POST", f"/photos/{photo_id}/retry", headers={"traceparent": TRACEPARENT})
    assert answer.status_code == 200

    first, second = await jobs_of(db, photo_id)
    assert first["message_id"] != second["message_id"]
    same = ("s3_url", "detection_types", "priority")
    assert [first[name] for name in same] == [second[name] for name in same]
    assert (second["sent_at"], second["attempts"], second["traceparent"]) == (None, 0, TRACEPARENT)
    [row] = await db.fetch("SELECT jobs_sent, sweep_at FROM photos WHERE id = $1", UUID(photo_id))
    assert (row["jobs_sent"], row["sweep_at"]) == (0, None)


async def test_the_photo_forgets_its_failure_and_keeps_its_upload(api: Caller, project: str, db: Database) -> None:
    photo_id = await failed_photo(api, project, db, "detection_failed")
    before = await api.photo(photo_id)
    after = (await api.call("POST", f"/photos/{photo_id}/retry")).json()
    assert after["uploaded_at"] == before["uploaded_at"]
    assert (after["processing_at"], after["failed_at"], after["error"]) == (None, None, None)
    assert after["detection"] == {**before["detection"], "status": "pending", "error": None}
    assert after == {**(await api.photo(photo_id)), "download_url": after["download_url"]}


async def test_the_history_names_who_asked_for_it(api: Caller, project: str, db: Database) -> None:
    photo_id = await failed_photo(api, project, db, "detection_timeout")
    await api.colleague("ben").call("POST", f"/photos/{photo_id}/retry")
    last = (await api.call("GET", f"/photos/{photo_id}/history")).json()["items"][-1]
    assert (last["from"], last["to"], last["actor"], last["reason"]) == (
        "failed",
        "uploaded",
        "ben",
        "detection retried",
    )


@pytest.mark.parametrize("parked", [False, True])
async def test_a_job_that_was_never_sent_goes_no_more(api: Caller, project: str, db: Database, parked: bool) -> None:
    """The sweeper's next job may wait, or be parked, when the answer to the one before comes in."""
    photo = await api.upload(project, jpeg())
    [waiting] = await jobs_of(db, photo["id"])
    if parked:
        await outbox.mark_failed(db, {waiting["id"]: (None, "QueueUnavailable")})
    await api.pipeline().report(photo["id"], "failed", error={"code": "blurred"})
    await api.call("POST", f"/photos/{photo['id']}/retry")
    [job] = await jobs_of(db, photo["id"])
    assert job["id"] != waiting["id"]
    assert await parked_of(db, api) == []


async def parked_of(db: Database, api: Caller) -> list[ParkedJob]:
    return await outbox.parked(db, api.organization_id)


async def test_retries_at_once_make_one_job(api: Caller, project: str, db: Database) -> None:
    photo_id = await failed_photo(api, project, db, "detection_failed")
    answers = await asyncio.gather(*(api.call("POST", f"/photos/{photo_id}/retry") for _ in range(8)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 7}
    assert len(await jobs_of(db, photo_id)) == 2


async def test_a_photo_may_fail_and_be_retried_again_and_again(api: Caller, project: str, db: Database) -> None:
    photo = await api.upload(project, jpeg())
    for _ in range(3):
        await api.pipeline().report(photo["id"], "failed", error={"code": "blurred"})
        assert (await api.call("POST", f"/photos/{photo['id']}/retry")).status_code == 200
    assert [to for _, to in await api.history(photo["id"])].count("failed") == 3


async def test_a_foreign_photo_an_unknown_one_and_a_deleted_one_are_not_found(
    api: Caller, project: str, db: Database
) -> None:
    photo_id, deleted = [await failed_photo(api, project, db, "detection_failed") for _ in range(2)]
    await api.call("DELETE", f"/photos/{deleted}")
    for caller, one in ((api.stranger(), photo_id), (api, str(uuid4())), (api, deleted)):
        answer = await caller.call("POST", f"/photos/{one}/retry")
        assert (answer.status_code, answer.json()["code"]) == (404, "photo_not_found")
    assert (await api.photo(photo_id))["status"] == "failed"


@pytest.mark.parametrize("job_id", ["0", "-1", str(2**63), "x", "1.5", "%20"])
async def test_an_id_that_cannot_be_a_jobs_is_malformed(api: Caller, job_id: str) -> None:
    answer = await api.call("POST", f"/outbox/{job_id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
