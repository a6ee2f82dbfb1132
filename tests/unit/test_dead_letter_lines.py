"""What `photodock dlq list` writes of a dead letter."""

import json
from typing import Any

import pytest

from photodock.dead_letters import described
from photodock.queues.dead_letters import DeadLetter

BODY = {"photo_id": "018f", "s3_url": "s3://b/k", "detection_types": [], "priority": "low"}


def test_a_job_is_described_by_its_ids_and_all_that_is_known():
    letter = DeadLetter(json.dumps(BODY), {"message_id": "m", "correlation_id": "c"}, 5, "delivery_limit", "rejected")
    assert described(letter) == {
        "message_id": "m",
        "photo_id": "018f",
        "receives": 5,
        "first_reason": "delivery_limit",
        "last_reason": "rejected",
        "body": BODY,
        "attributes": {"message_id": "m", "correlation_id": "c"},
    }


@pytest.mark.parametrize(
    ("text", "body"),
    [("no job", "no job"), ("[1]", [1]), ("7", 7), ("[" * 100_000, "[" * 100_000)],
    ids=["text", "list", "number", "deep"],
)
def test_what_is_no_job_is_shown_as_it_is(text: str, body: Any):
    found = described(DeadLetter(text, {}))
    assert (found["body"], found["photo_id"], found["message_id"]) == (body, None, None)
