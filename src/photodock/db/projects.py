"""Projects' rows."""

from uuid import UUID

from photodock.db.pool import Executor
from photodock.db.tenants import Transactions
from photodock.domain.photo import Project


async def upsert(db: Transactions, project: Project) -> bool:
    """Creates or renames; False when another organization owns the id."""
    facts = (project.id, project.organization_id, project.name)
    async with db.transaction() as tx:
        # Not by DO UPDATE: row-level security makes an error of a conflict with a row that it hides.
        await tx.execute(
            "INSERT INTO projects (id, organization_id, name) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING", *facts
        )
        return await tx.execute("UPDATE projects SET name = $3 WHERE id = $1 AND organization_id = $2", *facts) == 1


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
