"""What is sent and answered about webhooks, and what a webhook itself is sent."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from photodock.api.requests import Strict
from photodock.domain.webhooks import Delivery, DeliveryState, EventType
from photodock.services.webhooks import Shown

_WEBHOOK: JsonDict = {
    "id": "5f0c9d0e-6a3b-4f7e-9d53-0a1c6e1f2b3c",
    "url": "https://example.com/hooks/photodock",
    "event_types": ["photo.completed", "photo.failed"],
    "enabled": True,
    "disabled_reason": None,
    "failing_since": None,
    "old_secret_until": None,
    "created_at": "2026-11-22T17:46:35Z",
    "secret": "whsec_…",
}
_DELIVERY: JsonDict = {
    "id": 4711,
    "event_id": "8f14e45f-ceea-467f-a0e6-7d8d2a1b3c4d",
    "type": "photo.completed",
    "photo_id": "01a2045d-e729-75a1-a237-622d7a224704",
    "project_id": "01a2045b-274e-7317-adc7-c28d689c5d95",
    "photo_status": "completed",
    "at": "2026-11-22T17:46:35Z",
    "state": "pending",
    "attempts": 1,
    "last_attempt_at": "2026-11-22T17:46:35Z",
    "last_http_status": 500,
    "last_error": "The receiver answered 500.",
    "next_attempt_at": "2026-11-22T17:46:40Z",
}
_EVENT: JsonDict = {
    "type": "photo.completed",
    "timestamp": "2026-11-22T17:46:35.102938Z",
    "data": {
        "photo_id": "01a2045d-e729-75a1-a237-622d7a224704",
        "project_id": "01a2045b-274e-7317-adc7-c28d689c5d95",
        "status": "completed",
    },
}


def _each_once(value: list[EventType]) -> list[EventType]:
    return list(dict.fromkeys(value))


class WebhookRequest(Strict):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"url": "https://example.com/hooks/photodock", "event_types": ["photo.completed", "photo.failed"]}
            ]
        }
    )

    url: str = Field(min_length=1, max_length=2_048, description="https, a public host, no user and no password.")
    event_types: Annotated[list[EventType], Field(min_length=1, max_length=32), AfterValidator(_each_once)] | None = (
        Field(None, description="All when left out.")
    )
    enabled: bool = Field(True, strict=True, description="With `false` nothing is noted for it and nothing sent.")


class WebhookResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_WEBHOOK]})

    id: UUID
    url: str
    event_types: list[EventType] | None = Field(description="null: all.")
    enabled: bool
    disabled_reason: str | None = Field(description="Why photodock itself has disabled it.")
    failing_since: datetime | None = Field(description="The first failure since the last success.")
    old_secret_until: datetime | None = Field(description="After a replacement: until when the old secret signs too.")
    created_at: datetime
    secret: str | None = Field(description="Only in the answer that made it; it cannot be read again.")

    @classmethod
    def of(cls, found: Shown) -> "WebhookResponse":
        webhook = found.webhook
        return cls(
            id=webhook.id,
            url=webhook.url,
            event_types=None if webhook.event_types is None else list(webhook.event_types),
            enabled=webhook.enabled,
            disabled_reason=webhook.disabled_reason,
            failing_since=webhook.failing_since,
            old_secret_until=webhook.old_secret_until,
            created_at=webhook.created_at,
            secret=found.secret,
        )


class DeliveryResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_DELIVERY]})

    id: int
    event_id: UUID = Field(description="The header `webhook-id` of every attempt.")
    type: str
    photo_id: UUID | None = Field(description="null for a test.")
    project_id: UUID | None
    photo_status: str | None = Field(description="As it was sent; null for a test and for a deleted photo.")
    at: datetime = Field(description="When it happened.")
    state: DeliveryState
    attempts: int
    last_attempt_at: datetime | None
    last_http_status: int | None = Field(description="null when the receiver did not answer.")
    last_error: str | None
    next_attempt_at: datetime | None = Field(description="null once it is delivered or has failed.")

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryResponse":
        event = delivery.event
        return cls(
            id=delivery.id,
            event_id=event.id,
            type=event.type,
            photo_id=event.photo_id,
            project_id=event.project_id,
            photo_status=event.status,
            at=event.at,
            state=delivery.state,
            attempts=delivery.attempts,
            last_attempt_at=delivery.attempted_at,
            last_http_status=delivery.http_status,
            last_error=delivery.last_error,
            next_attempt_at=delivery.next_attempt_at,
        )


class DeliveryList(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_DELIVERY]}]})

    items: list[DeliveryResponse]


class EventBody(BaseModel):
    """What a webhook is sent. Signed as Standard Webhooks says: `webhook-id`, `webhook-timestamp`,
    `webhook-signature`. Answer 2xx within 15 seconds."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EVENT]})

    type: str = Field(description="`photo.` and what happened, or `webhook.test`.")
    timestamp: datetime = Field(description="When it happened.")
    data: dict[str, Any] = Field(
        description="`photo_id`, `project_id` and `status` (null once the photo is deleted); empty in a test."
    )
