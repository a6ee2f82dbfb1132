"""The detection job: what a detector receives."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from photodock.domain.values import JsonObject


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class DetectionJob:
    """One message. `message_id` is the same in every redelivery of this job: consumers dedupe on it."""

    message_id: UUID
    photo_id: UUID
    s3_url: str
    """`s3://bucket/key`"""
    detection_types: tuple[str, ...]
    priority: Priority
    correlation_id: str
    traceparent: str | None = None
    """W3C Trace Context: the span that confirmed the photo or sent this job, or without traces of our own what the
    confirming request carried."""

    @property
    def trace_id(self) -> str | None:
        return self.traceparent.split("-")[1] if self.traceparent else None

    def body(self) -> JsonObject:
        """The message's body, exactly as promised to detectors."""
        return {
            "photo_id": str(self.photo_id),
            "s3_url": self.s3_url,
            "detection_types": list(self.detection_types),
            "priority": self.priority.value,
        }

    def attributes(self) -> dict[str, str]:
        """The message's attributes (SQS) or headers (RabbitMQ)."""
        found = {"message_id": str(self.message_id), "correlation_id": self.correlation_id}
        if self.traceparent:
            found["traceparent"] = self.traceparent
        return found
