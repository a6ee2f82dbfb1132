"""Connections to PostgreSQL, each opened within its time, on whichever of several hosts takes writes."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeAlias
from urllib.parse import parse_qs

import asyncpg

# What asyncpg raises when the server is away, starting, stopping, full, too slow, migrated at this moment, or no longer
# the one that writes; a client may try all of them again.
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
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidCachedStatementError,
)

Prepare: TypeAlias = Callable[[Any], Awaitable[None]]


class Connector:
    """Opens connections to one of the hosts in `url`, beginning with the one that answered last.

    Unless `url` says otherwise (`target_session_attrs`), a server that takes no writes is passed over: a standby, or a
    primary that has become one. `connect_timeout`, in seconds, is each host's: one that swallows everything must not
    use up the time of the next. `command_timeout` is the longest a statement may take; null: for ever.
    `pooled`: the way leads through a pooler in transaction mode.
    """

    def __init__(
        self, url: str, *, connect_timeout: float = 4.0, command_timeout: float | None = None, pooled: bool = False
    ) -> None:
        self._urls = urls_of_hosts(url)
        self._options: dict[str, Any] = {"command_timeout": command_timeout}
        if pooled:
            # The next statement may meet another server's session, which knows nothing of what was prepared here.
            self._options["statement_cache_size"] = 0
        if "target_session_attrs" not in query_of(url):
            self._options["target_session_attrs"] = "read-write"
        self._connect_timeout = connect_timeout
        self._preferred = 0

    async def connect(self, prepare: Prepare | None = None) -> Any:
        """A connection on which `prepare` has run. Raises the last host's error, one of `AWAY`."""
        count = len(self._urls)
        *others, last = ((self._preferred + turn) % count for turn in range(count))
        for number in others:
            with suppress(*AWAY):
                return await self._try(number, prepare)
        return await self._try(last, prepare)

    async def _try(self, number: int, prepare: Prepare | None) -> Any:
        try:
            async with asyncio.timeout(self._connect_timeout):
                return await self._open(self._urls[number], prepare)
        except BaseException:
            # When cancelled too: the next caller then begins with another host. One of several who fail at the same
            # time moves on for all.
            if self._preferred == number:
                self._preferred = (number + 1) % len(self._urls)
            raise

    async def _open(self, url: str, prepare: Prepare | None) -> Any:
        connection = await asyncpg.connect(url, **self._options)
        try:
            if prepare:
                await prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


def urls_of_hosts(url: str) -> tuple[str, ...]:
    """`postgresql://u:p@a:1,b:2/db` → the same address with host a alone, and with host b alone."""
    # Not by urlsplit: some of Python's versions refuse an IPv6 address that is not the only host.
    scheme, slashes, rest = url.partition("//")
    place = re.match(r"[^/?#]*", rest)
    login, at, hosts = (place[0] if place else "").rpartition("@")
    tail = rest.removeprefix(f"{login}{at}{hosts}")
    return tuple(f"{scheme}{slashes}{login}{at}{host}{tail}" for host in hosts.split(","))


def query_of(url: str) -> dict[str, list[str]]:
    """The address's parameters."""
    return parse_qs(url.partition("?")[2].partition("#")[0])
