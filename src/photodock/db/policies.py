"""Organizations' policies. The trigger `hold_policy` holds the table `photos` to them, whoever writes to it."""

from dataclasses import dataclass
from uuid import UUID

from photodock.db.pool import Executor
from photodock.domain.policy import GpsPolicy, PolicySet
from photodock.tracing.spans import traced


async def get(db: Executor, organization_id: UUID) -> PolicySet:
    row = await db.fetchrow("SELECT gps FROM policies WHERE organization_id = $1", organization_id)
    return PolicySet(GpsPolicy(row["gps"])) if row else PolicySet()


async def put(db: Executor, organization_id: UUID, wanted: PolicySet) -> None:
    """Waits for what is being stored under the old policies: afterwards nothing is."""
    await db.execute("SELECT set_policy($1, $2)", organization_id, wanted.gps.value)


# Newest first, and downwards: what comes meanwhile comes above, and is stored under the policy anyhow.
DIFFERING = """
    p.exif_data IS DISTINCT FROM exif_data_under(o.gps, p.exif_data)
    OR p.client_metadata IS DISTINCT FROM client_metadata_under(o.gps, p.client_metadata)
"""
PAGE = """
WITH page AS MATERIALIZED (
    SELECT id FROM photos WHERE organization_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
)
"""
COUNT = f"""
{PAGE}
SELECT count(*) FILTER (WHERE {DIFFERING}) AS differing, (SELECT id FROM page ORDER BY id LIMIT 1) AS last
FROM page JOIN photos p USING (id) JOIN policies o USING (organization_id)
"""  # noqa: S608  (conditions of our own)
APPLY = f"""
{PAGE}, found AS (
    SELECT p.id FROM page JOIN photos p USING (id) JOIN policies o USING (organization_id)
    WHERE {DIFFERING} ORDER BY p.id FOR UPDATE OF p
), changed AS (
    UPDATE photos p SET exif_data = exif_data_under(o.gps, p.exif_data), version = p.version + 1,
        client_metadata = client_metadata_under(o.gps, p.client_metadata)
    FROM found f, policies o WHERE p.id = f.id AND o.organization_id = $1 RETURNING p.id
)
SELECT (SELECT count(*) FROM changed) AS differing, (SELECT id FROM page ORDER BY id LIMIT 1) AS last
"""  # noqa: S608  (the same)


@dataclass(frozen=True, slots=True)
class Page:
    """`differing`: photos that hold more than the policy allows; `last` leads to the next page, None after the last."""

    differing: int
    last: UUID | None


@traced("apply policies")
async def page(db: Executor, organization_id: UUID, *, before: UUID | None, limit: int, apply: bool) -> Page:
    """The organization's photos older than `before`; with `apply` they hold afterwards what the policy allows."""
    row = await db.fetchrow(APPLY if apply else COUNT, organization_id, before, limit)
    assert row is not None  # noqa: S101  (aggregates always answer)
    return Page(row["differing"], row["last"])
