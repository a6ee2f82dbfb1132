"""The connection pool, and PostgreSQL's faults put into our own words."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Protocol, TypeAlias, TypeVar

import asyncpg
import structlog
from pydantic_core import to_json

from photodock.db.connecting import AWAY, Connector
from photodock.db.connections import Connections
from photodock.domain.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")

Row: TypeAlias = asyncpg.Record

SILENCE_SECONDS = 1.0
"""The server ends a statement that takes too long; what it has not answered this much later, it never received."""

# What a database says that has not been migrated, or not far enough.
BEHIND = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError)

RESHAPED = (asyncpg.DatatypeMismatchError, asyncpg.InvalidCachedStatementError)
"""A migration has given a table another column between the planning of a statement and its running."""


class SchemaBehind(DatabaseUnavailable):
    """The server is there, this version's tables are not."""


def translate(error: BaseException | None) -> None:
    """Raises `DatabaseUnavailable` for everything that says that the database can't answer now."""
    if isinstance(error, BEHIND):
        raise SchemaBehind("The database is not ready for this version: run `photodock migrate` first.") from error
    if isinstance(error, AWAY):
        raise unreachable() from error


def unreachable() -> DatabaseUnavailable:
    return DatabaseUnavailable("The database can't be reached right now. Try again in a few seconds.")


@contextmanager
def translated() -> Iterator[None]:
    """For what talks to the database by other means than these connections."""
    try:
        yield
    except BaseException as error:
        translate(error)
        raise


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
            self._raw.terminate()
            self._lost(error)
            raise


class Lease:
    """A connection for the length of a block, and its faults in our own words. A class: each request makes one."""

    __slots__ = ("_connections", "_lost", "_raw")

    def __init__(self, connections: Connections, lost: Callable[[BaseException], None]) -> None:
        self._connections = connections
        self._lost = lost

    async def __aenter__(self) -> Connection:
        try:
            self._raw = await self._connections.acquire()
        except BaseException as error:
            translate(error)
            raise
        return Connection(self._raw, self._lost)

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._connections.release(self._raw)
        translate(error)


class Database:
    """A pool that connects when first used, so that a process starts while PostgreSQL is away.

    All in seconds: a caller waits `acquire_timeout` for a connection, a new one takes at most `connect_timeout` for
    each host in `url`, and a statement `command_timeout` (and a second more where the server does not answer at all).

    A statement that stays without any answer, or is refused because the server has become read-only, tells of all
    connections: they lead to the same server, so all are given up, and the next ones find the one that writes now.

    `pooled`: the way leads through a pooler in transaction mode, where no session is ours: the server's own limits
    are then set at the database's role.
    """

    def __init__(
        self,
        url: str,
        *,
        max_size: int = 16,
        command_timeout: float = 10.0,
        acquire_timeout: float = 5.0,
        connect_timeout: float = 4.0,
        pooled: bool = False,
    ) -> None:
        self._connector = Connector(
            url, connect_timeout=connect_timeout, command_timeout=command_timeout + SILENCE_SECONDS, pooled=pooled
        )
        self._pooled = pooled
        self._command_timeout = command_timeout
        # Session state is set for good when a connection is made: nothing needs to be reset between two users of it.
        self._connections = Connections(
            lambda: self._connector.connect(self._prepare), max_size=max_size, timeout=acquire_timeout
        )

    @property
    def acquire_timeout(self) -> float:
        return self._connections.timeout

    @property
    def pool(self) -> Connections:
        """What is told of it: how many connections there are, and in use."""
        return self._connections

    async def close(self) -> None:
        await self._connections.close()

    async def _prepare(self, raw: Any) -> None:
        """The second limit frees the locks of a transaction whose client has vanished from the network."""
        milliseconds = max(1, round(self._command_timeout * 1000))  # 0 stands for ever
        if not self._pooled:
            await raw.execute(
                f"SET statement_timeout = {milliseconds}; SET idle_in_transaction_session_timeout = {milliseconds}"
            )
        elif await raw.fetchval("SHOW statement_timeout") == "0":
            log.warning("database_without_statement_timeout", hint="Set it for the role: ALTER ROLE ... SET ...")
        await raw.set_type_codec("jsonb", schema="pg_catalog", encoder=_to_json, decoder=json.loads)

    def _lost(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            return
        log.warning("database_connections_given_up", kind=type(error).__name__, connections=len(self._connections))
        self._connections.terminate()

    def connection(self) -> Lease:
        return Lease(self._connections, self._lost)

    @asynccontextmanager
    async def transaction(self, begin: str = "BEGIN") -> AsyncIterator[Connection]:
        """Commits at the end of the block, rolls back on any exception. No network call belongs inside."""
        async with self.connection() as connection:
            try:
                await connection.execute(begin)
                yield connection
                await connection.execute("COMMIT")
            except BaseException:
                await connection.roll_back()
                raise

    # Each of these is a transaction of its own: where the tables took on another shape under it, it has done nothing.

    async def fetch(self, sql: str, *args: object) -> list[Row]:
        async with self.connection() as connection:
            try:
                return await connection.fetch(sql, *args)
            except RESHAPED:
                return await connection.fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: object) -> Row | None:
        async with self.connection() as connection:
            try:
                return await connection.fetchrow(sql, *args)
            except RESHAPED:
                return await connection.fetchrow(sql, *args)

    async def execute(self, sql: str, *args: object) -> int:
        async with self.connection() as connection:
            try:
                return await connection.execute(sql, *args)
            except RESHAPED:
                return await connection.execute(sql, *args)


class Executor(Protocol):
    """Queries run alike on the pool and for one organization (each a transaction of its own), and in a transaction."""

    async def fetch(self, sql: str, *args: object) -> list[Row]: ...

    async def fetchrow(self, sql: str, *args: object) -> Row | None: ...

    async def execute(self, sql: str, *args: object) -> int: ...


def _count(tag: str) -> int:
    """`UPDATE 3` → 3"""
    last = tag.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


def _to_json(value: object) -> str:
    return to_json(value).decode()


def texts(values: Sequence[object]) -> list[str]:
    """Enum members and the like as PostgreSQL's text[]."""
    return [str(value) for value in values]
