"""docs/asyncapi.json: what photodock sends by itself. The code that sends makes its examples (`make asyncapi`)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from photodock.api.events import shown
from photodock.domain.change import Change, Position
from photodock.domain.jobs import DetectionJob, Priority
from photodock.domain.photo import PhotoStatus
from photodock.domain.webhooks import TEST, Event, EventType

FILE = Path(__file__).parents[1] / "docs" / "asyncapi.json"
PHOTO = UUID("01a2045d-e729-75a1-a237-622d7a224704")
PROJECT = UUID("01a2045b-274e-7317-adc7-c28d689c5d95")
AT = datetime(2026, 11, 22, 17, 46, 35, 102938, tzinfo=UTC)
KEY = f"{PROJECT}/2026/11/22/{PHOTO}.jpg"
JOB = DetectionJob(
    message_id=UUID("a734ff3b-bf8e-4a19-b34b-40a6a950c81b"),
    photo_id=PHOTO,
    s3_url=f"s3://companycam-photos-local/{KEY}",
    detection_types=("damage", "material"),
    priority=Priority.NORMAL,
    correlation_id="7e372225653a4ef9aa94f6a7c94d6883",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)
EVENT = Event(UUID("8f14e45f-ceea-467f-a0e6-7d8d2a1b3c4d"), EventType.COMPLETED, AT, PHOTO, PROJECT, "completed")
CHANGE = Change(Position(1, 1, AT), PROJECT, PROJECT, PHOTO, "photo.completed", "completed")
Document = dict[str, Any]
UUID_TEXT = {"type": "string", "format": "uuid"}
TIME = {"type": "string", "format": "date-time"}
STATUS = {"enum": [*(status.value for status in PhotoStatus), None], "description": "Null once the photo is deleted."}


def document() -> Document:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "photodock: messages and events",
            "version": "1",
            "description": "What photodock sends by itself: detection jobs, changes on event streams, webhooks.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {"detectionJobs": jobs(), "photoChanges": changes(), "webhook": webhook()},
        "operations": {
            "sendDetectionJob": sends("detectionJobs", "Once for each confirmed photo, and at least once."),
            "tellPhotoChanges": sends("photoChanges", "Each change once, in one order, without a gap."),
            "sendWebhook": sends("webhook", "At least once, in no order; tried ten times in three days."),
        },
    }


def sends(channel: str, summary: str) -> Document:
    return {"action": "send", "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def jobs() -> Document:
    headers = {
        "message_id": UUID_TEXT | {"description": "The same in every delivery of this job: dedupe on it."},
        "correlation_id": {"type": "string", "description": "`X-Request-ID` of the request that confirmed the photo."},
        "traceparent": {
            "type": "string",
            "description": "W3C Trace Context: with traces the span that sent the message, else that of the request, "
            "where it had one.",
        },
    }
    payload = {
        "photo_id": UUID_TEXT,
        "s3_url": {"type": "string", "pattern": "^s3://", "description": "The object: `s3://bucket/key`."},
        "detection_types": {"type": "array", "items": {"type": "string"}, "description": "What to look for."},
        "priority": {"enum": [priority.value for priority in Priority], "description": "As the client asked."},
    }
    message = {
        "name": "DetectionJob",
        "summary": "A photo waits for its detection.",
        "headers": closed(headers, optional=("traceparent",)),
        "payload": closed(payload),
        "examples": [{"headers": JOB.attributes(), "payload": JOB.body()}],
        "bindings": {"amqp": {"contentEncoding": "utf-8", "bindingVersion": "0.3.0"}},
    }
    return {
        "address": None,
        "description": "SQS's or RabbitMQ's queue, `PHOTODOCK_QUEUE_URL`. Headers are SQS's message attributes.",
        "messages": {"detectionJob": message},
        "bindings": {"amqp": {"is": "queue", "queue": {"durable": True}, "bindingVersion": "0.3.0"}},
    }


def changes() -> Document:
    payload = {
        "type": {"type": "string", "pattern": r"^photo\.[a-z_]+$", "description": "Skip what you do not know."},
        "photo_id": UUID_TEXT,
        "project_id": UUID_TEXT,
        "status": STATUS,
        "at": TIME,
    }
    photo = {
        "name": "photo",
        "summary": "A change of a photo.",
        "payload": closed(payload),
        "examples": [{"payload": shown(CHANGE)}],
    }
    reset = {
        "name": "reset",
        "summary": "What was missed is not known any more: read your list anew.",
        "payload": closed({}),
        "examples": [{"payload": {}}],
    }
    return {
        "address": "/api/v1/events",
        "description": "Server-sent events; the message's name is the event's, its payload the data.",
        "messages": {"photo": photo, "reset": reset},
    }


def webhook() -> Document:
    headers = {
        "webhook-id": UUID_TEXT | {"description": "The same in each attempt."},
        "webhook-timestamp": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Of this attempt; seconds since 1970.",
        },
        "webhook-signature": {"type": "string", "pattern": "^v1,", "description": "As Standard Webhooks says."},
    }
    data = {
        "properties": {"photo_id": UUID_TEXT, "project_id": UUID_TEXT, "status": STATUS},
        "type": "object",
        "additionalProperties": False,
        "description": "Empty in a test.",
    }
    kinds = [*(one.value for one in EventType), TEST]
    message = {
        "name": "WebhookEvent",
        "summary": "What happened to a photo of the organization.",
        "headers": {"type": "object", "properties": headers, "required": list(headers)},
        "payload": closed({"type": {"enum": kinds, "description": "What happened."}, "timestamp": TIME, "data": data}),
        "examples": [{"payload": json.loads(EVENT.body())}],
    }
    return {"address": None, "description": "A POST to the organization's own URL.", "messages": {"event": message}}


def closed(properties: Document, optional: tuple[str, ...] = ()) -> Document:
    """An object with these fields and no others."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def written() -> str:
    return json.dumps(document(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(written())
