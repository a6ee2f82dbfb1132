"""The database's state as an operator wants to know it, for `photodock doctor`."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from photodock.db.connecting import Connector
from photodock.db.pool import Database
from photodock.db.tenants import Tenants

_TRIES = 3


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """`version` as PostgreSQL writes it, `version_number` such as 180006."""

    version: str
    version_number: int
    user: str


async def server_facts(db: Database) -> ServerFacts:
    row = await db.fetchrow(
        "SELECT current_setting('server_version') AS version, current_user::text AS user_name, "
        "current_setting('server_version_num')::integer AS number"
    )
    if row is None:
        raise LookupError("no answer to a query that always has one")
    return ServerFacts(row["version"].split()[0], row["number"], row["user_name"])


@dataclass(frozen=True, slots=True)
class TenantFacts:
    """The role that organizations' calls run as, and the tables whose rows it would see all or none of."""

    role: str
    bypasses: bool
    unprotected: tuple[str, ...]
    """Tables with `organization_id` without row-level security or without a policy."""
    refused: tuple[str, ...]
    """Those that the role has not all rights on."""


async def tenant_facts(db: Database) -> TenantFacts | None:
    """None when the role is missing or can't be taken on."""
    try:
        role = (
            await Tenants(db)
            .of(UUID(int=0))
            .fetchrow(
                "SELECT current_user::text AS name, rolsuper OR rolbypassrls AS bypasses FROM pg_roles "
                "WHERE rolname = current_user"
            )
        )
    except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError):
        return None
    if role is None:
        return None
    tables = await db.fetch(
        """
        SELECT c.relname::text AS name,
            c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS protected,
            has_table_privilege($1::name, c.oid, 'SELECT') AND has_table_privilege($1::name, c.oid, 'INSERT')
                AND has_table_privilege($1::name, c.oid, 'UPDATE') AND has_table_privilege($1::name, c.oid, 'DELETE')
                AS allowed
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
        """,
        role["name"],
    )
    return TenantFacts(
        role["name"],
        role["bypasses"],
        tuple(table["name"] for table in tables if not table["protected"]),
        tuple(table["name"] for table in tables if not table["allowed"]),
    )


async def hands_sessions_round(url: str, *, connect_timeout: float) -> bool:
    """Whether another connection got the server's session that one of ours had a moment ago: only a pooler in
    transaction mode does that. False is no proof that there is none."""
    connector = Connector(url, connect_timeout=connect_timeout, command_timeout=connect_timeout, pooled=True)
    opened: list[Any] = []
    try:
        opened.append(first := await connector.connect())
        opened.append(second := await connector.connect())
        for _ in range(_TRIES):
            before = await _session(first)
            await second.execute("BEGIN")
            taken = await _session(second)
            await second.execute("ROLLBACK")
            if taken == before:
                return True
        return False
    finally:
        await asyncio.gather(*(connection.close(timeout=1) for connection in opened), return_exceptions=True)


async def _session(connection: Any) -> int:
    found: int = await connection.fetchval("SELECT pg_backend_pid()")
    return found


async def role_timeout(db: Database) -> str:
    """The longest that a statement may take where no session says so: `0` for ever."""
    row = await db.fetchrow("SELECT current_setting('statement_timeout') AS longest")
    return str(row["longest"]) if row else "0"


@dataclass(frozen=True, slots=True)
class WebhookFacts:
    """Of all organizations' webhooks: how many there are, how many the service itself has turned off, how many fail
    since `FAILING` or longer. `sealed`: the secrets of those that are on, a thousand of them at the most."""

    there: int
    turned_off: int
    failing: int
    longest_due: timedelta | None
    sealed: tuple[str, ...]


FAILING = timedelta(hours=1)


async def webhook_facts(db: Database) -> WebhookFacts:
    row = await db.fetchrow(
        """
        SELECT count(*) AS there, count(*) FILTER (WHERE disabled_reason IS NOT NULL) AS turned_off,
            count(*) FILTER (WHERE enabled AND failing_since < clock_timestamp() - $1::interval) AS failing,
            (array_agg(sealed_secret) FILTER (WHERE enabled))[1:1000] AS sealed,
            (SELECT clock_timestamp() - min(d.due_at) FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
                WHERE w.enabled AND w.failing_since IS NULL) AS longest_due
        FROM webhooks
        """,
        FAILING,
    )
    assert row is not None  # noqa: S101  (counts always answer)
    facts = (row["there"], row["turned_off"], row["failing"], row["longest_due"])
    return WebhookFacts(*facts, tuple(row["sealed"] or ()))
