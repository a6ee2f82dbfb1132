"""Which photos need not be sent, because the project has them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from photodock.api import examples
from photodock.api.problems import responses
from photodock.api.requests import SHA256_PATTERN, Strict, canonical_sha256
from photodock.api.secured import Caller, SecuredRoute, secured
from photodock.api.uploads import COMMON
from photodock.domain.identity import Scope
from photodock.domain.photo import PhotoStatus
from photodock.services.library import Library

router = APIRouter(prefix="/api/v1/photos", tags=["uploads"], route_class=SecuredRoute)

MAX_CHECKSUMS = 500
"""24 KB: each is looked up by itself, in a few milliseconds altogether."""

Checksum = Annotated[str, AfterValidator(canonical_sha256), Field(json_schema_extra={"pattern": SHA256_PATTERN})]


class ExistsRequest(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.EXISTS_REQUEST]})

    project_id: UUID
    checksums: Annotated[
        list[Checksum],
        Field(min_length=1, max_length=MAX_CHECKSUMS, description="Base64 of files' SHA-256, one or more."),
    ]


class ExistingPhoto(BaseModel):
    checksum_sha256: str
    photo_id: UUID = Field(description="The first, where the project has several.")
    status: PhotoStatus


class ExistsResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.EXISTS]})

    items: list[ExistingPhoto] = Field(description="Those that the project has, in the order of the request.")


@router.post(
    "/exists",
    summary="Ask which photos a project has",
    responses=responses(*COMMON, "project_access_denied", "database_unavailable"),
)
@secured(Scope.READ, Scope.WRITE)
async def find_existing(request: Request, caller: Caller, body: ExistsRequest) -> ExistsResponse:
    """By the SHA-256 that was declared for them: so that no client needs to send a photo twice. Only photos that have
    arrived count, and whose bytes were compared with the checksum. Costs no quota."""
    library: Library = request.app.state.library
    found = await library.same_photos(caller, body.project_id, body.checksums)
    return ExistsResponse(
        items=[
            ExistingPhoto(checksum_sha256=one.checksum_sha256, photo_id=one.photo_id, status=one.status)
            for one in found
        ]
    )
