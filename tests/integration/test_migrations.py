"""Migrations on the real database."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from conftest import administer, database_named
from photodock.db.connecting import Connector
from photodock.db.health import NEWEST_REVISION, current_revision
from photodock.db.migrate import _config, migrate
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


async def moved(url: str, move: Callable[..., None], revision: str) -> None:
    engine = create_async_engine("postgresql+asyncpg://", async_creator=Connector(url).connect, poolclass=NullPool)

    def go(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        move(config, revision)

    async with engine.connect() as connection:
        await connection.run_sync(go)
        await connection.commit()
    await engine.dispose()


async def asked_for_an_upload(connection: Any, limit: str) -> tuple[str, int]:
    """What came of it, and how many URLs are counted altogether."""
    outcome = await connection.fetchval(
        f"""SELECT outcome FROM gen_random_uuid() AS photo_id, projects p, request_upload(p.organization_id, 'u', p.id,
            photo_id, gen_random_uuid(), NULL, NULL, 'a.jpg', 'image/jpeg', 2000, NULL, photo_id::text, '{{damage}}',
            'normal', NULL, now(), now(), now(), {limit})"""  # noqa: S608  (limits of our own)
    )
    return outcome, await connection.fetchval("SELECT sum(used)::integer FROM upload_quota")


async def test_what_was_counted_stays_counted_on_the_way_up_and_down(postgres: PostgresServer) -> None:
    await administer(postgres.database_url, "CREATE DATABASE migrated_with_rows")
    url = database_named(postgres.database_url, "migrated_with_rows")
    for move, revision, limit, counted in (
        (command.upgrade, "0002", "9", 1),
        (command.upgrade, NEWEST_REVISION, "'{9}'::bigint[]", 2),
        (command.downgrade, "0002", "9", 3),
        (command.upgrade, NEWEST_REVISION, "'{9}'::bigint[]", 4),
    ):
        await moved(url, move, revision)
        connection = await asyncpg.connect(url)
        if counted == 1:
            await connection.execute("INSERT INTO projects VALUES (gen_random_uuid(), gen_random_uuid(), 'roof')")
        assert await asked_for_an_upload(connection, limit) == ("created", counted)
        await connection.close()


async def test_a_photo_cannot_point_at_another_organizations_project(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO projects VALUES (gen_random_uuid(), gen_random_uuid(), 'roof')")
    try:
        await connection.execute(
            """INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size,
               s3_key, detection_types, priority, created_at, url_expires_at)
               SELECT id, gen_random_uuid(), id, 'u', gen_random_uuid(), 'a.jpg', 'image/jpeg', 1024,
               id::text, '{damage}', 'normal', now(), now() FROM projects"""
        )
        refused = False
    except asyncpg.ForeignKeyViolationError:
        refused = True
    finally:
        await connection.close()
    assert refused
