"""Reading photos, and what clients and the pipeline say about them."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response

from photodock.api import cursors
from photodock.api.answers import ExifResponse, HistoryItem, HistoryResponse, PhotoPage, PhotoResponse
from photodock.api.middleware import HELD
from photodock.api.paths import ONE_PHOTO
from photodock.api.problems import responses
from photodock.api.requests import (
    MAX_BATCH,
    CompletedUpdate,
    FailedUpdate,
    ProcessingUpdate,
    StatusUpdate,
    UploadedUpdate,
)
from photodock.api.secured import MAX_REPORT_BYTES, Caller, RequestTrace, SecuredRoute, scopes_of_status, secured
from photodock.domain.errors import InvalidRequest
from photodock.domain.identity import Scope
from photodock.domain.photo import PhotoStatus
from photodock.services.confirmation import Confirmation
from photodock.services.detection import Completed, Detection, Failed, Report, Started
from photodock.services.library import Library, View

router = APIRouter(prefix="/api/v1/photos", tags=["photos"], route_class=SecuredRoute)

READ = ("unauthenticated", "headers_too_large", "body_too_large", "insufficient_scope", "invalid_request")
ONE = (*READ, "photo_not_found", "database_unavailable")
MAX_WAIT_SECONDS = 30
DEFAULT_LIMIT = 50
MAX_IDS_LENGTH = 40 * MAX_BATCH
"""A UUID has 36 characters; a comma and some blanks may stand between two."""
UUID_PATTERN = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
ID = re.compile(UUID_PATTERN)
"""The form that everybody means; of others Python's UUID takes some that the framework refuses."""
IDS_PATTERN = f"^{UUID_PATTERN}(,{UUID_PATTERN}){{0,{MAX_BATCH - 1}}}$"
"""For OpenAPI; blanks around an id do no harm."""


def library(request: Request) -> Library:
    found: Library = request.app.state.library
    return found


@router.patch(
    f"{ONE_PHOTO}/status",
    summary="Report an upload, or a detection",
    responses=responses(*ONE, "upload_not_found", "invalid_status_transition", "storage_unavailable"),
)
@secured(by_body=scopes_of_status, max_body=MAX_REPORT_BYTES)
async def update_status(
    request: Request,
    response: Response,
    caller: Caller,
    trace: RequestTrace,
    photo_id: UUID,
    update: Annotated[StatusUpdate, Body()],
) -> PhotoResponse:
    """Clients send `uploaded` once the file is sent (scope `photos:write`); detectors send `processing`,
    `completed` or `failed` (scope `photos:pipeline`). A repeat is harmless."""
    if isinstance(update, UploadedUpdate):
        confirmation: Confirmation = request.app.state.confirmation
        photo = await confirmation.confirm(photo_id, caller.organization_id, actor=caller.user_id, trace=trace)
    else:
        detection: Detection = request.app.state.detection
        photo = await detection.report(caller, photo_id, to_report(update))
    return shown(response, library(request).view(photo))


def to_report(update: ProcessingUpdate | CompletedUpdate | FailedUpdate) -> Report:
    match update:
        case CompletedUpdate(detections=detections):
            return Completed(detections)
        case FailedUpdate(error=error):
            return Failed(error.model_dump())
        case _:
            return Started()


@router.post(
    f"{ONE_PHOTO}/retry",
    summary="Start a failed detection again",
    responses=responses(*ONE, "invalid_status_transition"),
)
@secured(Scope.WRITE)
async def retry_detection(
    request: Request, response: Response, caller: Caller, trace: RequestTrace, photo_id: UUID
) -> PhotoResponse:
    """A new detection job for a photo that is `failed` with `detection_failed` or `detection_timeout`; it is `uploaded`
    afterwards."""
    detection: Detection = request.app.state.detection
    return shown(response, library(request).view(await detection.retry(caller, photo_id, trace)))


