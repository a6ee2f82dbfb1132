"""Asking for upload URLs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response

from photodock.api.answers import UploadResponse
from photodock.api.error_responses import rate_limit_headers
from photodock.api.middleware import PHOTOS
from photodock.api.paths import ONE_PHOTO
from photodock.api.problems import responses
from photodock.api.requests import KEY_DESCRIPTION, KEY_PATTERN, UploadRequest
from photodock.api.secured import Caller, SecuredRoute, secured
from photodock.domain.errors import InvalidRequest
from photodock.domain.identity import Scope
from photodock.domain.limits import Quota
from photodock.domain.photo import NewPhoto
from photodock.services.uploads import IssuedUpload, Uploads

router = APIRouter(prefix="/api/v1/photos", tags=["uploads"], route_class=SecuredRoute)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=KEY_PATTERN,
        description=KEY_DESCRIPTION,
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
    new = to_new_photo(body, request.app.state.detection_types)
    uploads: Uploads = request.app.state.uploads
    issued = await uploads.request(caller, new, idempotency_key)
    request.scope[PHOTOS] = (issued.photo_id,)
    return answer(response, issued)


@router.post(
    f"{ONE_PHOTO}/upload-url",
    summary="Get a fresh upload URL for the same photo",
    responses=responses(*COMMON, "photo_not_found", "invalid_status_transition", "rate_limited", *AWAY),
)
@secured(Scope.WRITE)
async def refresh_upload_url(request: Request, response: Response, caller: Caller, photo_id: UUID) -> UploadResponse:
    """For a photo that is still `pending_upload`, or `failed` with `upload_expired`. Same object, new `upload_id`."""
    uploads: Uploads = request.app.state.uploads
    return answer(response, await uploads.refresh(caller, photo_id))


def to_new_photo(body: UploadRequest, known_types: tuple[str, ...]) -> NewPhoto:
    """Raises InvalidRequest for detection types that are not in use here."""
    new = body.to_new_photo(known_types)
    if new.detection_types is not known_types and not set(new.detection_types) <= set(known_types):
        known = ", ".join(known_types)
        raise InvalidRequest(f"detection_types may hold {known} here. Leave it out to have all of them.")
    return new


def answer(response: Response, issued: IssuedUpload) -> UploadResponse:
    show_quota(response, issued.quota)
    return UploadResponse.of(issued)


def show_quota(response: Response, quota: Quota | None) -> None:
    if quota:
        response.headers.update(rate_limit_headers(quota.limit, quota.remaining, quota.reset_seconds))
