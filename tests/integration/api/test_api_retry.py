"""Starting a failed detection again, and sending parked jobs again, over HTTP."""

from uuid import UUID

import pytest

from photodock.db import outbox
from photodock.db.pool import Database
from support.images import jpeg
from support.system import Caller

ERROR = {"code": "blurred", "detail": "The photo is too blurred."}


async def waiting_jobs(db: Database, photo_id: str) -> list[int]:
    rows = await db.fetch("SELECT id FROM outbox WHERE photo_id = $1 AND sent_at IS NULL", UUID(photo_id))
    return [row["id"] for row in rows]


@pytest.fixture
async def failed(api: Caller, project: str) -> str:
    """The id of a photo whose detection failed."""
    photo = await api.upload(project, jpeg())
    await api.pipeline().report(photo["id"], "failed", error=ERROR)
    return str(photo["id"])


async def test_a_retry_makes_the_photo_uploaded_with_one_new_job(api: Caller, db: Database, failed: str) -> None:
    before = await waiting_jobs(db, failed)
    answer = await api.call("POST", f"/photos/{failed}/retry", headers={"X-Request-ID": "retry-1"})

    photo = answer.json()
    assert (answer.status_code, photo["status"], photo["error"]) == (200, "uploaded", None)
    assert photo["detection"]["status"] == "pending"
    [job_id] = await waiting_jobs(db, failed)
    assert job_id not in before
    row = await db.fetchrow("SELECT correlation_id FROM outbox WHERE id = $1", job_id)
    assert row is not None
    assert row["correlation_id"] == "retry-1"
    assert (await api.history(failed))[-1] == ("failed", "uploaded")


async def test_a_retried_photo_can_be_completed(api: Caller, failed: str) -> None:
    await api.call("POST", f"/photos/{failed}/retry")
    answer = await api.pipeline().report(failed, "completed", detections={"damage": []})
    assert (answer.status_code, answer.json()["detection"]["error"]) == (200, None)


async def test_confirming_does_not_start_a_detection_again(api: Caller, db: Database, failed: str) -> None:
    before = await waiting_jobs(db, failed)
    assert (await api.confirm(failed)).json()["status"] == "failed"
    assert await waiting_jobs(db, failed) == before


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *(("pending_upload", None), ("uploaded", None), ("processing", None), ("completed", None)),
        *(("failed", "upload_expired"), ("failed", "content_mismatch")),
    ],
)
async def test_only_a_failed_detection_can_be_started_again(
    api: Caller, project: str, db: Database, status: str, code: str | None
) -> None:
    photo_id = (await api.issue(project, jpeg()))["photo_id"]
    await db.execute("UPDATE photos SET status = $2, error_code = $3 WHERE id = $1", UUID(photo_id), status, code)
    answer = await api.call("POST", f"/photos/{photo_id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_status_transition")
    assert await waiting_jobs(db, photo_id) == []


@pytest.fixture
async def parked(api: Caller, project: str, db: Database) -> int:
    """The id of a job that could not be sent."""
    photo = await api.upload(project, jpeg())
    [job_id] = await waiting_jobs(db, photo["id"])
    await outbox.mark_failed(db, {job_id: (None, "QueueUnavailable")})
    return job_id


async def test_an_administrator_sees_parked_jobs_and_sends_one_again(api: Caller, parked: int) -> None:
    [job] = (await api.call("GET", "/outbox")).json()["items"]
    assert set(job) == {"id", "photo_id", "attempts", "last_error", "created_at", "parked_at"}
    assert (job["id"], job["attempts"], job["last_error"]) == (parked, 1, "QueueUnavailable")

    assert (await api.call("POST", f"/outbox/{parked}/retry")).status_code == 204

    assert (await api.call("GET", "/outbox")).json() == {"items": []}
    again = await api.call("POST", f"/outbox/{parked}/retry")
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


async def test_a_foreign_job_and_an_unknown_one_are_not_found_alike(api: Caller, parked: int) -> None:
    stranger = api.stranger()
    assert (await stranger.call("GET", "/outbox")).json() == {"items": []}
    answers = [
        await stranger.call("POST", f"/outbox/{job_id}/retry", headers={"X-Request-ID": "same"})
        for job_id in (parked, 2**62)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].content == answers[1].content
    assert len((await api.call("GET", "/outbox")).json()["items"]) == 1


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "after=-1", f"after={2**63}", "after=x"])
async def test_a_page_of_the_outbox_out_of_bounds_is_refused(api: Caller, query: str) -> None:
    assert (await api.call("GET", f"/outbox?{query}")).status_code == 422


async def test_the_outbox_is_paged(api: Caller, project: str, db: Database, parked: int) -> None:
    photo = await api.upload(project, jpeg())
    [second] = await waiting_jobs(db, photo["id"])
    await outbox.mark_failed(db, {second: (None, "QueueUnavailable")})
    for query, expected in (("limit=1", [parked]), (f"after={parked}", [second]), (f"after={second}", [])):
        items = (await api.call("GET", f"/outbox?{query}")).json()["items"]
        assert [job["id"] for job in items] == expected
