"""Reports of detectors: every state meets every report, against the contract's own table."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from photodock.db.pool import Database
from support.images import jpeg
from support.system import Caller

RESULTS = {"damage": [{"label": "hail", "score": 0.93}]}
ERROR = {"code": "blurred", "detail": "The photo is too blurred."}

# Each state as its columns would be; what a detector said stands in the state that it led to.
STATES: dict[str, dict[str, Any]] = {
    "pending_upload": {"status": "pending_upload"},
    "uploaded": {"status": "uploaded"},
    "processing": {"status": "processing"},
    "completed": {"status": "completed", "detection_results": RESULTS},
    "failed(upload_expired)": {"status": "failed", "error_code": "upload_expired"},
    "failed(content_mismatch)": {"status": "failed", "error_code": "content_mismatch"},
    "failed(detection_timeout)": {"status": "failed", "error_code": "detection_timeout"},
    "failed(detection_failed)": {"status": "failed", "error_code": "detection_failed", "detection_error": ERROR},
}
REPORTS: dict[str, dict[str, Any]] = {
    "processing": {"status": "processing"},
    "completed": {"status": "completed", "detections": RESULTS},
    "completed otherwise": {"status": "completed", "detections": {"damage": []}},
    "failed": {"status": "failed", "error": ERROR},
    "failed otherwise": {"status": "failed", "error": {"code": "corrupt", "detail": ""}},
}
NO: list[str] = []
TO_COMPLETED = ["completed"]
TO_FAILED = ["failed"]
# What is added to the history, or 409. An empty list is an identical repeat: 200, nothing written.
OUTCOMES: dict[str, dict[str, list[str] | int]] = {
    "pending_upload": dict.fromkeys(REPORTS, 409),
    "uploaded": {
        "processing": ["processing"],
        "completed": ["processing", "completed"],
        "completed otherwise": ["processing", "completed"],
        "failed": ["processing", "failed"],
        "failed otherwise": ["processing", "failed"],
    },
    "processing": {
        "processing": NO,
        "completed": TO_COMPLETED,
        "completed otherwise": TO_COMPLETED,
        "failed": TO_FAILED,
        "failed otherwise": TO_FAILED,
    },
    "completed": {
        "processing": 409,
        "completed": NO,
        "completed otherwise": 409,
        "failed": 409,
        "failed otherwise": 409,
    },
    "failed(upload_expired)": dict.fromkeys(REPORTS, 409),
    "failed(content_mismatch)": dict.fromkeys(REPORTS, 409),
    "failed(detection_timeout)": {
        "processing": 409,
        "completed": TO_COMPLETED,
        "completed otherwise": TO_COMPLETED,
        "failed": 409,
        "failed otherwise": 409,
    },
    "failed(detection_failed)": {
        "processing": 409,
        "completed": TO_COMPLETED,
        "completed otherwise": TO_COMPLETED,
        "failed": NO,
        "failed otherwise": 409,
    },
}
PAIRS = [(state, report) for state in STATES for report in REPORTS]


async def photo_in(db: Database, api: Caller, project: str, state: str) -> str:
    """A new photo, put into a state by hand."""
    photo_id = str((await api.issue(project, jpeg()))["photo_id"])
    columns = STATES[state]
    assignments = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    await db.execute(f"UPDATE photos SET {assignments} WHERE id = $1", UUID(photo_id), *columns.values())  # noqa: S608
    return photo_id


@pytest.mark.parametrize(("state", "report"), PAIRS)
async def test_every_report_in_every_state(api: Caller, project: str, db: Database, state: str, report: str) -> None:
    photo_id = await photo_in(db, api, project, state)
    before, events_before = await api.photo(photo_id), await api.history(photo_id)
    expected = OUTCOMES[state][report]

    answer = await api.pipeline().report(photo_id, **REPORTS[report])

    events = (await api.history(photo_id))[len(events_before) :]
    if isinstance(expected, int):
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_status_transition")
    else:
        assert answer.status_code == 200
        assert answer.json()["status"] == REPORTS[report]["status"]
    if isinstance(expected, int) or not expected:
        assert (await api.photo(photo_id), events) == (before, [])
        return
    assert [to for _, to in events] == expected
    assert [came_from for came_from, _ in events] == [before["status"], *expected[:-1]]
    assert_says(await api.photo(photo_id), REPORTS[report])


def assert_says(photo: dict[str, Any], said: dict[str, Any]) -> None:
    detection = photo["detection"]
    assert detection["status"] == said["status"]
    match said["status"]:
        case "completed":
            assert (detection["results"], detection["error"], photo["error"]) == (said["detections"], None, None)
            assert (photo["completed_at"] is not None, photo["failed_at"]) == (True, None)
        case "failed":
            assert (detection["error"], photo["error"]["code"]) == (said["error"], "detection_failed")
            assert (photo["completed_at"], photo["failed_at"] is not None) == (None, True)
        case _:
            assert (detection["results"], detection["error"], photo["error"]) == (None, None, None)


@pytest.mark.parametrize("state", STATES)
async def test_a_client_cannot_report_for_the_pipeline_whatever_the_state(
    api: Caller, project: str, db: Database, state: str
) -> None:
    photo_id = await photo_in(db, api, project, state)
    for report in REPORTS.values():
        answer = await api.report(photo_id, **report)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("state", STATES)
async def test_the_pipeline_cannot_confirm_whatever_the_state(
    api: Caller, project: str, db: Database, state: str
) -> None:
    photo_id = await photo_in(db, api, project, state)
    answer = await api.pipeline().report(photo_id, "uploaded")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


async def test_the_whole_way_of_a_photo(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    pipeline = api.pipeline()
    started = (await pipeline.report(photo["id"], "processing")).json()
    done = (await pipeline.report(photo["id"], "completed", detections=RESULTS)).json()

    assert started["detection"]["status"] == "processing"
    times = [done[name] for name in ("created_at", "uploaded_at", "processing_at", "completed_at")]
    assert times == sorted(times)
    assert done["processing_at"] == started["processing_at"]
    assert done["exif_data"] == photo["exif_data"]
    assert await api.history(photo["id"]) == [
        (None, "pending_upload"),
        ("pending_upload", "uploaded"),
        ("uploaded", "processing"),
        ("processing", "completed"),
    ]


async def test_a_late_result_replaces_the_detectors_error(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    await api.pipeline().report(photo["id"], "failed", error=ERROR)
    answer = await api.pipeline().report(photo["id"], "completed", detections=RESULTS)
    assert (answer.status_code, answer.json()["detection"]["error"], answer.json()["error"]) == (200, None, None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "done"},
        {"status": "pending_upload"},
        {"status": None},
        {"status": ["uploaded"]},
        {"status": "completed"},
        {"status": "completed", "detections": []},
        {"status": "completed", "detections": None},
        {"status": "completed", "detections": "none"},
        {"status": "processing", "detections": {}},
        {"status": "failed"},
        {"status": "failed", "error": "blurred"},
        {"status": "failed", "error": {"detail": "no code"}},
        {"status": "failed", "error": {"code": ""}},
        {"status": "failed", "error": {"code": "x" * 101}},
        {"status": "failed", "error": {"code": "x", "detail": "y" * 2_001}},
        {"status": "failed", "error": {"code": "x", "more": 1}},
        {"status": "failed", "error": {"code": "a\0b"}},
        {"status": "uploaded", "more": 1},
    ],
    ids=str,
)
async def test_a_report_of_another_shape_is_refused(api: Caller, project: str, body: dict[str, Any]) -> None:
    photo_id = (await api.issue(project, jpeg()))["photo_id"]
    everyone = api.colleague("all", ("photos:write", "photos:pipeline"))
    answer = await everyone.call("PATCH", f"/photos/{photo_id}/status", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_reports_at_once_are_written_once(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    answers = await asyncio.gather(
        *(api.pipeline().report(photo["id"], "completed", detections=RESULTS) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len(await api.history(photo["id"])) == 4
