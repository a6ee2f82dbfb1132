"""The connection pool, and PostgreSQL's faults put into our own words."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from photodock.domain.errors import DatabaseUnavailable

Row: TypeAlias = asyncpg.Record

# What asyncpg raises when the server is away, starting, stopping, full or too slow; a client may try all of them again.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InternalClientError,
)

# What a database says that has not been migrated, or not far enough.
BEHIND = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError)


class SchemaBehind(DatabaseUnavailable):
    """The server is there, this version's tables are not."""


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Raises `DatabaseUnavailable` for everything that says that the database can't answer now."""
    try:
        yield
    except BEHIND as error:
        raise SchemaBehind("The database is not ready for this version: run `photodock migrate` first.") from error
    except AWAY as error:
        raise DatabaseUnavailable("The database can't be reached right now. Try again in a few seconds.") from error


class Connection:
    """One connection inside a transaction."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def fetch(self, sql: str, *args: object) -> list[Row]:
        return list(await self._raw.fetch(sql, *args))

    async def fetchrow(self, sql: str, *args: object) -> Row | None:
        row: Row | None = await self._raw.fetchrow(sql, *args)
        return row

    async def execute(self, sql: str, *args: object) -> int:
        """Returns the number of rows the statement touched."""
        return _count(await self._raw.execute(sql, *args))


class Database:
    """A pool that connects when first used, so that a process starts while PostgreSQL is away.

    `command_timeout` and `acquire_timeout` in seconds: no request hangs longer than both.
    """

    def __init__(
        self, url: str, *, max_size: int = 16, command_timeout: float = 10.0, acquire_timeout: float = 5.0
    ) -> None:
        self._url = url
        self._max_size = max_size
        self._command_timeout = command_timeout
        self._acquire_timeout = acquire_timeout
        self._pool: Any = None

    async def open(self) -> None:
        # No session state is ever set, so nothing needs to be reset between two users of a connection.
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._max_size,
            timeout=self._acquire_timeout,
            command_timeout=self._command_timeout,
            init=_prepare_connection,
            reset=_no_reset,
        )

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        async with translated(), self._pool.acquire(timeout=self._acquire_timeout) as raw:
            yield Connection(raw)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Commits at the end of the block, rolls back on any exception. No network call belongs inside."""
        async with translated(), self._pool.acquire(timeout=self._acquire_timeout) as raw, raw.transaction():
            yield Connection(raw)

    async def fetch(self, sql: str, *args: object) -> list[Row]:
        async with self.connection() as connection:
            return await connection.fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: object) -> Row | None:
        async with self.connection() as connection:
            return await connection.fetchrow(sql, *args)

    async def execute(self, sql: str, *args: object) -> int:
        async with self.connection() as connection:
            return await connection.execute(sql, *args)


Executor: TypeAlias = "Database | Connection"
"""Queries run alike on the pool (a transaction of their own) and inside a transaction."""


def _count(tag: str) -> int:
    """`UPDATE 3` → 3"""
    last = tag.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


async def _no_reset(_: Any) -> None:
    return None


async def _prepare_connection(raw: Any) -> None:
    await raw.set_type_codec("jsonb", schema="pg_catalog", encoder=_to_json, decoder=json.loads)


def _to_json(value: object) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def texts(values: Sequence[object]) -> list[str]:
    """Enum members and the like as PostgreSQL's text[]."""
    return [str(value) for value in values]
