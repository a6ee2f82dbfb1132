import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photodock.workers.s3_messages import CreatedObject, MalformedMessage, created_objects

KEY = "0198c2b4-7b1e-7c34-9a5f-0d6f1b2c3d4e/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg"


def record(key: str = KEY, *, event: str = "ObjectCreated:Put", bucket: str = "photos") -> dict[str, Any]:
    """As S3 writes it, shortened (S3 user guide, event message structure)."""
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventTime": "2026-11-22T17:46:35.000Z",
        "eventName": event,
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": key, "size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e", "sequencer": "0055AED6"},
        },
    }


def plain(*records: dict[str, Any]) -> str:
    return json.dumps({"Records": records})


def by_event_bridge(key: str = KEY, kind: str = "Object Created") -> str:
    detail = {"version": "0", "bucket": {"name": "photos"}, "object": {"key": key, "size": 1}, "reason": "PutObject"}
    return json.dumps({"version": "0", "id": "x", "detail-type": kind, "source": "aws.s3", "detail": detail})


def by_sns(message: str) -> str:
    return json.dumps({"Type": "Notification", "MessageId": "x", "TopicArn": "arn:aws:sns:::t", "Message": message})


CREATED = (CreatedObject("photos", KEY),)


@pytest.mark.parametrize(
    "body",
    [plain(record()), by_event_bridge(), by_sns(plain(record())), by_sns(by_event_bridge())],
    ids=["plain", "EventBridge", "SNS", "EventBridge by SNS"],
)
def test_every_wrapping_tells_the_same(body: str) -> None:
    assert created_objects(body) == CREATED


def test_a_message_may_tell_of_several_objects() -> None:
    assert created_objects(plain(record("b"), record("a"))) == (
        CreatedObject("photos", "b"),
        CreatedObject("photos", "a"),
    )


@pytest.mark.parametrize("event", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
@pytest.mark.parametrize("prefix", ["", "s3:"])
def test_every_way_of_creating_an_object_counts(event: str, prefix: str) -> None:
    assert created_objects(plain(record(event=f"{prefix}ObjectCreated:{event}"))) == CREATED


@pytest.mark.parametrize(
    "body",
    [
        plain(record(event="ObjectRemoved:Delete")),
        plain(record(event="ObjectTagging:Put")),
        by_event_bridge(kind="Object Deleted"),
        plain(),
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos", "HostId": "x"}),
        by_sns(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"})),
    ],
    ids=["removed", "tagged", "deleted by EventBridge", "no records", "test event", "test event by SNS"],
)
def test_other_events_tell_of_no_object(body: str) -> None:
    assert created_objects(body) == ()


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("a+b.jpg", "a b.jpg"),
        ("a%2Bb.jpg", "a+b.jpg"),
        ("d%C3%A4cher/%F0%9F%8F%A0.jpg", "dächer/🏠.jpg"),
        ("%25.jpg", "%.jpg"),
        ("%FF.jpg", "\ufffd.jpg"),
    ],
)
def test_keys_of_records_are_decoded(encoded: str, key: str) -> None:
    assert created_objects(plain(record(encoded))) == (CreatedObject("photos", key),)


def test_keys_of_event_bridge_are_taken_as_they_are() -> None:
    assert created_objects(by_event_bridge("a+b%20c.jpg")) == (CreatedObject("photos", "a+b%20c.jpg"),)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[" * 100_000,
        "9" * 10_000,
        "null",
        "[]",
        "{}",
        '{"Records": {}}',
        plain({}),
        plain(record(), {"eventName": "ObjectCreated:Put"}),
        plain({**record(), "s3": {"bucket": {"name": 7}, "object": {"key": "x"}}}),
        plain({**record(), "eventName": None}),
        by_event_bridge().replace('"key"', '"kee"'),
        json.dumps({"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe"}),
        by_sns("not json"),
        by_sns(by_sns(plain(record()))),
        json.dumps({"photo_id": "x", "s3_url": "s3://photos/x"}),
    ],
    ids=lambda body: body[:40],
)
def test_anything_else_is_malformed(body: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        created_objects(body)
    assert len(str(caught.value)) < 60


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Records", "s3", "bucket", "object", "key", "name", "eventName", "Event", "Type", "source"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_json_does_anything_worse(value: Any) -> None:
    with suppress(MalformedMessage):
        created_objects(json.dumps(value))
