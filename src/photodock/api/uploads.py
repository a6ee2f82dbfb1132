"""Asking for upload URLs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response

from photodock.api.answers import UploadResponse
from photodock.api.problems import rate_limit_headers, responses
from photodock.api.requests import UploadRequest
from photodock.api.secured import Caller, SecuredRoute, secured
from photodock.domain.errors import InvalidRequest
from photodock.domain.identity import Scope
from photodock.services.uploads import IssuedUpload, Uploads

router = APIRouter(prefix="/api/v1/photos", tags=["uploads"], route_class=SecuredRoute)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Your own name for this photo: a repeat answers with the same photo and costs no quota.",
    ),
]
COMMON = ("unauthenticated", "body_too_large", "headers_too_large", "insufficient_scope", "invalid_request")
# Storage: the credentials that sign have ended.
AWAY = ("database_unavailable", "storage_unavailable")


@router.post(
    "/upload-url",
    summary="Get an upload URL for a new photo",
    responses=responses(
        *COMMON,
        *("invalid_file_type", "file_too_large", "file_too_small", "idempotency_conflict"),
        *("rate_limited", "project_access_denied"),
        *AWAY,
    ),
)
@secured(Scope.WRITE)
async def request_upload_url(
    request: Request, response: Response, caller: Caller, body: UploadRequest, idempotency_key: IdempotencyKey = None
) -> UploadResponse:
    """Answers with a presigned `PUT`, good for 15 minutes. Storage itself refuses another type, another size, other
    bytes (when a checksum was declared) and a second write."""
    new = body.to_new_photo(request.app.state.detection_types)
    unknown = set(new.detection_types) - set(request.app.state.detection_types)
    if unknown:
        known = ", ".join(request.app.state.detection_types)
        raise InvalidRequest(f"detection_types may hold {known} here. Leave it out to have all of them.")
    uploads: Uploads = request.app.state.uploads
    return answer(response, await uploads.request(caller, new, idempotency_key))


@router.post(
    "/{photo_id}/upload-url",
    summary="Get a fresh upload URL for the same photo",
    responses=responses(*COMMON, "photo_not_found", "invalid_status_transition", "rate_limited", *AWAY),
)
@secured(Scope.WRITE)
async def refresh_upload_url(request: Request, response: Response, caller: Caller, photo_id: UUID) -> UploadResponse:
    """For a photo that is still `pending_upload`, or `failed` with `upload_expired`. Same object, new `upload_id`."""
    uploads: Uploads = request.app.state.uploads
    return answer(response, await uploads.refresh(caller, photo_id))


def answer(response: Response, issued: IssuedUpload) -> UploadResponse:
    if issued.quota:
        quota = issued.quota
        response.headers.update(rate_limit_headers(quota.limit, quota.remaining, quota.reset_seconds))
    return UploadResponse.of(issued)
