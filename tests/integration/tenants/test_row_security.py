"""The second wall between organizations: row-level security, on the real database."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

import photodock.db
from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.db.tenants import Tenant, Tenants

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
CHECKS = """
SELECT conrelid::regclass::text AS "table", conname FROM pg_constraint
WHERE contype = 'c' AND connamespace = 'public'::regnamespace
"""
NEEDED_COLUMNS = """
SELECT column_name, udt_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_nullable = 'NO' AND column_default IS NULL
    AND is_identity = 'NO'
"""
SAMPLES = {
    "uuid": "gen_random_uuid()",
    "text": "gen_random_uuid()::text",
    "_text": "'{x}'::text[]",
    "timestamptz": "now()",
    "date": "now()::date",
    "int4": "1",
    "int8": "1",
    "bool": "true",
    "jsonb": "'{}'::jsonb",
    "bytea": "'x'::bytea",
}
CALLED = re.compile(r"\.call(?:_for_all)?\(\s*\"(\w+)\"")


@dataclass
class Two:
    """Two organizations; every table holds one row of each."""

    db: Database
    tables: list[str]
    mine: UUID
    theirs: UUID

    @property
    def tenant(self) -> Tenant:
        return Tenants(self.db).of(self.mine)


@pytest.fixture
async def two(database_url: str, db: Database) -> AsyncIterator[Two]:
    connection = await asyncpg.connect(database_url)
    tables = [row["tablename"] for row in await connection.fetch(TABLES)]
    # Rows without meaning, so that a table that is made one day needs nothing here.
    await connection.execute("SET session_replication_role = replica")
    for check in await connection.fetch(CHECKS):
        await connection.execute(f'ALTER TABLE {check["table"]} DROP CONSTRAINT "{check["conname"]}"')
    for table in tables:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    two = Two(db, tables, uuid4(), uuid4())
    for table in tables:
        await connection.execute(f"DELETE FROM {table}")  # what a migration has put there
        for organization_id in (two.mine, two.theirs):
            await connection.execute(await sample_row(connection, table, organization_id))
    yield two
    await connection.close()


async def sample_row(connection: Any, table: str, organization_id: UUID) -> str:
    values = {row["column_name"]: SAMPLES[row["udt_name"]] for row in await connection.fetch(NEEDED_COLUMNS, table)}
    values["organization_id"] = f"'{organization_id}'"
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"


async def test_every_table_carries_its_organization_and_the_policy(db: Database) -> None:
    unprotected = await db.fetch(
        f"""
        SELECT tablename FROM ({TABLES}) AS t WHERE NOT (
            EXISTS (SELECT FROM information_schema.columns c
                WHERE c.table_name = t.tablename AND c.column_name = 'organization_id' AND c.is_nullable = 'NO')
            AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.tablename::regclass AND c.relrowsecurity)
            AND EXISTS (SELECT FROM pg_policies p
                WHERE p.tablename = t.tablename AND p.policyname = 'own_organization'))
        """
    )
    assert unprotected == []


async def test_a_query_that_forgets_its_organization_finds_its_own_rows_alone_in_every_table(two: Two) -> None:
    for table in two.tables:
        found = await two.tenant.fetch(f"SELECT organization_id FROM {table}")
        assert [row["organization_id"] for row in found] == [two.mine], table
        everything = await two.db.fetch(f"SELECT organization_id FROM {table}")
        assert {row["organization_id"] for row in everything} == {two.mine, two.theirs}, table


async def test_without_any_organization_a_query_finds_nothing_in_any_table(two: Two) -> None:
    for table in two.tables:
        async with two.tenant.transaction() as tx:
            await tx.execute("SELECT set_config('photodock.organization_id', '', true)")
            assert await tx.fetch(f"SELECT 1 FROM {table}") == [], table


async def test_a_change_that_forgets_its_organization_leaves_the_others_rows_in_every_table(two: Two) -> None:
    for table in two.tables:
        assert await two.tenant.execute(f"UPDATE {table} SET organization_id = organization_id") == 1, table
        assert await two.tenant.execute(f"DELETE FROM {table}") == 1, table
        left = await two.db.fetch(f"SELECT organization_id FROM {table}")
        assert [row["organization_id"] for row in left] == [two.theirs], table


async def test_no_row_can_be_made_for_or_moved_to_another_organization(two: Two, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    for table in two.tables:
        for statement in (
            await sample_row(connection, table, two.theirs),
            f"UPDATE {table} SET organization_id = '{two.theirs}'",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await two.tenant.execute(statement)
    await connection.close()


async def test_the_role_of_an_organizations_calls_cannot_bypass_and_ends_with_the_transaction(db: Database) -> None:
    who = "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = current_user"
    before = await db.fetchrow(who)
    async with Tenants(db).of(uuid4()).transaction() as tx:
        bound = await tx.fetchrow(who)
    rest = await db.fetchrow(f"SELECT current_setting('photodock.organization_id', true) AS bound, t.* FROM ({who}) t")
    assert bound
    assert before
    assert rest
    assert dict(bound) == {
        "rolname": f"{before['rolname']}_tenant",
        "rolsuper": False,
        "rolbypassrls": False,
        "rolcanlogin": False,
    }
    assert dict(rest) == {"bound": "", **before}


async def test_a_call_is_bound_in_its_one_statement_and_no_longer(two: Two) -> None:
    [other] = await two.db.fetch("SELECT id FROM photos WHERE organization_id = $1", two.theirs)
    own = await two.db.fetchrow("SELECT id FROM photos WHERE organization_id = $1", two.mine)
    assert own
    assert len(await two.tenant.call("get_photo", own["id"])) == 1
    assert await two.tenant.call("get_photo", other["id"]) == []
    row = await two.db.fetchrow("SELECT current_user <> session_user AS still_bound")
    assert row
    assert not row["still_bound"]


async def test_a_called_function_that_forgets_its_organization_answers_nothing_foreign(two: Two) -> None:
    await two.db.execute(
        """CREATE FUNCTION forgetful(p_organization_id uuid) RETURNS SETOF photos LANGUAGE plpgsql AS
           $$ BEGIN RETURN QUERY SELECT * FROM photos; END $$"""
    )
    for _ in range(8):  # plans are kept after some runs
        assert [row["organization_id"] for row in await two.tenant.call("forgetful")] == [two.mine]


def called_functions() -> set[str]:
    texts = [path.read_text() for path in Path(photodock.db.__path__[0]).glob("*.py")]
    return {name for text in texts for name in CALLED.findall(text)}


async def test_what_is_called_plans_its_statements_when_it_runs(db: Database) -> None:
    """A function in plain SQL may become part of the calling query, which was planned before it was bound."""
    called = called_functions()
    assert {"get_photo", "open_feed", "request_upload", "photo_versions", "request_upload_group"} <= called
    rows = await db.fetch(
        "SELECT p.proname, l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.proname = ANY($1)",
        sorted(called),
    )
    assert {(row["proname"], row["lanname"]) for row in rows} == {(name, "plpgsql") for name in called}


async def test_a_table_made_later_is_protected_by_the_next_migration(database_url: str, db: Database) -> None:
    await db.execute('CREATE TABLE "Later" (organization_id uuid NOT NULL)')
    await db.execute('INSERT INTO "Later" VALUES (gen_random_uuid())')
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await Tenants(db).of(uuid4()).fetch('SELECT * FROM "Later"')
    for _ in range(2):
        await migrate(database_url)
    assert await Tenants(db).of(uuid4()).fetch('SELECT * FROM "Later"') == []
