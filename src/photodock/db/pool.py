"""The connection pool, and PostgreSQL's faults put into our own words."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias, TypeVar

import asyncpg
import structlog

from photodock.db.connecting import AWAY, Connector
from photodock.domain.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")

Row: TypeAlias = asyncpg.Record

SILENCE_SECONDS = 1.0
"""The server ends a statement that takes too long; what it has not answered this much later, it never received."""
_CLOSE_SECONDS = 2.0

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
    """One connection of the pool, in the hands of one caller."""

    def __init__(self, raw: Any, lost: Callable[[BaseException], None]) -> None:
        self._raw = raw
        self._lost = lost

    async def fetch(self, sql: str, *args: object) -> list[Row]:
        return list(await self._watched(self._raw.fetch(sql, *args)))

    async def fetchrow(self, sql: str, *args: object) -> Row | None:
        row: Row | None = await self._watched(self._raw.fetchrow(sql, *args))
        return row

    async def execute(self, sql: str, *args: object) -> int:
        """Returns the number of rows the statement touched."""
        return _count(await self._watched(self._raw.execute(sql, *args)))

    async def roll_back(self) -> None:
        """Where the connection itself was given up, the server does it."""
        with suppress(*AWAY):
            await self.execute("ROLLBACK")

    async def _watched(self, statement: Awaitable[T]) -> T:
        try:
            return await statement
        except (TimeoutError, asyncio.CancelledError, asyncpg.ReadOnlySQLTransactionError) as error:
            # Not put back in order: that would wait for a server that may be silent. It ends the statement itself.
            with suppress(asyncpg.InterfaceError):  # given up already, with all others
                self._raw.terminate()
            self._lost(error)
            raise


class Database:
    """A pool that connects when first used, so that a process starts while PostgreSQL is away.

    All in seconds: a caller waits `acquire_timeout` for a connection, a new one takes at most `connect_timeout` for
    each host in `url`, and a statement `command_timeout` (and a second more where the server does not answer at all).

    A statement that stays without any answer, or is refused because the server has become read-only, tells of all
    connections: they lead to the same server, so all are given up, and the next ones find the one that writes now.
    """

    def __init__(
        self,
        url: str,
        *,
        max_size: int = 16,
        command_timeout: float = 10.0,
        acquire_timeout: float = 5.0,
        connect_timeout: float = 4.0,
    ) -> None:
        self._connector = Connector(
            url, connect_timeout=connect_timeout, command_timeout=command_timeout + SILENCE_SECONDS
        )
        self._max_size = max_size
        self._command_timeout = command_timeout
        self._acquire_timeout = acquire_timeout
        self._pool: Any = None
        self._connections: set[Any] = set()

    async def open(self) -> None:
        # Session state is set for good when a connection is made: nothing needs to be reset between two users of it.
        self._pool = await asyncpg.create_pool(
            min_size=0, max_size=self._max_size, connect=self._connect, reset=_no_reset
        )

    async def close(self) -> None:
        if self._pool is not None:
            # A server that is silent now leaves the pool's end to us.
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._pool.close()

    async def _connect(self, *_: object, **__: object) -> Any:
        """Called by the pool, whose own options repeat what the connector knows."""
        connection = await self._connector.connect(self._prepare)
        self._connections.add(connection)
        connection.add_termination_listener(lambda _: self._connections.discard(connection))
        return connection

    async def _prepare(self, raw: Any) -> None:
        """The second limit frees the locks of a transaction whose client has vanished from the network."""
        milliseconds = max(1, round(self._command_timeout * 1000))  # 0 stands for ever
        await raw.execute(
            f"SET statement_timeout = {milliseconds}; SET idle_in_transaction_session_timeout = {milliseconds}"
        )
        await raw.set_type_codec("jsonb", schema="pg_catalog", encoder=_to_json, decoder=json.loads)

    def _lost(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            return
        log.warning("database_connections_given_up", kind=type(error).__name__, connections=len(self._connections))
        for connection in list(self._connections):
            connection.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        async with translated(), self._pool.acquire(timeout=self._acquire_timeout) as raw:
            yield Connection(raw, self._lost)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Commits at the end of the block, rolls back on any exception. No network call belongs inside."""
        async with self.connection() as connection:
            try:
                await connection.execute("BEGIN")
                yield connection
                await connection.execute("COMMIT")
            except BaseException:
                await connection.roll_back()
                raise

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


def _to_json(value: object) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def texts(values: Sequence[object]) -> list[str]:
    """Enum members and the like as PostgreSQL's text[]."""
    return [str(value) for value in values]
