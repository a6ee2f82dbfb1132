"""Confirming an upload: what is stored, how often, and what it costs."""

import asyncio
from datetime import datetime
from uuid import UUID

import pytest

from conftest import S3
from photodock.db.pool import Database
from support.images import behind, jpeg, png
from support.reads import Reads
from support.store import Store, key_of
from support.system import Caller

KIB = 1024
UPLOADED_HISTORY = [(None, "pending_upload"), ("pending_upload", "uploaded")]


async def jobs(db: Database, photo_id: str) -> list[dict[str, object]]:
    return [dict(row) for row in await db.fetch("SELECT * FROM outbox WHERE photo_id = $1", UUID(photo_id))]


async def test_a_confirmed_photo_has_its_dimensions_and_exif(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg(640, 480))

    assert photo["status"] == "uploaded"
    assert (photo["width"], photo["height"]) == (640, 480)
    exif = photo["exif_data"]
    assert (exif["camera_make"], exif["camera_model"]) == ("Acme", "Roofcam 1")
    assert exif["captured_at"] == "2025-11-17T10:30:00"
    assert exif["gps_coordinates"]["latitude"] == pytest.approx(52.5163, abs=1e-6)
    assert exif["gps_coordinates"]["longitude"] == pytest.approx(13.3777, abs=1e-6)
    assert datetime.fromisoformat(photo["created_at"]) < datetime.fromisoformat(photo["uploaded_at"])
    assert await api.photo(photo["id"]) == photo


async def test_a_png_is_confirmed_too(api: Caller, project: str) -> None:
    photo = await api.upload(project, png(70, 30), mime_type="image/png")
    assert (photo["status"], photo["width"], photo["height"], photo["exif_data"]) == ("uploaded", 70, 30, None)


async def test_confirming_leaves_one_job_and_a_legal_history(api: Caller, project: str, db: Database, s3: S3) -> None:
    issued = await api.issue(project, jpeg(), detection_types=["damage"], priority="high")
    await api.put(issued, jpeg())
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = await api.call(
        "PATCH",
        f"/photos/{issued['photo_id']}/status",
        json={"status": "uploaded"},
        headers={"X-Request-ID": "confirm-1", "traceparent": trace},
    )

    [job] = await jobs(db, answer.json()["id"])
    assert job["s3_url"] == f"s3://{s3.bucket}/{key_of(issued)}"
    assert (job["detection_types"], job["priority"]) == (["damage"], "high")
    assert (job["correlation_id"], job["traceparent"]) == ("confirm-1", trace)
    assert (job["attempts"], job["sent_at"], job["parked_at"]) == (0, None, None)
    assert await api.history(issued["photo_id"]) == UPLOADED_HISTORY


async def test_a_repeat_changes_nothing_and_asks_storage_nothing(
    api: Caller, project: str, db: Database, reads: Reads
) -> None:
    first = await api.upload(project, jpeg())
    assert len(reads.heads) == 1

    again = await api.confirm(first["id"])

    assert again.status_code == 200
    assert again.json() == first
    assert (len(reads.heads), reads.ranges) == (1, [])
    assert len(await jobs(db, first["id"])) == 1
    assert await api.history(first["id"]) == UPLOADED_HISTORY


@pytest.mark.parametrize(
    ("status", "code"),
    [("processing", None), ("completed", None), ("failed", "detection_failed"), ("failed", "detection_timeout")],
)
async def test_a_photo_that_went_further_stays_as_it_is(
    api: Caller, project: str, db: Database, reads: Reads, status: str, code: str | None
) -> None:
    photo_id = (await api.issue(project, jpeg()))["photo_id"]
    await db.execute("UPDATE photos SET status = $2, error_code = $3 WHERE id = $1", UUID(photo_id), status, code)

    answer = await api.confirm(photo_id)

    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert reads.heads == []
    assert await jobs(db, photo_id) == []


