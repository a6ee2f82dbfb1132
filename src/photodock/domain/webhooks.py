"""What organizations are told of their photos, and when it is tried again."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID


class EventType(StrEnum):
    """What a webhook may be told of; the photo's status since then is the last word of each name."""

    PENDING_UPLOAD = "photo.pending_upload"
    """It was given up, and waits for its file again. That a photo was made is not told."""
    UPLOADED = "photo.uploaded"
    PROCESSING = "photo.processing"
    COMPLETED = "photo.completed"
    FAILED = "photo.failed"
    DELETED = "photo.deleted"
    RENDITIONS = "photo.renditions"
    """Its smaller images are there."""


TEST = "webhook.test"
"""What `POST /webhooks/test` sends, whatever the webhook's types are."""


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is the same in every attempt. A test has no photo, and a deleted photo no status."""

    id: UUID
    type: str
    at: datetime
    photo_id: UUID | None = None
    project_id: UUID | None = None
    status: str | None = None

    def body(self) -> bytes:
        """What is sent and signed: the same bytes each time. Ids alone, nothing personal."""
        data = {}
        if self.photo_id:
            data = {"photo_id": str(self.photo_id), "project_id": str(self.project_id), "status": self.status}
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return json.dumps({"type": self.type, "timestamp": at, "data": data}, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Webhook:
    """`event_types` None: all. `disabled_reason` says why the service itself turned it off."""

    id: UUID
    url: str
    event_types: tuple[EventType, ...] | None
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    old_secret_until: datetime | None
    created_at: datetime


class DeliveryState(StrEnum):
    PENDING = "pending"
    """It is due, under way, or waits for its next attempt."""
    DELIVERED = "delivered"
    """The receiver has answered with a status from 200 to 299."""
    FAILED = "failed"
    """All attempts failed, or the receiver said that it is gone: sent again by hand alone."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook; `http_status` and `last_error` are the last attempt's."""

    id: int
    event: Event
    state: DeliveryState
    attempts: int
    attempted_at: datetime | None
    http_status: int | None
    last_error: str | None
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: `error` is None when the receiver took it. `pause`: for so long the receiver wants to
    hear nothing."""

    http_status: int | None
    error: str | None
    pause: timedelta | None = None

    @property
    def is_gone(self) -> bool:
        return self.http_status == 410


WAITS = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""After the first attempt, the second …: three days in all, as the Standard Webhooks specification advises."""
MAX_ATTEMPTS = len(WAITS) + 1
DISABLED_AFTER = timedelta(days=5)
"""Without one success: longer than one event's attempts take, so that a quiet webhook is not judged by one event."""
OLD_SECRET_KEPT = timedelta(hours=24)
"""After a rotation: how long the old secret signs too, while the receiver is brought up to date."""


LONGEST_PAUSE = timedelta(hours=1)
"""That a receiver may ask for: what it asks beyond, it is asked again."""


def wait_after(event_id: UUID, attempts: int, pause: timedelta | None = None) -> timedelta | None:
    """After the `attempts`-th failure, a fifth shorter or longer by chance, and no shorter than the `pause` that the
    receiver asked for; None when that was the last attempt."""
    if attempts >= MAX_ATTEMPTS:
        return None
    # The id is random, so it serves as the chance that spreads the events of one outage.
    chance = event_id.int % 1000 / 1000
    return max(WAITS[attempts - 1] * (0.8 + 0.4 * chance), pause or timedelta(0))
