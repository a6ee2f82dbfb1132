"""Row-level security through a pgbouncer in transaction mode: what is bound is the transaction, never the session."""

import asyncio
from uuid import UUID, uuid4

from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.embedded.pgbouncer import PoolerServer

TURNS = 40


async def test_nothing_bound_stays_in_a_session_that_others_get(pooler: PoolerServer, db: Database) -> None:
    mine, theirs = uuid4(), uuid4()
    for organization_id in (mine, theirs):
        await db.execute("INSERT INTO projects VALUES (gen_random_uuid(), $1, 'roof')", organization_id)
    pooled = Database(pooler.database_url, pooled=True)
    try:
        await asyncio.gather(*(turn(Tenants(pooled), mine, theirs) for _ in range(TURNS)))
    finally:
        await pooled.close()


async def turn(tenants: Tenants, mine: UUID, theirs: UUID) -> None:
    """A query without its WHERE, for one, for the other and for any, and calls of one statement between them."""
    everything = "SELECT organization_id, current_user = session_user AS is_owner FROM projects"
    for organization_id in (mine, theirs):
        rows = await tenants.of(organization_id).fetch(everything)
        assert [(row["organization_id"], row["is_owner"]) for row in rows] == [(organization_id, False)]
        assert await tenants.of(organization_id).call("get_photo", uuid4()) == []
        rows = await tenants.any.fetch(everything)
        assert {(row["organization_id"], row["is_owner"]) for row in rows} == {(mine, True), (theirs, True)}
