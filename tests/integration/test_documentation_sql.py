"""The SQL that docs/operations.md gives an administrator, on the real PostgreSQL."""

import asyncpg

from support.pages import blocks_of


async def test_the_shown_statements_are_postgresqls(database_url: str) -> None:
    [statements] = blocks_of("docs/operations.md", "sql")
    connection = await asyncpg.connect(database_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(statements)
        kept = await connection.fetchval(
            "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'photodock'::regrole"
        )
        await transaction.rollback()
    finally:
        await connection.close()
    assert kept == ["statement_timeout=10s", "idle_in_transaction_session_timeout=10s"]
