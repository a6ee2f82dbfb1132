"""A photo's way through the whole system."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from support.calls import ABOUT_A_PHOTO
from support.images import jpeg, png
from support.system import Caller, sha256
from support.whole import System

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_photo_goes_in_and_its_results_come_out(system: System, api: Caller, project: str) -> None:
    data = jpeg(640, 480)
    answer = await api.request_upload(
        project,
        data,
        file_name="屋根 🏠.jpg",
        checksum_sha256=sha256(data),
        detection_types=["damage"],
        priority="high",
        client_metadata={"latitude": 52.5163, "longitude": 13.3777, "accuracy_m": 8},
    )
    issued = answer.json()
    assert answer.status_code == 200
    photo_id = issued["photo_id"]
    pending = await api.photo(photo_id)
    assert (pending["status"], pending["download_url"], pending["exif_data"]) == ("pending_upload", None, None)

    assert (await api.put(issued, data)).status_code == 200
    confirmed = await api.call(
        "PATCH",
        f"/photos/{photo_id}/status",
        json={"status": "uploaded"},
        headers={"X-Request-ID": "roof-42", "traceparent": TRACEPARENT},
    )
    assert confirmed.status_code == 200
    held = await api.call("GET", f"/photos/{photo_id}?wait=30")
    photo = await system.finished(photo_id) if held.json()["status"] != "completed" else held.json()

    bucket = system.deployment.backend.s3_bucket
    key = issued["s3_url"].partition(f"/{bucket}/")[2]
    job = system.detector.job_of(photo_id)
    assert job.body == {
        "photo_id": photo_id,
        "s3_url": f"s3://{bucket}/{key}",
        "detection_types": ["damage"],
        "priority": "high",
    }
    assert job.attributes == {
        "message_id": job.message_id,
        "correlation_id": "roof-42",
        "traceparent": TRACEPARENT,
    }
    assert key == f"{project}/{datetime.fromisoformat(photo['created_at']):%Y/%m/%d}/{photo_id}.jpg"
    assert_complete(photo, issued, data)
    assert (await api.storage.get(photo["download_url"])).content == data
    assert (await api.call("GET", f"/photos/{photo_id}/exif")).json() == {"exif_data": photo["exif_data"]}
    assert [item["id"] for item in (await api.call("GET", f"/photos?project_id={project}")).json()["items"]] == [
        photo_id
    ]
    await assert_history(api, photo_id)


def assert_complete(photo: dict[str, Any], issued: dict[str, Any], data: bytes) -> None:
    assert {name: photo[name] for name in ("status", "error", "file_name", "file_size", "mime_type")} == {
        "status": "completed",
        "error": None,
        "file_name": "屋根 🏠.jpg",
        "file_size": len(data),
        "mime_type": "image/jpeg",
    }
    assert (photo["width"], photo["height"], photo["upload_id"]) == (640, 480, issued["upload_id"])
    assert photo["checksum_sha256"] == sha256(data)
    assert photo["exif_data"]["camera_make"] == "Acme"
    assert photo["exif_data"]["captured_at"] == "2025-11-17T10:30:00"
    assert photo["exif_data"]["gps_coordinates"]["latitude"] == pytest.approx(52.5163, abs=1e-6)
    assert photo["client_metadata"] == {"latitude": 52.5163, "longitude": 13.3777, "accuracy_m": 8}
    assert photo["detection"] == {
        "types": ["damage"],
        "priority": "high",
        "status": "completed",
        "results": {"measured": [640, 480]},
        "error": None,
    }
    moments = [photo[f"{name}_at"] for name in ("created", "uploaded", "processing", "completed")]
    assert moments == sorted(moments)
    assert photo["failed_at"] is None


async def assert_history(api: Caller, photo_id: str) -> None:
    items = (await api.call("GET", f"/photos/{photo_id}/history")).json()["items"]
    assert [(item["from"], item["to"]) for item in items] == [
        (None, "pending_upload"),
        ("pending_upload", "uploaded"),
        ("uploaded", "processing"),
        ("processing", "completed"),
    ]
    by = [item["actor"] for item in items]
    # Whoever is faster notes the start of the processing.
    assert (*by[:2], by[3]) == ("anna", "anna", "pipeline:detector")
    assert by[2] in ("relay", "pipeline:detector")
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)


async def test_a_held_request_answers_as_soon_as_the_photo_is_done(system: System, api: Caller, project: str) -> None:
    photo = await api.upload(project, png(), file_name="roof.png", mime_type="image/png")
    statuses = [photo["status"]]
    while statuses[-1] != "completed":
        held = await api.call("GET", f"/photos/{photo['id']}?wait=30")
        # A request that comes after the status changed waits for the next one.
        statuses.append(held.json()["status"])
        assert held.elapsed < timedelta(seconds=20)
        assert len(statuses) <= 4


async def test_a_corrupt_jpeg_is_taken_in_and_failed_by_the_detector(system: System, api: Caller, project: str) -> None:
    data = jpeg()[:3] + bytes(range(256)) * 8
    photo = await api.upload(project, data)
    assert (photo["status"], photo["width"], photo["exif_data"]) == ("uploaded", None, None)

    failed = await system.finished(photo["id"])
    assert failed["error"]["code"] == "detection_failed"
    assert failed["detection"]["error"]["code"] == "undecodable"
    assert system.detector.job_of(photo["id"])


@pytest.mark.parametrize(
    "data", [b"These are the measures of the roof.\n" * 50, png()], ids=["a text file named .jpg", "a png"]
)
async def test_what_is_no_jpeg_never_reaches_the_detector(
    system: System, api: Caller, project: str, data: bytes
) -> None:
    issued = await api.issue(project, data, checksum_sha256=sha256(data))
    assert (await api.put(issued, data)).status_code == 200
    confirmed = (await api.confirm(issued["photo_id"])).json()

    assert (confirmed["status"], confirmed["error"]["code"]) == ("failed", "content_mismatch")
    # Another photo's job has come through meanwhile; this one has none, and its object is gone.
    other = await api.upload(project, jpeg())
    await system.finished(other["id"])
    assert system.detector.jobs_of(issued["photo_id"]) == []
    again = await api.call("POST", f"/photos/{issued['photo_id']}/upload-url")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_status_transition")
    # The URL writes only where nothing is, so a second write that succeeds proves the deletion.
    assert (await api.put(issued, data)).status_code == 200


async def test_another_organization_is_refused_everywhere(system: System, api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    await system.finished(photo["id"])
    stranger = api.stranger()

    answers = Counter[tuple[int, str]]()
    for call in ABOUT_A_PHOTO:
        if call.scopes == ("photos:pipeline",):
            continue  # the pipeline reports on every organization's photos
        answer = await call.by(stranger, photo_id=photo["id"], project_id=project)
        answers[answer.status_code, answer.json()["code"]] += 1
    assert set(answers) == {(404, "photo_not_found")}
    assert answers.total() >= 6
    for answer in (
        await stranger.request_upload(project, jpeg()),
        await stranger.call("GET", f"/photos?project_id={project}"),
        await stranger.call("PUT", f"/projects/{project}", json={"name": "Mine now"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "project_access_denied")
    assert (await stranger.call("GET", "/photos")).json()["items"] == []
    assert (await stranger.call("GET", "/projects")).json()["items"] == []
    assert (await api.photo(photo["id"]))["status"] == "completed"
