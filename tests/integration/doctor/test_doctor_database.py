"""PostgreSQL in each of the states that the doctor tells apart."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from conftest import administer, database_named
from integration.doctor.conftest import diagnose
from integration.workers.conftest import Gallery, gallery
from photodock.db.health import NEWEST_REVISION
from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.doctor.findings import State
from photodock.embedded.pgbouncer import PoolerServer
from photodock.embedded.postgres import PostgresServer
from photodock.settings import Settings
from support.serving import changed
from support.system import SECRET

__all__ = ["gallery"]

DATABASE = ("database", "migrations", "row_security", "pooler", "outbox")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return at(database_url)


def at(url: str, **changes: object) -> Settings:
    return Settings(environment="tests", database_url=url, jwt_secret=SECRET, **changes)


@pytest.fixture
async def owned(postgres: PostgresServer) -> AsyncIterator[str]:
    """A migrated database of a user who is no superuser, and whose role for organizations is no other test's."""
    user, server = f"user_{uuid4().hex[:8]}", postgres.database_url
    await administer(server, f"CREATE ROLE {user} LOGIN CREATEROLE PASSWORD 'secret'")
    await administer(server, f"CREATE DATABASE {user} OWNER {user}")
    url = f"postgresql://{user}:secret@{database_named(server, user).rpartition('@')[2]}"
    await migrate(url)
    yield url
    await administer(server, f"DROP DATABASE {user} WITH (FORCE)")
    await administer(server, f"DROP ROLE IF EXISTS {user}_tenant")
    await administer(server, f"DROP ROLE {user}")


async def test_a_whole_database_is_well(settings: Settings, owned: str) -> None:
    for found in (await diagnose(settings, *DATABASE), await diagnose(at(owned), *DATABASE)):
        assert [finding.state for finding in found.findings] == [State.OK] * len(DATABASE)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("photodock:", "nobody:", "refuses the login"),
        ("/test_", "/nowhere_", "has no database of that name"),
        ("@127.0.0.1:", "@127.0.0.1:9,127.0.0.1:9", "Nothing listens at"),
        ("@127.0.0.1:", "@photodock-doctor.invalid:", "not known to DNS"),
    ],
)
async def test_a_url_that_leads_nowhere_is_told_apart(old: str, new: str, told: str, database_url: str) -> None:
    user = database_url.partition("//")[2].partition(":")[0]
    url = database_url.replace(f"{user}:", new) if old == "photodock:" else database_url.replace(old, new)
    if "127.0.0.1:9" in new:
        url = url.partition("@")[0] + "@127.0.0.1:9/" + url.rpartition("/")[2]
    found = await diagnose(at(url, database_connect_timeout="60s"), *DATABASE)
    assert told in found.said("database")
    assert url.partition("@")[0].rpartition(":")[2] not in found.said("database"), "no password is shown"
    assert found.of("migrations").state is State.NOT_APPLICABLE


async def test_tables_that_are_behind_are_told(settings: Settings, database_url: str) -> None:
    db = Database(database_url)
    await db.execute("UPDATE alembic_version SET version_num = '0001'")
    await db.close()
    said = (await diagnose(settings, "migrations")).said("migrations")
    assert f"stands at revision 0001, this version needs {NEWEST_REVISION}" in said
    assert "photodock migrate" in said


async def test_a_database_without_tables_is_told(settings: Settings, postgres: PostgresServer) -> None:
    found = await diagnose(at(database_named(postgres.database_url, "postgres")), *DATABASE)
    assert "no tables of photodock" in found.said("migrations")
    assert found.of("row_security").state is State.NOT_APPLICABLE


async def test_a_table_without_row_level_security_is_named(settings: Settings, database_url: str) -> None:
    await administer_in(database_url, "ALTER TABLE photos DISABLE ROW LEVEL SECURITY")
    said = (await diagnose(settings, "row_security")).said("row_security")
    assert "without row-level security: photos" in said


async def test_a_table_without_a_policy_is_named(settings: Settings, database_url: str) -> None:
    await administer_in(database_url, "DROP POLICY own_organization ON outbox")
    assert "without row-level security: outbox" in (await diagnose(settings, "row_security")).said("row_security")


async def administer_in(url: str, statement: str) -> None:
    db = Database(url)
    await db.execute(statement)
    await db.close()


async def test_a_role_without_its_rights_is_told(owned: str) -> None:
    role = owned.rpartition("/")[2] + "_tenant"
    await administer_in(owned, f"REVOKE SELECT ON photo_status_events FROM {role}")
    said = (await diagnose(at(owned), "row_security")).said("row_security")
    assert f"not allowed to `{role}`: photo_status_events" in said


async def test_a_role_that_bypasses_row_level_security_is_told_with_what_to_run(
    owned: str, postgres: PostgresServer
) -> None:
    role = owned.rpartition("/")[2] + "_tenant"
    await administer(postgres.database_url, f"ALTER ROLE {role} BYPASSRLS")
    found = await diagnose(at(owned), "row_security")
    assert "bypasses row-level security" in found.said("row_security")
    await administer(postgres.database_url, found.of("row_security").paste or "")
    assert (await diagnose(at(owned), "row_security")).wrong == []


async def test_a_role_that_is_missing_is_told(owned: str, postgres: PostgresServer) -> None:
    role = owned.rpartition("/")[2] + "_tenant"
    await administer_in(owned, f"DROP OWNED BY {role}")
    await administer(postgres.database_url, f"DROP ROLE {role}")
    assert "is missing, or may not be taken on" in (await diagnose(at(owned), "row_security")).said("row_security")


async def test_a_pooler_that_the_settings_do_not_know_of_is_found(pooler: PoolerServer) -> None:
    said = (await diagnose(at(pooler.database_url), "pooler")).said("pooler")
    assert "PHOTODOCK_DATABASE_POOLER=transaction" in said


async def test_a_pooler_needs_limits_and_a_direct_way(
    pooler: PoolerServer, database_url: str, owned: str, postgres: PostgresServer
) -> None:
    behind = at(pooler.database_url, database_pooler="transaction")
    found = await diagnose(behind, "pooler")
    assert "ALTER ROLE" in found.said("pooler")
    name = database_url.rpartition("/")[2]
    await administer(postgres.database_url, f"ALTER DATABASE {name} SET statement_timeout = '10s'")
    # It returns when they have gone: the pooler would hand out those that are about to.
    await administer(
        postgres.database_url, f"SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    assert "PHOTODOCK_DATABASE_DIRECT_URL is not set" in (await diagnose(behind, "pooler")).said("pooler")
    round_and_round = changed(behind, database_direct_url=pooler.database_url)
    assert "leads to a pooler" in (await diagnose(round_and_round, "pooler")).said("pooler")
    assert (await diagnose(changed(behind, database_direct_url=database_url), "pooler")).wrong == []


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("created_at = now() - interval '5 minutes'", "Is a `photodock worker` running?"),
        ("parked_at = now()", "photodock outbox retry"),
    ],
)
async def test_jobs_that_wait_or_were_given_up_are_told(
    state: str, told: str, settings: Settings, gallery: Gallery, database_url: str
) -> None:
    await gallery.uploaded()
    assert (await diagnose(settings, "outbox")).wrong == []
    await administer_in(database_url, f"UPDATE outbox SET {state}")
    assert told in (await diagnose(settings, "outbox")).said("outbox")
