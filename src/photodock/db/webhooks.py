"""Organizations' webhooks, and the log of what was sent to them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from photodock.db.pool import Executor, Row, texts
from photodock.domain.webhooks import TEST, Delivery, DeliveryState, Event, EventType, Webhook

CHANNEL = "photodock_webhooks"


async def get(db: Executor, organization_id: UUID) -> Webhook | None:
    row = await db.fetchrow("SELECT * FROM webhooks WHERE organization_id = $1", organization_id)
    return _to_webhook(row) if row else None


async def put(
    db: Executor,
    organization_id: UUID,
    *,
    url: str,
    event_types: Sequence[EventType] | None,
    enabled: bool,
    sealed_secret: str,
) -> tuple[Webhook, bool]:
    """The webhook, and whether it was made just now: one that was there keeps its secret, and begins anew."""
    row = await db.fetchrow(
        """
        INSERT INTO webhooks AS w (organization_id, url, event_types, enabled, sealed_secret)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (organization_id) DO UPDATE SET url = excluded.url, event_types = excluded.event_types,
            enabled = excluded.enabled, disabled_reason = NULL, failing_since = NULL
        RETURNING w.*, w.sealed_secret = $5 AS is_new
        """,
        organization_id,
        url,
        None if event_types is None else texts(event_types),
        enabled,
        sealed_secret,
    )
    assert row is not None  # noqa: S101  (inserted or updated)
    return _to_webhook(row), row["is_new"]


async def replace_secret(db: Executor, organization_id: UUID, sealed_secret: str, *, keep: timedelta) -> Webhook | None:
    """The one before signs too for as long as `keep`; one that was replaced before that, no more."""
    row = await db.fetchrow(
        """
        UPDATE webhooks SET old_sealed_secret = sealed_secret, old_secret_until = clock_timestamp() + $3,
            sealed_secret = $2
        WHERE organization_id = $1 RETURNING *
        """,
        organization_id,
        sealed_secret,
        keep,
    )
    return _to_webhook(row) if row else None


async def delete(db: Executor, organization_id: UUID) -> bool:
    """What waits for it is sent no more; its log is seen no more, and purged in its time."""
    return await db.execute("DELETE FROM webhooks WHERE organization_id = $1", organization_id) == 1


async def add_test(db: Executor, organization_id: UUID) -> Delivery | None:
    """A test event that is due at once; None when no enabled webhook is there."""
    row = await db.fetchrow(
        """
        WITH made AS (
            INSERT INTO webhook_deliveries (organization_id, webhook_id, type)
            SELECT organization_id, id, $2 FROM webhooks WHERE organization_id = $1 AND enabled RETURNING *
        )
        SELECT made.*, pg_notify('photodock_webhooks', '') FROM made
        """,
        organization_id,
        TEST,
    )
    return _to_delivery(row) if row else None


async def deliveries(db: Executor, organization_id: UUID, *, before: int, limit: int) -> list[Delivery]:
    """Newest first, those whose id is below `before`; none of a webhook that was deleted."""
    rows = await db.fetch(
        """
        SELECT d.* FROM webhooks w JOIN webhook_deliveries d ON d.webhook_id = w.id
        WHERE w.organization_id = $1 AND d.organization_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3
        """,
        organization_id,
        before,
        limit,
    )
    return [_to_delivery(row) for row in rows]


async def retry(db: Executor, organization_id: UUID, delivery_id: int) -> Delivery | None:
    """Makes it due at once with all attempts before it, whatever came of it; None: unknown or foreign."""
    row = await db.fetchrow(
        """
        WITH again AS (
            UPDATE webhook_deliveries d SET due_at = clock_timestamp(), attempts = 0, delivered_at = NULL,
                failed_at = NULL
            FROM webhooks w WHERE w.organization_id = $1 AND d.webhook_id = w.id AND d.organization_id = $1
                AND d.id = $2
            RETURNING d.*
        )
        SELECT again.*, pg_notify('photodock_webhooks', '') FROM again
        """,
        organization_id,
        delivery_id,
    )
    return _to_delivery(row) if row else None


def to_event(row: Row) -> Event:
    return Event(row["event_id"], row["type"], row["at"], row["photo_id"], row["project_id"], row["status"])


def _to_webhook(row: Row) -> Webhook:
    types = row["event_types"]
    return Webhook(
        id=row["id"],
        url=row["url"],
        event_types=None if types is None else tuple(map(EventType, types)),
        enabled=row["enabled"],
        disabled_reason=row["disabled_reason"],
        failing_since=row["failing_since"],
        old_secret_until=row["old_secret_until"],
        created_at=row["created_at"],
    )


def _to_delivery(row: Row) -> Delivery:
    if row["due_at"]:
        state = DeliveryState.PENDING
    else:
        state = DeliveryState.DELIVERED if row["delivered_at"] else DeliveryState.FAILED
    return Delivery(
        id=row["id"],
        event=to_event(row),
        state=state,
        attempts=row["attempts"],
        attempted_at=row["attempted_at"],
        http_status=row["http_status"],
        last_error=row["last_error"],
        next_attempt_at=row["due_at"],
    )
