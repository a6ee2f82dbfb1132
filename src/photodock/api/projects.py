"""Projects of the caller's organization."""

from uuid import UUID

from fastapi import APIRouter, Request

from photodock.api.answers import ProjectList, ProjectResponse
from photodock.api.problems import responses
from photodock.api.requests import ProjectRequest
from photodock.api.secured import Caller, SecuredRoute, secured
from photodock.domain.identity import Scope
from photodock.services.projects import Projects

router = APIRouter(prefix="/api/v1/projects", tags=["projects"], route_class=SecuredRoute)

COMMON = (
    *("unauthenticated", "headers_too_large", "body_too_large", "insufficient_scope", "invalid_request"),
    "database_unavailable",
)


@router.get("", summary="List projects", responses=responses(*COMMON))
@secured(Scope.READ, Scope.ADMIN)
async def list_projects(request: Request, caller: Caller) -> ProjectList:
    projects: Projects = request.app.state.projects
    return ProjectList(items=[ProjectResponse.of(item) for item in await projects.list(caller.organization_id)])


@router.put(
    "/{project_id}",
    summary="Create or rename a project",
    responses=responses(*COMMON, "project_access_denied", "too_many_projects"),
)
@secured(Scope.ADMIN)
async def put_project(request: Request, caller: Caller, project_id: UUID, body: ProjectRequest) -> ProjectResponse:
    """The id is yours to choose, so that your own system's ids can be used."""
    projects: Projects = request.app.state.projects
    return ProjectResponse.of(await projects.put(project_id, caller.organization_id, body.name))