async def test_20_concurrent_confirms_make_one_job_and_one_line_of_history(
    api: Caller, project: str, db: Database
) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())

    answers = await asyncio.gather(*(api.confirm(issued["photo_id"]) for _ in range(20)))

    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(200, "uploaded")}
    assert len(await jobs(db, issued["photo_id"])) == 1
    assert await api.history(issued["photo_id"]) == UPLOADED_HISTORY


async def test_a_colleague_may_confirm(api: Caller, project: str) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    assert (await api.colleague().confirm(issued["photo_id"])).json()["status"] == "uploaded"


async def test_confirming_before_the_upload_says_so_and_changes_nothing(api: Caller, project: str) -> None:
    issued = await api.issue(project, jpeg())
    before = await api.photo(issued["photo_id"])

    answer = await api.confirm(issued["photo_id"])

    assert (answer.status_code, answer.json()["code"]) == (409, "upload_not_found")
    assert await api.photo(issued["photo_id"]) == before
    await api.put(issued, jpeg())
    assert (await api.confirm(issued["photo_id"])).status_code == 200


async def test_an_object_that_came_after_all_revives_a_photo_given_up(api: Caller, project: str, db: Database) -> None:
    issued = await api.issue(project, jpeg())
    expire = (
        "UPDATE photos SET status = 'failed', error_code = 'upload_expired', error_detail = 'late', failed_at = now(),"
        " version = version + 1 WHERE id = $1"
    )
    await db.execute(expire, UUID(issued["photo_id"]))
    assert (await api.confirm(issued["photo_id"])).json()["code"] == "upload_not_found"
    assert (await api.photo(issued["photo_id"]))["error"] == {"code": "upload_expired", "detail": "late"}

    await api.put(issued, jpeg())
    photo = (await api.confirm(issued["photo_id"])).json()

    assert (photo["status"], photo["error"], photo["failed_at"]) == ("uploaded", None, None)
    assert len(await jobs(db, issued["photo_id"])) == 1
    assert (await api.history(issued["photo_id"]))[-1] == ("failed", "uploaded")


@pytest.mark.parametrize("damaged", ["exif", "everything"])
async def test_a_damaged_photo_goes_on_without_what_cannot_be_read(
    api: Caller, project: str, db: Database, damaged: str
) -> None:
    whole = jpeg(64, 48)
    assert b"Exif\0\0" in whole
    data = (
        whole.replace(b"Exif\0\0", b"Exif\0\0\xff\xff\xff\xff")
        if damaged == "exif"
        else b"\xff\xd8\xff".ljust(2_000, b"?")
    )
    photo = await api.upload(project, data)

    assert photo["status"] == "uploaded"
    assert photo["exif_data"] is None
    assert len(await jobs(db, photo["id"])) == 1


@pytest.mark.parametrize(
    ("filling", "ends"),
    [(0, []), (150 * KIB, [1024 * KIB]), (1_100 * KIB, [1024 * KIB, 4096 * KIB])],
    ids=["in the head", "in the first megabyte", "behind it"],
)
async def test_metadata_far_behind_costs_three_reads_at_most(
    api: Caller, project: str, reads: Reads, filling: int, ends: list[int]
) -> None:
    data = behind(jpeg(64, 48), filling)
    photo = await api.upload(project, data)

    assert (photo["width"], photo["exif_data"]["camera_make"]) == (64, "Acme")
    assert len(reads.heads) == 1
    assert [end for _, end in reads.ranges] == [min(end, len(data)) for end in ends]
    assert sum(end - start for start, end in reads.ranges) <= len(data)


async def test_an_expired_url_is_no_reason_to_refuse_an_object_that_is_there(
    api: Caller, project: str, db: Database, store: Store
) -> None:
    issued = await api.issue(project, jpeg())
    await store.put(key_of(issued), jpeg())
    await db.execute(
        "UPDATE photos SET url_expires_at = now() - interval '1 hour' WHERE id = $1", UUID(issued["photo_id"])
    )
    assert (await api.confirm(issued["photo_id"])).json()["status"] == "uploaded"
