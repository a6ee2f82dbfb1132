"""The calls for an organization's webhook, and what they tell."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from photodock.client.decoding import decode
from photodock.client.photos import NOT_FOUND
from photodock.client.session import Session
from photodock.client.steps import Operation
from photodock.domain.values import JsonObject

_GONE = frozenset({NOT_FOUND})


@dataclass(frozen=True, slots=True)
class Webhook:
    """`event_types` None: all. `secret` only in the answer that made it; it stays out of `repr`."""

    id: UUID
    url: str
    enabled: bool
    created_at: datetime
    event_types: tuple[str, ...] | None = None
    disabled_reason: str | None = None
    failing_since: datetime | None = None
    old_secret_until: datetime | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to the webhook. `state`: `pending`, `delivered` or `failed`."""

    id: int
    event_id: UUID
    type: str
    at: datetime
    state: str
    attempts: int
    photo_id: UUID | None = None
    project_id: UUID | None = None
    photo_status: str | None = None
    last_attempt_at: datetime | None = None
    last_http_status: int | None = None
    last_error: str | None = None
    next_attempt_at: datetime | None = None


def get(session: Session) -> Operation[Webhook]:
    answer = yield from session.call("GET", "/webhooks")
    return session.read(answer, partial(decode, Webhook))


def put(session: Session, url: str, event_types: Iterable[str] | None, enabled: bool) -> Operation[Webhook]:
    body: JsonObject = {"url": url, "enabled": enabled}
    if event_types is not None:
        body["event_types"] = list(event_types)
    answer = yield from session.call("PUT", "/webhooks", body=body)
    return session.read(answer, partial(decode, Webhook))


def delete(session: Session) -> Operation[None]:
    yield from session.call("DELETE", "/webhooks", done_before=_GONE)


def rotate_secret(session: Session) -> Operation[Webhook]:
    answer = yield from session.call("POST", "/webhooks/secret", repeatable=False)
    return session.read(answer, partial(decode, Webhook))


def test(session: Session) -> Operation[Delivery]:
    answer = yield from session.call("POST", "/webhooks/test")
    return session.read(answer, partial(decode, Delivery))


def deliveries(session: Session, before: int | None, limit: int) -> Operation[list[Delivery]]:
    params = {"before": str(before) if before is not None else None, "limit": str(limit)}
    answer = yield from session.call("GET", "/webhooks/deliveries", params=params)
    return session.read(answer, lambda found: [decode(Delivery, item) for item in found["items"]])


def retry(session: Session, delivery_id: int) -> Operation[Delivery]:
    answer = yield from session.call("POST", f"/webhooks/deliveries/{delivery_id:d}/retry")
    return session.read(answer, partial(decode, Delivery))
