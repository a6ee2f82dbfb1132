"""What is due to be sent to webhooks, and what came of it.

As in the outbox, taking moves `due_at` past a lease: what a killed worker had in hand comes due again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from photodock.db.pool import Database
from photodock.db.webhooks import to_event
from photodock.domain.webhooks import Answer, Event
from photodock.tracing.spans import traced


@dataclass(frozen=True, slots=True)
class Due:
    """`attempts` counts those before this one. The sealed secrets are those that sign: the new one first."""

    id: int
    organization_id: UUID
    webhook_id: UUID
    event: Event
    attempts: int
    url: str = field(repr=False)
    sealed_secrets: tuple[str, ...] = field(repr=False)


# Each webhook has so many in hand at the most, and one that fails a single one; whoever has fewest in hand comes first.
# So neither a slow receiver nor a long queue before it keeps others waiting.
TAKE = """
WITH RECURSIVE waited_for AS (
    -- From one webhook that has anything waiting to the next, by the index: most have nothing.
    (SELECT webhook_id FROM webhook_deliveries WHERE due_at IS NOT NULL ORDER BY webhook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.webhook_id FROM webhook_deliveries d WHERE d.due_at IS NOT NULL AND d.webhook_id > f.webhook_id
        ORDER BY d.webhook_id LIMIT 1)
    FROM waited_for f WHERE f.webhook_id IS NOT NULL
), room AS (
    SELECT w.id, w.url, array_remove(ARRAY[w.sealed_secret,
            CASE WHEN w.old_secret_until > clock_timestamp() THEN w.old_sealed_secret END], NULL) AS sealed_secrets,
        (SELECT count(*) FROM unnest($1::uuid[]) AS h (id) WHERE h.id = w.id) AS in_hand,
        CASE WHEN w.failing_since IS NULL THEN $2 ELSE 1 END AS most
    -- Each by itself: asked for all at once, the planner expects many, and reads the table.
    FROM waited_for f CROSS JOIN LATERAL (SELECT * FROM webhooks w WHERE w.id = f.webhook_id LIMIT 1) w
    WHERE w.enabled AND (w.id, w.url) NOT IN (SELECT * FROM unnest($5::uuid[], $6::text[]))
), found AS (
    SELECT due.id, r.url, r.sealed_secrets,
        r.in_hand + row_number() OVER (PARTITION BY r.id ORDER BY due.due_at) AS turn
    FROM room r CROSS JOIN LATERAL (
        SELECT d.id, d.due_at FROM webhook_deliveries d WHERE d.webhook_id = r.id AND d.due_at <= statement_timestamp()
        ORDER BY d.due_at LIMIT greatest(r.most - r.in_hand, 0) FOR UPDATE SKIP LOCKED
    ) due
    ORDER BY turn, due.due_at LIMIT $3
)
UPDATE webhook_deliveries d SET due_at = clock_timestamp() + $4 FROM found f WHERE d.id = f.id
RETURNING d.*, f.url, f.sealed_secrets
"""


async def take(
    db: Database,
    *,
    in_hand: Sequence[UUID],
    pausing: Sequence[tuple[UUID, str]] = (),
    per_webhook: int,
    limit: int,
    lease: timedelta,
) -> list[Due]:
    """Due events, each for this caller alone until the lease ends. `in_hand`: the webhooks of what it has already,
    each as often as it has any. `pausing`: webhooks, with their URLs, that get nothing now."""
    ids, urls = [webhook_id for webhook_id, _ in pausing], [url for _, url in pausing]
    rows = await db.fetch(TAKE, in_hand, per_webhook, limit, lease, ids, urls)
    return [
        Due(
            id=row["id"],
            organization_id=row["organization_id"],
            webhook_id=row["webhook_id"],
            event=to_event(row),
            attempts=row["attempts"],
            url=row["url"],
            sealed_secrets=tuple(row["sealed_secrets"]),
        )
        for row in rows
    ]


@traced("mark webhook delivered")
async def mark_delivered(db: Database, due: Due, answer: Answer) -> None:
    await db.execute(
        """
        WITH delivered AS (
            UPDATE webhook_deliveries SET attempts = attempts + 1, attempted_at = clock_timestamp(), http_status = $2,
                last_error = NULL, due_at = NULL, delivered_at = clock_timestamp()
            WHERE id = $1 AND due_at IS NOT NULL RETURNING webhook_id
        )
        UPDATE webhooks w SET failing_since = NULL FROM delivered d
        WHERE w.id = d.webhook_id AND w.failing_since IS NOT NULL
        """,
        due.id,
        answer.http_status,
    )


@traced("mark webhook failed")
async def mark_failed(
    db: Database, due: Due, answer: Answer, *, wait: timedelta | None, disable: str | None, disable_after: timedelta
) -> str | None:
    """`wait` None: it is sent no more. `disable`: the webhook is turned off for this reason; without one when it has
    failed for `disable_after`. Returns why it was turned off, None when it was not, or had been before. A repeat
    changes nothing, and what one URL answered says nothing of another that is the webhook's by now."""
    row = await db.fetchrow(
        """
        WITH failed AS (
            UPDATE webhook_deliveries SET attempts = attempts + 1, attempted_at = clock_timestamp(), http_status = $2,
                last_error = $3, due_at = clock_timestamp() + $4,
                failed_at = CASE WHEN $4::interval IS NULL THEN clock_timestamp() END
            WHERE id = $1 AND due_at IS NOT NULL AND attempts = $8 RETURNING webhook_id
        ), judged AS (
            SELECT w.id, coalesce($5::text,
                CASE WHEN w.failing_since < clock_timestamp() - $6::interval THEN $7::text END) AS reason
            FROM webhooks w JOIN failed f ON w.id = f.webhook_id WHERE w.enabled AND w.url = $9
        )
        UPDATE webhooks w SET failing_since = coalesce(w.failing_since, clock_timestamp()),
            enabled = j.reason IS NULL, disabled_reason = j.reason
        FROM judged j WHERE w.id = j.id AND w.enabled AND (w.failing_since IS NULL OR j.reason IS NOT NULL)
        RETURNING w.disabled_reason
        """,
        due.id,
        answer.http_status,
        answer.error,
        wait,
        disable,
        disable_after,
        f"Nothing could be delivered for {disable_after.days} days.",
        due.attempts,
        due.url,
    )
    return row["disabled_reason"] if row else None


async def give_back(db: Database, ids: Sequence[int]) -> None:
    """Ends the lease of what was taken and perhaps not sent."""
    await db.execute(
        "UPDATE webhook_deliveries SET due_at = clock_timestamp() WHERE id = ANY($1) AND due_at IS NOT NULL", ids
    )


async def purge(db: Database, *, older_than: timedelta, limit: int) -> int:
    """The oldest first, pending or not: what waits so long is of a webhook that was disabled or deleted."""
    return await db.execute(
        """
        DELETE FROM webhook_deliveries WHERE at < clock_timestamp() - $1::interval AND id IN (
            SELECT id FROM webhook_deliveries ORDER BY id LIMIT $2
        )
        """,
        older_than,
        limit,
    )
