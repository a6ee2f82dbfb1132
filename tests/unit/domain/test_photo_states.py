"""The lifecycle as the design tells it, and what is derived from a photo's state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from photodock.domain.jobs import Priority
from photodock.domain.photo import (
    AWAITING_UPLOAD,
    DETECTION_FAILURES,
    TRANSITIONS,
    DetectionStatus,
    FailureCode,
    Photo,
    PhotoStatus,
    State,
    object_key,
    sources_of,
)

# `pending_upload → uploaded → processing → completed | failed`, and the ways beside it.
DESIGN = """
pending_upload            -> uploaded, failed(content_mismatch), failed(upload_expired)
failed(upload_expired)    -> uploaded, failed(content_mismatch), pending_upload
uploaded                  -> processing, failed(detection_failed), failed(detection_timeout)
processing                -> completed, failed(detection_failed), failed(detection_timeout)
failed(detection_failed)  -> uploaded, completed
failed(detection_timeout) -> uploaded, completed
completed                 ->
failed(content_mismatch)  ->
"""
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PHOTO = Photo(
    id=UUID(int=1),
    organization_id=UUID(int=2),
    project_id=UUID(int=3),
    user_id="anna",
    upload_id=UUID(int=4),
    file_name="roof.jpg",
    mime_type="image/jpeg",
    file_size=2_000,
    checksum_sha256=None,
    s3_key="key",
    status=PhotoStatus.PENDING_UPLOAD,
    error_code=None,
    error_detail=None,
    width=None,
    height=None,
    exif_data=None,
    client_metadata=None,
    detection_types=("damage",),
    priority=Priority.NORMAL,
    detection_results=None,
    detection_error=None,
    created_at=NOW,
    uploaded_at=None,
    processing_at=None,
    completed_at=None,
    failed_at=None,
    url_expires_at=NOW,
    renditions=None,
    thumbhash=None,
    version=1,
)


def lifecycle() -> dict[str, set[str]]:
    lines = (line.partition("->") for line in DESIGN.strip().splitlines())
    return {source.strip(): set(filter(None, targets.strip().split(", "))) for source, _, targets in lines}


def test_the_table_of_moves_is_the_designs_lifecycle() -> None:
    assert {str(source): set(map(str, targets)) for source, targets in TRANSITIONS.items()} == lifecycle()


def test_every_state_that_can_be_has_its_line_in_the_table() -> None:
    plain = {State(status) for status in PhotoStatus if status is not PhotoStatus.FAILED}
    assert set(TRANSITIONS) == plain | {State(PhotoStatus.FAILED, code) for code in FailureCode}


@pytest.mark.parametrize("target", TRANSITIONS, ids=str)
def test_the_guard_of_a_move_names_every_state_it_may_come_from(target: State) -> None:
    assert {str(source) for source in sources_of(target)} == {
        source for source, targets in lifecycle().items() if str(target) in targets
    }


def test_no_state_leads_to_itself() -> None:
    assert all(state not in targets for state, targets in TRANSITIONS.items())


def test_an_object_is_awaited_where_an_upload_may_still_be_confirmed_or_mismatch() -> None:
    mismatch = State(PhotoStatus.FAILED, FailureCode.CONTENT_MISMATCH)
    assert set(sources_of(mismatch)) == AWAITING_UPLOAD


def test_the_public_names_of_statuses_and_failures() -> None:
    assert [*PhotoStatus] == ["pending_upload", "uploaded", "processing", "completed", "failed"]
    assert [*FailureCode] == ["upload_expired", "content_mismatch", "detection_timeout", "detection_failed"]
    assert {*DETECTION_FAILURES} == {"detection_timeout", "detection_failed"}
    assert [*DetectionStatus] == ["pending", "processing", "completed", "failed"]
    assert [*Priority] == ["low", "normal", "high"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("pending_upload", "pending"),
        ("uploaded", "pending"),
        ("processing", "processing"),
        ("completed", "completed"),
        ("failed(upload_expired)", "pending"),
        ("failed(content_mismatch)", "pending"),
        ("failed(detection_timeout)", "failed"),
        ("failed(detection_failed)", "failed"),
    ],
)
def test_the_detections_own_status(state: str, expected: str) -> None:
    [found] = [candidate for candidate in TRANSITIONS if str(candidate) == state]
    photo = replace(PHOTO, status=found.status, error_code=found.error_code)
    assert photo.state == found
    assert photo.detection_status == expected


def test_a_photo_cannot_be_changed_in_place() -> None:
    with pytest.raises(AttributeError):
        PHOTO.status = PhotoStatus.COMPLETED


@pytest.mark.parametrize(("mime_type", "extension"), [("image/jpeg", "jpg"), ("image/png", "png")])
def test_an_object_key_holds_ids_and_the_day_alone(mime_type: str, extension: str) -> None:
    key = object_key(UUID(int=3), UUID(int=1), mime_type, datetime(2026, 1, 2, 3, tzinfo=UTC))
    assert key == f"{UUID(int=3)}/2026/01/02/{UUID(int=1)}.{extension}"


def test_the_day_of_an_object_key_is_utcs() -> None:
    late_in_new_york = datetime(2026, 1, 2, 22, tzinfo=timezone(timedelta(hours=-5)))
    assert "/2026/01/03/" in object_key(UUID(int=3), UUID(int=1), "image/png", late_in_new_york)
