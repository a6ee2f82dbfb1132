"""Parked detection jobs of the administrator's organization."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from photodock.api.problems import responses
from photodock.api.secured import Caller, SecuredRoute, secured
from photodock.domain.identity import Scope
from photodock.services.outbox import Outbox

router = APIRouter(prefix="/api/v1/outbox", tags=["outbox"], route_class=SecuredRoute)

COMMON = (
    *("unauthenticated", "headers_too_large", "body_too_large", "insufficient_scope", "invalid_request"),
    "database_unavailable",
)
LAST_ID = 2**63 - 1


class ParkedJobResponse(BaseModel):
    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 4711,
                    "photo_id": "01a2045d-e729-75a1-a237-622d7a224704",
                    "attempts": 10,
                    "last_error": "The queue refuses our requests (AccessDenied).",
                    "created_at": "2026-11-22T17:46:35Z",
                    "parked_at": "2026-11-22T21:10:02Z",
                }
            ]
        },
    )

    id: int
    photo_id: UUID
    attempts: int = Field(description="Failures to send it.")
    last_error: str | None
    created_at: datetime
    parked_at: datetime


class ParkedJobList(BaseModel):
    items: list[ParkedJobResponse]


def outbox(request: Request) -> Outbox:
    found: Outbox = request.app.state.outbox
    return found


@router.get("", summary="List parked detection jobs", responses=responses(*COMMON))
@secured(Scope.ADMIN)
async def list_parked(
    request: Request,
    caller: Caller,
    after: Annotated[int, Query(ge=0, le=LAST_ID, description="The last `id` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> ParkedJobList:
    """Jobs of your organization that could not be sent after all attempts, oldest first."""
    jobs = await outbox(request).parked(caller.organization_id, after=after, limit=limit)
    return ParkedJobList(items=[ParkedJobResponse.model_validate(job) for job in jobs])


@router.post(
    "/{id}/retry",
    summary="Send a parked job again",
    status_code=204,
    response_class=Response,
    responses=responses(*COMMON, "not_found"),
)
@secured(Scope.ADMIN)
async def retry_parked(
    request: Request, caller: Caller, job_id: Annotated[int, Path(alias="id", ge=1, le=LAST_ID)]
) -> None:
    """It is sent at once, with all its attempts before it again."""
    await outbox(request).retry(caller.organization_id, job_id)
