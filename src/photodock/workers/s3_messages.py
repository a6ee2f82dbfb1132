"""What the bucket's notification messages say, in each of the three wrappings in which they come."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus

from photodock.domain.values import JsonValue


class MalformedMessage(Exception):
    """A message that is no notification of S3 in any known form. The text says why, and holds nothing of it."""


@dataclass(frozen=True, slots=True)
class CreatedObject:
    bucket: str
    key: str
    """As it is in the bucket, decoded."""


def created_objects(body: str) -> tuple[CreatedObject, ...]:
    """The objects whose creation a message tells of, in its order; none for a test event or another kind of event.

    Knows S3's own messages (`Records`), EventBridge's (`source: aws.s3`), and either of them inside of what SNS sends
    without raw delivery (`Type: Notification`). Raises MalformedMessage.
    """
    return tuple(_in_message(body))


def _in_message(body: str, *, wrapped: bool = False) -> Iterator[CreatedObject]:
    try:
        message: JsonValue = json.loads(body)
    # Numbers of thousands of digits are ValueErrors too.
    except (ValueError, RecursionError):
        raise MalformedMessage("not JSON") from None
    match message:
        case {"Event": "s3:TestEvent"}:
            # Sent once, when the notification is set up.
            return
        case {"Records": list(records)}:
            for record in records:
                yield from _in_record(record)
        case {"source": "aws.s3", "detail-type": str(kind), "detail": detail}:
            yield from _in_detail(kind, detail)
        case {"Type": "Notification", "Message": str(inner)} if not wrapped:
            yield from _in_message(inner, wrapped=True)
        case _:
            raise MalformedMessage("no known form of an S3 notification")


def _in_record(record: JsonValue) -> Iterator[CreatedObject]:
    match record:
        case {"eventName": str(name), "s3": {"bucket": {"name": str(bucket)}, "object": {"key": str(key)}}}:
            # S3-like servers write the prefix that S3 has only in its configuration.
            if name.removeprefix("s3:").startswith("ObjectCreated:"):
                yield CreatedObject(bucket, unquote_plus(key))
        case _:
            raise MalformedMessage("a record without event name, bucket and key")


def _in_detail(kind: str, detail: JsonValue) -> Iterator[CreatedObject]:
    match detail:
        case {"bucket": {"name": str(bucket)}, "object": {"key": str(key)}}:
            # Unlike in records, EventBridge's keys are not URL-encoded.
            if kind == "Object Created":
                yield CreatedObject(bucket, key)
        case _:
            raise MalformedMessage("an event without bucket and key")