@router.get(
    ONE_PHOTO,
    summary="Get a photo, now or when it changes",
    responses=responses(*ONE, also={304: {"description": "Unchanged: the ETag is among `If-None-Match`."}}),
    response_model=PhotoResponse,
)
@secured(Scope.READ, Scope.PIPELINE)
async def get_photo(
    request: Request,
    response: Response,
    caller: Caller,
    photo_id: UUID,
    wait: Annotated[
        int,
        Query(
            ge=0, le=MAX_WAIT_SECONDS, description="Seconds to hold the answer back, at most, while nothing changes."
        ),
    ] = 0,
    if_none_match: Annotated[str | None, Header()] = None,
) -> PhotoResponse | Response:
    """With `If-None-Match`, `wait` holds until the ETag differs, without it until the status does; then 200, or 304
    at the end. A final status answers at once."""
    etags = parse_etags(if_none_match)
    if wait:
        request.scope[HELD] = True
    view = (
        await library(request).wait(caller, photo_id, etags, wait, request.app.state.stopping)
        if wait
        else await library(request).get(caller, photo_id)
    )
    if is_known(view.etag, etags):
        return Response(status_code=304, headers={"ETag": view.etag, "Cache-Control": CACHE_CONTROL})
    return shown(response, view)


@router.get(f"{ONE_PHOTO}/exif", summary="Get a photo's EXIF data", responses=responses(*ONE))
@secured(Scope.READ, Scope.PIPELINE)
async def get_exif(request: Request, caller: Caller, photo_id: UUID) -> ExifResponse:
    view = await library(request).get(caller, photo_id)
    return ExifResponse(exif_data=view.photo.exif_data)


@router.get(f"{ONE_PHOTO}/history", summary="Get a photo's changes of status", responses=responses(*ONE))
@secured(Scope.READ, Scope.PIPELINE)
async def get_history(request: Request, caller: Caller, photo_id: UUID) -> HistoryResponse:
    """Oldest first, beginning with `null → pending_upload`."""
    events = await library(request).history(caller, photo_id)
    return HistoryResponse(items=[HistoryItem.of(event) for event in events])


@router.get(
    "",
    summary="List photos",
    responses=responses(*READ, "project_access_denied", "database_unavailable"),
)
@secured(Scope.READ)
async def list_photos(
    request: Request,
    caller: Caller,
    project_id: UUID | None = None,
    status: PhotoStatus | None = None,
    ids: Annotated[
        str | None,
        Query(
            max_length=MAX_IDS_LENGTH,
            description="Only these photos: up to 100 ids, with commas between.",
            json_schema_extra={"pattern": IDS_PATTERN},
        ),
    ] = None,
    cursor: Annotated[
        str | None,
        Query(
            max_length=100,
            description="`next_cursor` of the page before.",
            json_schema_extra={"pattern": cursors.PATTERN},
        ),
    ] = None,
    limit: Annotated[int | None, Query(ge=1, le=200, description="50 when left out; with `ids`, as many.")] = None,
) -> PhotoPage:
    """Your organization's photos, newest first. Of `ids` those that are not there, or not yours, are left out."""
    wanted = parse_ids(ids)
    views, following = await library(request).page(
        caller,
        project_id=project_id,
        status=status,
        ids=wanted,
        before=cursors.decode(cursor),
        limit=limit or (len(wanted) if wanted else DEFAULT_LIMIT),
    )
    return PhotoPage(
        items=[PhotoResponse.of(view) for view in views],
        next_cursor=cursors.encode(following) if following else None,
    )


@router.delete(ONE_PHOTO, summary="Delete a photo", status_code=204, response_class=Response, responses=responses(*ONE))
@secured(Scope.WRITE)
async def delete_photo(request: Request, caller: Caller, photo_id: UUID) -> None:
    """The photo, its object in all versions and every personal field are gone; afterwards 404 everywhere."""
    await library(request).delete(caller, photo_id)


# A photo holds a presigned URL and personal data: shared caches keep out, browsers ask again.
CACHE_CONTROL = "private, no-cache"


def shown(response: Response, view: View) -> PhotoResponse:
    response.headers["ETag"] = view.etag
    response.headers["Cache-Control"] = CACHE_CONTROL
    return PhotoResponse.of(view)


def is_known(etag: str, etags: frozenset[str]) -> bool:
    return etag in etags or "*" in etags


def parse_ids(text: str | None) -> list[UUID] | None:
    """Raises InvalidRequest."""
    if text is None:
        return None
    ids = [one.strip() for one in text.split(",")]
    if len(ids) > MAX_BATCH or not all(map(ID.fullmatch, ids)):
        raise InvalidRequest(f"ids must hold 1 to {MAX_BATCH} photo ids with commas between them.")
    return [UUID(one) for one in ids]


def parse_etags(header: str | None) -> frozenset[str]:
    """The entity tags of `If-None-Match`, compared weakly (RFC 9110, 13.1.2)."""
    return frozenset(tag.strip().removeprefix("W/") for tag in (header or "").split(",") if tag.strip())
