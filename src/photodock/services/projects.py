"""Projects: what photos belong to. An organization's own."""

from uuid import UUID

from photodock.db import projects
from photodock.db.tenants import Tenants
from photodock.domain.errors import ProjectAccessDenied
from photodock.domain.photo import Project
from photodock.services.uploads import PROJECT_ACCESS_DENIED


class Projects:
    def __init__(self, db: Tenants) -> None:
        self._db = db

    async def put(self, project_id: UUID, organization_id: UUID, name: str) -> Project:
        """Creates or renames. Raises ProjectAccessDenied when the id is another organization's."""
        project = Project(project_id, organization_id, name)
        if not await projects.upsert(self._db.of(organization_id), project):
            raise ProjectAccessDenied(PROJECT_ACCESS_DENIED)
        return project

    async def list(self, organization_id: UUID) -> list[Project]:
        return await projects.of_organization(self._db.of(organization_id), organization_id)
