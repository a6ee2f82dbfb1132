"""The database as one organization may see it: the second wall, behind the `WHERE organization_id` of each query.

Every statement runs as a role without BYPASSRLS, to which row-level security shows the rows of one organization alone,
or of those whose requests a statement answers together.
Role and organization are bound to the transaction and end with it: nothing of the session is relied on, so that a
pooler may hand the connection to anyone afterwards.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import TypeAlias, overload
from uuid import UUID

from photodock.db.pool import Connection, Database, Executor, Row


class Tenant:
    """Runs statements for one organization; there is no way to run one that is not bound to it."""

    def __init__(self, db: Database, organization_id: UUID) -> None:
        self._db = db
        self.organization_id = organization_id

    async def call(self, function: str, *args: object, columns: str = "called.*") -> list[Row]:
        """What a function of our own answers, in one round trip. Its first argument is the organization.

        It must be written in plpgsql, which plans its statements when it runs them: the query around it was planned
        before it was bound.
        """
        return await self._db.fetch(_call(function, len(args), columns), self.organization_id, *args)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """As the pool's own; bound in the round trip that begins it."""
        async with self._db.transaction(f"BEGIN; SELECT bind_organization('{self.organization_id}')") as tx:
            yield tx

    async def fetch(self, sql: str, *args: object) -> list[Row]:
        async with self.transaction() as tx:
            return await tx.fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: object) -> Row | None:
        async with self.transaction() as tx:
            return await tx.fetchrow(sql, *args)

    async def execute(self, sql: str, *args: object) -> int:
        async with self.transaction() as tx:
            return await tx.execute(sql, *args)


Transactions: TypeAlias = Database | Tenant
"""Where several statements can be made one transaction."""


class Tenants:
    """What services get of the database: one organization's view of it, or that of workers and the pipeline."""

    def __init__(self, db: Database) -> None:
        self.any = db

    async def call_for_all(self, function: str, organizations: Sequence[UUID], *args: object) -> list[Row]:
        """`Tenant.call` for requests of several organizations: bound to these, with each request's own as the first
        argument, an array."""
        return await self.any.fetch(
            _call(function, len(args), "called.*", binder="bind_organizations"), organizations, *args
        )

    @overload
    def of(self, organization_id: UUID) -> Tenant: ...
    @overload
    def of(self, organization_id: UUID | None) -> Executor: ...
    def of(self, organization_id: UUID | None) -> Executor:
        """None stands for any organization."""
        return self.any if organization_id is None else Tenant(self.any, organization_id)


@cache
def _call(function: str, arguments: int, columns: str, binder: str = "bind_organization") -> str:
    # The function takes its organization from the one that binds: PostgreSQL can't call them the other way round.
    others = "".join(f", ${number}" for number in range(2, arguments + 2))
    bound = f"{binder}($1) AS bound"
    return f"SELECT {columns} FROM {bound} CROSS JOIN LATERAL {function}(bound{others}) AS called"  # noqa: S608  (names of our own)
