"""Functions that run with their owner's rights do their own work alone, whatever the session that calls them holds."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from photodock.db.pool import Database

OWNERS_FUNCTIONS = """
SELECT p.proname AS name, p.proconfig AS settings, format('search_path=%I, pg_temp', current_schema()) AS safe
FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = current_schema()::regnamespace
"""
PHOTO = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
    detection_types, priority, created_at, url_expires_at, client_metadata)
SELECT id, organization_id, id, 'u', gen_random_uuid(), 'a.jpg', 'image/jpeg', 1024, id::text, '{damage}',
    'normal', now(), now(), '{"latitude": 52.5, "longitude": 13.4}' FROM projects RETURNING client_metadata
"""


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_each_names_where_it_looks_and_temporary_tables_last(db: Database) -> None:
    found = await db.fetch(OWNERS_FUNCTIONS)
    assert {"hold_policy", "announce_status", "announce_deletion", "note_for_webhook"} <= {row["name"] for row in found}
    assert {row["name"]: row["settings"] for row in found} == {row["name"]: [row["safe"]] for row in found}


async def test_a_sessions_temporary_table_is_not_taken_for_the_policies(session: Any) -> None:
    organization_id = uuid4()
    await session.execute("INSERT INTO projects VALUES (gen_random_uuid(), $1, 'roof')", organization_id)
    await session.execute("SELECT set_policy($1, 'drop')", organization_id)
    await session.execute("CREATE TEMPORARY TABLE policies (organization_id uuid, gps text)")
    assert await session.fetchval(PHOTO) is None


async def test_a_sessions_temporary_table_takes_no_changes_from_the_feed(session: Any) -> None:
    await session.execute("INSERT INTO projects VALUES (gen_random_uuid(), gen_random_uuid(), 'roof')")
    await session.execute(PHOTO)
    await session.execute("CREATE TEMPORARY TABLE photo_changes (LIKE photo_changes INCLUDING ALL)")
    before = await session.fetchval("SELECT count(*) FROM public.photo_changes")
    await session.execute("DELETE FROM photos")
    assert await session.fetchval("SELECT count(*) FROM public.photo_changes") == before + 1
