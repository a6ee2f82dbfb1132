"""The message that a detector receives."""

import json
from dataclasses import replace
from uuid import UUID

from photodock.domain.jobs import DetectionJob, Priority

JOB = DetectionJob(
    message_id=UUID(int=9),
    photo_id=UUID(int=1),
    s3_url="s3://bucket/key",
    detection_types=("damage", "material"),
    priority=Priority.NORMAL,
    correlation_id="request-1",
)


def test_the_body_is_exactly_what_detectors_were_promised() -> None:
    assert json.dumps(JOB.body()) == (
        '{"photo_id": "00000000-0000-0000-0000-000000000001", "s3_url": "s3://bucket/key", '
        '"detection_types": ["damage", "material"], "priority": "normal"}'
    )


def test_the_attributes_carry_the_ids() -> None:
    assert JOB.attributes() == {"message_id": str(UUID(int=9)), "correlation_id": "request-1"}


def test_the_trace_is_passed_on_where_there_is_one() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert replace(JOB, traceparent=trace).attributes()["traceparent"] == trace
