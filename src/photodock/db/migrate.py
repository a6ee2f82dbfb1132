"""Brings the database to the newest migration; safe to run from several processes at once."""

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

# Any fixed number: it names the lock that keeps two migrating processes apart.
MIGRATION_LOCK = 7_054_121_203


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _engine(database_url: str) -> AsyncEngine:
    # `async_creator` hands the address to asyncpg as it is, so that migrations and the pool read it alike
    # (several hosts, sslmode); SQLAlchemy's own URL knows fewer options.
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(database_url, timeout=10), poolclass=NullPool
    )


def newest_revision() -> str:
    """The revision that this version of the code was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101  (the package ships at least one migration)
    return head


async def migrate(database_url: str) -> str:
    """Runs what is missing, each migration in its own transaction; returns the revision reached."""

    def upgrade(connection: Connection) -> str:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        return MigrationContext.configure(connection).get_current_revision() or ""

    engine = _engine(database_url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def migrate_sync(database_url: str) -> str:
    """The same for callers without an event loop."""
    return asyncio.run(migrate(database_url))
