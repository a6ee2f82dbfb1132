"""Who makes the role of organizations' calls, and who may be it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest

from conftest import administer, database_named
from photodock.db.health import organizations_may_read
from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.db.row_security import TenantRoleMissing
from photodock.embedded.postgres import PostgresServer
from photodock.settings import Settings
from support.images import jpeg
from support.serving import changed, serving


@dataclass
class Owned:
    """A database of a user who is no superuser, as on a managed server."""

    user: str
    url: str
    server_url: str


@pytest.fixture
async def owned(postgres: PostgresServer) -> AsyncIterator[Owned]:
    user, server = f"user_{uuid4().hex[:8]}", postgres.database_url
    await administer(server, f"CREATE ROLE {user} LOGIN PASSWORD 'secret'")
    await administer(server, f"CREATE DATABASE {user} OWNER {user}")
    place = database_named(server, user).rpartition("@")[2]
    yield Owned(user, f"postgresql://{user}:secret@{place}", server)
    await administer(server, f"DROP DATABASE {user} WITH (FORCE)")
    await administer(server, f"DROP ROLE IF EXISTS {user}_tenant")
    await administer(server, f"DROP ROLE {user}")


async def readable(url: str) -> bool:
    db = Database(url)
    try:
        return await organizations_may_read(db)
    finally:
        await db.close()


async def test_a_user_that_may_make_roles_makes_it(owned: Owned) -> None:
    await administer(owned.server_url, f"ALTER ROLE {owned.user} CREATEROLE")
    await migrate(owned.url)
    assert await readable(owned.url)


async def test_a_user_that_may_not_is_told_what_to_run_and_it_helps(owned: Owned) -> None:
    with pytest.raises(TenantRoleMissing) as refused:
        await migrate(owned.url)
    create, grant = refused.value.detail.partition("migrate again: ")[2].rstrip(";").split("; ")
    await administer(owned.server_url, create)
    with pytest.raises(TenantRoleMissing) as refused:
        await migrate(owned.url)
    assert refused.value.detail.endswith(f"migrate again: {grant};")
    await administer(owned.server_url, grant)
    await migrate(owned.url)
    assert await readable(owned.url)


async def test_a_role_that_could_bypass_is_refused(owned: Owned) -> None:
    await administer(owned.server_url, f"CREATE ROLE {owned.user}_tenant NOLOGIN BYPASSRLS")
    await administer(owned.server_url, f"GRANT {owned.user}_tenant TO {owned.user}")
    with pytest.raises(TenantRoleMissing) as refused:
        await migrate(owned.url)
    await administer(owned.server_url, refused.value.detail.partition("migrate again: ")[2])
    await migrate(owned.url)
    assert await readable(owned.url)


async def test_lost_rights_are_seen_and_the_next_migration_gives_them_again(owned: Owned) -> None:
    await administer(owned.server_url, f"ALTER ROLE {owned.user} CREATEROLE")
    await migrate(owned.url)
    connection = await asyncpg.connect(owned.url)
    await connection.execute(f"REVOKE ALL ON photos FROM {owned.user}_tenant")
    await connection.close()
    assert not await readable(owned.url)
    await migrate(owned.url)
    assert await readable(owned.url)


async def test_a_second_user_that_is_a_member_of_the_owner_may_do_as_much(owned: Owned) -> None:
    await administer(owned.server_url, f"ALTER ROLE {owned.user} CREATEROLE")
    await migrate(owned.url)
    second = f"second_{owned.user}"
    await administer(owned.server_url, f"CREATE ROLE {second} LOGIN PASSWORD 'secret' IN ROLE {owned.user}")
    db = Database(owned.url.replace(owned.user, second, 1))
    try:
        await db.execute("INSERT INTO projects VALUES (gen_random_uuid(), gen_random_uuid(), 'roof')")
        assert len(await db.fetch("SELECT id FROM projects")) == 1
        assert await organizations_may_read(db)
    finally:
        await db.close()
        await administer(owned.server_url, f"DROP ROLE {second}")


async def test_a_login_that_is_the_role_alone_serves_organizations_and_no_pipeline(
    settings: Settings, db: Database
) -> None:
    user = f"serve_{uuid4().hex[:8]}"
    url = settings.database_url.get_secret_value()
    role = await db.fetchrow("SELECT current_user || '_tenant' AS name")
    assert role
    await db.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'secret' IN ROLE {role['name']}")
    await db.execute(f"GRANT SELECT ON alembic_version TO {user}")
    try:
        limited = changed(settings, database_url=f"postgresql://{user}:secret@{url.rpartition('@')[2]}")
        async for api in serving(limited):
            photo = await api.upload(await api.make_project(), jpeg())
            assert (await api.call("GET", f"/photos/{photo['id']}")).status_code == 200
            assert (await api.pipeline().call("GET", f"/photos/{photo['id']}")).status_code == 404
            assert (await api.http.get("/readyz")).json()["parts"]["database"] == "ok"
    finally:
        await db.execute(f"DROP OWNED BY {user}")
        await db.execute(f"DROP ROLE {user}")
