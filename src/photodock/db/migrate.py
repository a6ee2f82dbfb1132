"""Brings the database to the newest migration; safe to run from several processes at once."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from photodock.db.connecting import AWAY, Connector, Prepare
from photodock.db.health import NEWEST_REVISION
from photodock.db.row_security import ensure_role, protect_tables
from photodock.domain.errors import PhotodockError

# Any fixed number: it names the lock that keeps two migrating processes apart.
MIGRATION_LOCK = 7_054_121_203

LOCK_SECONDS = 2
"""How long a migration may wait for a table; meanwhile everybody else waits for the migration."""
LOCK_NOT_AVAILABLE = "55P03"
OURS = re.compile("[0-9]{4}")
"""Revisions of photodock's own: another program's, which Alembic may keep too, have another form."""


class ForeignTables(PhotodockError):
    """The database is another program's, which uses Alembic as well."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


async def migrate(database_url: str, *, timeout: float = 600.0) -> str:
    """Runs what is missing, each migration in its own transaction; returns the revision reached. What a newer version
    has made stays as it is: this version works on it, and may have been brought back.

    `timeout` in seconds, for all of it, the wait for another process that migrates included. Raises TimeoutError, what
    asyncpg raises for a server that is away, TenantRoleMissing, or ForeignTables.
    """
    connector = Connector(database_url)
    opened: list[Any] = []

    async def connect() -> Any:
        opened.append(await connector.connect(_limited(timeout)))
        return opened[-1]

    working = asyncio.create_task(_migrated(connect))
    try:
        done, _ = await asyncio.wait({working}, timeout=timeout)
        if not done:
            raise TimeoutError("The database did not answer in time.")
        return await working
    finally:
        # Going away in order would wait for a server that may be silent.
        for connection in opened:
            connection.terminate()
        await asyncio.gather(working, return_exceptions=True)


def _limited(seconds: float) -> Prepare:
    async def prepare(connection: Any) -> None:
        await connection.execute(f"SET statement_timeout = {round(seconds * 1000)}")

    return prepare


async def _migrated(connect: Callable[[], Awaitable[Any]]) -> str:
    # `async_creator` hands the address to asyncpg as it is, so that migrations and the pool read it alike
    # (several hosts, sslmode); SQLAlchemy's own URL knows fewer options.
    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_upgrade)
    except DBAPIError as error:
        cause = error.orig and error.orig.__cause__
        if isinstance(cause, AWAY):
            raise cause from error
        raise
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> str:
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
    connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
    connection.commit()
    while True:
        try:
            return _upgraded(connection)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            # Lets the others by, and tries again what is left; `migrate` ends it when it takes too long.
            connection.rollback()
            connection.execute(text(f"SELECT pg_sleep({LOCK_SECONDS})"))
            connection.commit()


def _upgraded(connection: Connection) -> str:
    stands = _revision(connection)
    if stands and not OURS.fullmatch(stands):
        raise ForeignTables(
            f"The database holds another program's tables (revision {stands}). Set PHOTODOCK_DATABASE_URL to one of "
            "photodock's own."
        )
    if stands > NEWEST_REVISION:
        return stands
    role = ensure_role(connection)
    connection.commit()
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()
    protect_tables(connection, role)
    connection.commit()
    return _revision(connection)


def _revision(connection: Connection) -> str:
    """Empty before the first migration."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def migrate_sync(database_url: str) -> str:
    """The same for callers without an event loop."""
    return asyncio.run(migrate(database_url))
