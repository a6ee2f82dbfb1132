"""Projects: what photos belong to. An organization's own."""

from uuid import UUID

from photodock.db import projects
from photodock.db.projects import Put
from photodock.db.tenants import Tenants
from photodock.domain.errors import ProjectAccessDenied, TooManyProjects
from photodock.domain.photo import Project
from photodock.services.uploads import PROJECT_ACCESS_DENIED


class Projects:
    """`most`: projects that an organization may have; an operator's command has no such limit."""

    def __init__(self, db: Tenants, most: int | None = None) -> None:
        self._db = db
        self._most = most

    async def put(self, project_id: UUID, organization_id: UUID, name: str) -> Project:
        """Creates or renames. Raises ProjectAccessDenied when the id is another organization's, TooManyProjects."""
        project = Project(project_id, organization_id, name)
        match await projects.put(self._db.of(organization_id), project, self._most):
            case Put.FOREIGN:
                raise ProjectAccessDenied(PROJECT_ACCESS_DENIED)
            case Put.FULL:
                raise TooManyProjects(
                    f"Your organization has {self._most} projects, and may have no more. Rename one that is not "
                    "needed, or have the operator allow more."
                )
            case _:
                return project

    async def list(self, organization_id: UUID) -> list[Project]:
        return await projects.of_organization(self._db.of(organization_id), organization_id)
