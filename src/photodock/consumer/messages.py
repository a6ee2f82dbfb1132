"""A message of the queue as a job."""

import json
import re
from collections.abc import Mapping
from uuid import UUID

from photodock.consumer.failures import MalformedJob
from photodock.domain.jobs import DetectionJob, Priority
from photodock.domain.values import JsonValue
from photodock.queues.inbox import ReceivedMessage

# What photodock takes as X-Request-ID and traceparent; anything else could break the requests that carry it.
_GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def job_in(message: ReceivedMessage) -> DetectionJob:
    """Unknown fields are ignored, so that the message may grow. Raises MalformedJob, whose text holds nothing of it."""
    try:
        body: JsonValue = json.loads(message.body)
    except (ValueError, RecursionError):
        raise MalformedJob("not JSON") from None
    match body:
        case {"photo_id": str(photo_id), "s3_url": str(s3_url), "detection_types": list(types), "priority": priority}:
            try:
                return _job(message.attributes, photo_id, s3_url, tuple(map(str, types)), Priority(str(priority)))
            except (KeyError, ValueError):
                raise MalformedJob("a field or the attribute message_id is missing or of another form") from None
    raise MalformedJob("no detection job")


def _job(
    attributes: Mapping[str, str], photo_id: str, s3_url: str, types: tuple[str, ...], priority: Priority
) -> DetectionJob:
    message_id = UUID(attributes["message_id"])
    correlation_id = attributes.get("correlation_id", "")
    traceparent = attributes.get("traceparent", "")
    return DetectionJob(
        message_id,
        UUID(photo_id),
        s3_url,
        types,
        priority,
        correlation_id if _GOOD_ID.fullmatch(correlation_id) else str(message_id),
        traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
    )


def trace_headers(job: DetectionJob) -> dict[str, str]:
    """For requests to photodock: one id then leads through the logs of both services."""
    headers = {"X-Request-ID": job.correlation_id}
    if job.traceparent:
        headers["traceparent"] = job.traceparent
    return headers
