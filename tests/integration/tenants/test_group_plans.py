"""What is asked for an organization reads no more when the tables have grown since it was planned."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import Enum
from uuid import uuid4

import pytest

from photodock.db import photos, uploads
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.domain.limits import Limit, Limits
from support.groups import House, Wish

PLANNED_ANEW = 5
"""So many times PostgreSQL plans a statement for its arguments; then it may keep a plan."""
MANY = 3_000
OTHERS_QUOTA = """
INSERT INTO upload_quota (organization_id, user_id, measure, since, used)
SELECT organization_id, 'user ' || n, 'urls', since, 1
FROM upload_quota CROSS JOIN generate_series(1, $1::integer) n WHERE organization_id = $2
"""
OTHERS_PHOTOS = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, idempotency_key, request_hash, file_name,
    mime_type, file_size, s3_key, detection_types, priority, created_at, url_expires_at)
SELECT id, $2, $3, 'berta', gen_random_uuid(), id::text, '', 'roof.jpg', 'image/jpeg', 1024, id::text, '{damage}',
    'normal', now(), now()
FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::integer)) AS numbered
"""
OTHERS_PROJECTS = """
INSERT INTO projects (id, organization_id, name) SELECT gen_random_uuid(), $2, n::text FROM generate_series(1, $1) n
"""
READ = """
SELECT sum(rows)::integer AS rows FROM (
    SELECT relname, seq_tup_read AS rows FROM pg_stat_user_tables
    UNION ALL SELECT relname, idx_tup_read FROM pg_stat_user_indexes) AS each
WHERE relname IN ('photos', 'projects', 'upload_quota')
"""


async def rows_read(db: Database) -> int:
    await db.execute("SELECT pg_stat_force_next_flush()")
    [row] = await db.fetch(READ)
    return int(row["rows"])


async def ask_in_a_group(house: House) -> None:
    assert None not in await house.together(*(replace(wish, key=str(uuid4())) for wish in house.callers))


def wanted(place: int, wish: Wish) -> tuple[uploads.Issue, uploads.Wanted]:
    issue, new, photo_id, s3_key = wish.declared()
    return issue, uploads.Wanted(place, new, str(photo_id), str(issue.upload_id), s3_key, str(uuid4()), b"h")


async def ask_for_a_batch(house: House) -> None:
    issue, one = wanted(0, house.callers[0])
    [verdict] = await uploads.request_many(Tenants(house.db), issue, [one])
    assert verdict
    assert verdict.outcome is uploads.Outcome.CREATED


async def ask_for_a_batch_with_a_strange_project(house: House) -> None:
    issue, one = wanted(0, house.callers[0])
    _, strange = wanted(1, replace(house.callers[0], project_id=uuid4()))
    verdicts = await uploads.request_many(Tenants(house.db), issue, [one, strange])
    assert [verdict and verdict.outcome for verdict in verdicts] == ["created", "project_access_denied"]


async def look_at_versions(house: House) -> None:
    asked = [(wish.organization_id, uuid4()) for wish in house.callers]
    assert await photos.Versions(Tenants(house.db))._ask(asked) == [None] * len(asked)


async def ask_alone(house: House) -> None:
    answer = await house.alone(replace(house.callers[0], key=str(uuid4())))
    assert answer.outcome is uploads.Outcome.CREATED


async def read_one(house: House) -> None:
    assert await photos.seen(Tenants(house.db), uuid4(), house.callers[0].organization_id) is None


async def list_some(house: House) -> None:
    await photos.page(
        Tenants(house.db).of(uuid4()), uuid4(), project_id=None, status=None, ids=None, before=None, limit=10
    )


class Planned(Enum):
    SMALL = "while they were small"
    SMALL_BY_STATISTICS = "while they were small by their statistics"
    GROWN = "when they had grown"


async def grow(db: Database, whose: Wish) -> None:
    await db.execute(OTHERS_QUOTA, MANY, whose.organization_id)
    await db.execute(OTHERS_PROJECTS, MANY, whose.organization_id)
    await db.execute(OTHERS_PHOTOS, MANY, whose.organization_id, whose.project_id)


@pytest.mark.parametrize("planned", Planned, ids=lambda planned: planned.value)
@pytest.mark.parametrize(
    "call",
    [
        *(ask_in_a_group, ask_for_a_batch, ask_for_a_batch_with_a_strange_project, ask_alone),
        *(look_at_versions, read_one, list_some),
    ],
)
async def test_what_a_call_reads_does_not_grow_with_the_tables(
    house: House, database_url: str, call: Callable[[House], Awaitable[None]], planned: Planned
) -> None:
    callers = [replace(wish, limits=Limits({Limit.URLS: 3 * PLANNED_ANEW})) for wish in house.callers]
    db = Database(database_url, max_size=1)  # a plan belongs to its connection
    alone = House(db, callers)
    try:
        await ask_in_a_group(House(house.db, callers))
        if planned is Planned.SMALL_BY_STATISTICS:
            await db.execute("ANALYZE photos, upload_quota, projects")
        if planned is Planned.GROWN:
            await grow(db, callers[0])
            await db.execute("ANALYZE photos, projects")  # the counts of a minute are always newer than statistics
        for _ in range(PLANNED_ANEW + 1):
            await call(alone)
        if planned is not Planned.GROWN:
            await grow(db, callers[0])
        before = await rows_read(db)
        await call(alone)
        assert await rows_read(db) - before < 100
    finally:
        await db.close()


async def test_what_is_called_for_many_keeps_its_plans(db: Database) -> None:
    """A migration that replaces one of the functions has to say so again."""
    kept = await db.fetch(
        "SELECT proname FROM pg_proc WHERE 'plan_cache_mode=force_generic_plan' = ANY(proconfig) ORDER BY proname"
    )
    assert [row["proname"] for row in kept] == ["request_upload_batch", "request_upload_group"]
