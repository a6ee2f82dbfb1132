"""What a look for due deliveries reads, where many organizations have webhooks."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from photodock.db.pool import Database
from photodock.db.webhook_deliveries import TAKE, take
from support.plans import nodes

WEBHOOKS, BUSY = 1_000, 3
MINUTE = timedelta(minutes=1)
MAKE_WEBHOOKS = """
INSERT INTO webhooks (organization_id, url, enabled, sealed_secret)
SELECT gen_random_uuid(), 'https://hooks.example.com/', true, 'sealed' FROM generate_series(1, $1)
"""
# Each has a history; of a few, something is due.
MAKE_DELIVERIES = """
INSERT INTO webhook_deliveries (organization_id, webhook_id, type, due_at, delivered_at)
SELECT w.organization_id, w.id, 'webhook.test', CASE WHEN is_due THEN now() END, CASE WHEN NOT is_due THEN now() END
FROM (SELECT *, row_number() OVER () AS number FROM webhooks) w
CROSS JOIN LATERAL (SELECT n <= 2 AND w.number <= $1 AS is_due FROM generate_series(1, 30) AS n) AS made
"""


@pytest.fixture
async def crowded(db: Database) -> Database:
    await db.execute(MAKE_WEBHOOKS, WEBHOOKS)
    await db.execute(MAKE_DELIVERIES, BUSY)
    for table in ("webhooks", "webhook_deliveries"):
        await db.execute(f"ANALYZE {table}")
    return db


async def test_webhooks_for_which_nothing_waits_are_not_looked_at(crowded: Database) -> None:
    [row] = await crowded.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {TAKE}", [uuid4()], 4, 64, MINUTE, [], [])
    found = [node for node in nodes(json.loads(row[0])[0]["Plan"]) if "Relation Name" in node]
    assert {node["Relation Name"] for node in found} == {"webhooks", "webhook_deliveries"}
    for node in found:
        read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        assert read <= 10 * BUSY, node


async def test_all_that_is_due_is_found_whosoever_it_is(crowded: Database) -> None:
    found = await take(crowded, in_hand=[], per_webhook=4, limit=64, lease=MINUTE)
    assert len(found) == 2 * BUSY
    assert len({due.webhook_id for due in found}) == BUSY
