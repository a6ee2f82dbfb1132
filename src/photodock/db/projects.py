"""Projects' rows."""

from enum import StrEnum
from uuid import UUID

from photodock.db.pool import Executor
from photodock.db.tenants import Transactions
from photodock.domain.photo import Project


class Put(StrEnum):
    """What became of a project that was to be created or renamed."""

    DONE = "done"
    FOREIGN = "foreign"
    """Another organization owns the id."""
    FULL = "full"
    """The organization has as many projects as it may."""


async def put(db: Transactions, project: Project, most: int | None = None) -> Put:
    """Creates or renames; `most`: projects that the organization may have."""
    async with db.transaction() as tx:
        # Not by DO UPDATE: row-level security makes an error of a conflict with a row that it hides.
        if await _renamed(tx, project):
            return Put.DONE
        if most is not None and not await _has_room(tx, project.organization_id, most):
            return Put.FULL
        await tx.execute(
            "INSERT INTO projects (id, organization_id, name) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
            project.id,
            project.organization_id,
            project.name,
        )
        return Put.DONE if await _renamed(tx, project) else Put.FOREIGN


async def _renamed(tx: Executor, project: Project) -> bool:
    statement = "UPDATE projects SET name = $3 WHERE id = $1 AND organization_id = $2"
    return await tx.execute(statement, project.id, project.organization_id, project.name) == 1


async def _has_room(tx: Executor, organization_id: UUID, most: int) -> bool:
    """Until the transaction ends nobody else makes a project of the organization, so the count is exact."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('projects ' || $1::uuid, 0))", organization_id)
    row = await tx.fetchrow("SELECT count(*) AS found FROM projects WHERE organization_id = $1", organization_id)
    return row is not None and row["found"] < most


async def exists(db: Executor, project_id: UUID, organization_id: UUID) -> bool:
    row = await db.fetchrow(
        "SELECT 1 FROM projects WHERE id = $1 AND organization_id = $2", project_id, organization_id
    )
    return row is not None


async def of_organization(db: Executor, organization_id: UUID) -> list[Project]:
    rows = await db.fetch(
        "SELECT id, organization_id, name FROM projects WHERE organization_id = $1 ORDER BY name, id", organization_id
    )
    return [Project(row["id"], row["organization_id"], row["name"]) for row in rows]
