"""Migrations on the real database."""

import asyncio

import asyncpg

from conftest import administer, database_named
from photodock.db.health import NEWEST_REVISION, current_revision
from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.embedded.postgres import PostgresServer


async def test_processes_that_migrate_at_once_do_not_disturb_each_other(postgres: PostgresServer) -> None:
    await administer(postgres.database_url, "CREATE DATABASE migrated_at_once")
    url = database_named(postgres.database_url, "migrated_at_once")

    reached = await asyncio.gather(*(migrate(url) for _ in range(4)))

    assert set(reached) == {NEWEST_REVISION}


async def test_a_database_without_migrations_has_no_revision(postgres: PostgresServer) -> None:
    await administer(postgres.database_url, "CREATE DATABASE never_migrated")
    database = Database(database_named(postgres.database_url, "never_migrated"))
    assert await current_revision(database) is None
    await database.close()


async def test_a_photo_cannot_point_at_another_organizations_project(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO projects VALUES (gen_random_uuid(), gen_random_uuid(), 'roof')")
    try:
        await connection.execute(
            """INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size,
               s3_key, detection_types, priority, created_at, url_expires_at)
               SELECT gen_random_uuid(), gen_random_uuid(), id, 'u', gen_random_uuid(), 'a.jpg', 'image/jpeg', 1024,
               'k', '{damage}', 'normal', now(), now() FROM projects"""
        )
        refused = False
    except asyncpg.ForeignKeyViolationError:
        refused = True
    finally:
        await connection.close()
    assert refused
