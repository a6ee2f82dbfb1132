"""Policies of the administrator's organization."""

from fastapi import APIRouter, Request

from photodock.api.answers import PolicyResponse
from photodock.api.problems import responses
from photodock.api.requests import PolicyRequest
from photodock.api.secured import Caller, SecuredRoute, secured
from photodock.domain.identity import Scope
from photodock.domain.policy import PolicySet
from photodock.services.policies import Policies

router = APIRouter(prefix="/api/v1/policies", tags=["policies"], route_class=SecuredRoute)

COMMON = (
    *("unauthenticated", "headers_too_large", "body_too_large", "insufficient_scope", "invalid_request"),
    "database_unavailable",
)


def policies(request: Request) -> Policies:
    found: Policies = request.app.state.policies
    return found


@router.get("", summary="Get your organization's policies", responses=responses(*COMMON))
@secured(Scope.ADMIN)
async def get_policies(request: Request, caller: Caller) -> PolicyResponse:
    """`keep` where none was set."""
    return PolicyResponse.of(await policies(request).get(caller.organization_id))


@router.put("", summary="Set your organization's policies", responses=responses(*COMMON))
@secured(Scope.ADMIN)
async def put_policies(request: Request, caller: Caller, body: PolicyRequest) -> PolicyResponse:
    """Good for everything that is stored from the answer on. Photos stored before stay as they are: the operator's
    command `photodock policy apply` holds them to it too."""
    return PolicyResponse.of(await policies(request).put(caller.organization_id, PolicySet(gps=body.gps)))
