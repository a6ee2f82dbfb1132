"""Resumable uploads of large photos: in parts, each with a URL of its own."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from photodock.api import examples
from photodock.api.answers import PhotoResponse
from photodock.api.paths import ONE_PHOTO
from photodock.api.photos import library, shown
from photodock.api.problems import responses
from photodock.api.requests import SHA256_PATTERN, Strict, canonical_sha256, whole
from photodock.api.secured import MAX_BATCH_BYTES, Caller, RequestTrace, SecuredRoute, secured
from photodock.api.uploads import AWAY, COMMON, show_quota
from photodock.domain.identity import Scope
from photodock.domain.parts import MAX_PARTS
from photodock.services.multipart import MultipartUploads, PartList, Started
from photodock.services.multipart_completion import MultipartCompletion

router = APIRouter(prefix="/api/v1/photos", tags=["uploads"], route_class=SecuredRoute)

ONE = (*COMMON, "photo_not_found", *AWAY)
MAX_URLS = 100
"""Of one call."""
NUMBER = "(1000|[1-9][0-9]{0,2})"
NUMBERS_PATTERN = f"^{NUMBER}(,{NUMBER}){{0,{MAX_URLS - 1}}}$"
CHECKSUM = SHA256_PATTERN.strip("^$")
CHECKSUMS_PATTERN = f"^{CHECKSUM}(,{CHECKSUM}){{0,{MAX_URLS - 1}}}$"


class MultipartRequest(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"part_checksums": False}]})

    part_checksums: bool = Field(
        False,
        strict=True,
        description="Whether each part's SHA-256 will be given when its URL is asked for: storage then refuses any "
        "other bytes.",
    )


class MultipartResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.MULTIPART]})

    photo_id: UUID
    part_size: int = Field(description="Bytes of every part but the last.")
    part_count: int = Field(description="Parts are numbered from 1 to this.")
    part_checksums: bool = Field(description="Of the upload that is under way, whatever this request said.")
    expires_in_seconds: int = Field(description="How long it can be resumed; asking for URLs puts it off.")
    expires_at: datetime

    @classmethod
    def of(cls, started: Started) -> "MultipartResponse":
        return cls(
            photo_id=started.photo_id,
            part_size=started.parts.part_size,
            part_count=started.parts.count,
            part_checksums=started.part_checksums,
            expires_in_seconds=started.seconds_left,
            expires_at=started.resumable_until,
        )


class PartUrl(BaseModel):
    part_number: int
    size: int = Field(description="Bytes, exactly: from `(part_number - 1) * part_size` on.")
    upload_url: str = Field(description="Send the part here, with `method` and `headers`.")
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str] = Field(description="Set all of these; the HTTP client adds Host and Content-Length.")
    expires_in_seconds: int
    expires_at: datetime


class PartThere(BaseModel):
    part_number: int
    size: int
    etag: str = Field(description="As storage gave it, without quotation marks.")


class PartsResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.PARTS]})

    items: list[PartUrl] = Field(description="In the order of `numbers`.")
    uploaded: list[PartThere] = Field(description="What storage has, by number.")

    @classmethod
    def of(cls, found: PartList) -> "PartsResponse":
        return cls(
            items=[
                PartUrl(
                    part_number=part.number,
                    size=part.size,
                    upload_url=part.upload.url,
                    headers=part.upload.headers,
                    expires_in_seconds=part.upload.expires_in_seconds,
                    expires_at=part.upload.expires_at,
                )
                for part in found.issued
            ],
            uploaded=[
                PartThere(part_number=part.number, size=part.size, etag=part.etag.strip('"')) for part in found.uploaded
            ],
        )


class NamedPart(Strict):
    part_number: Annotated[int, BeforeValidator(whole)] = Field(ge=1, le=MAX_PARTS, strict=True)
    etag: str = Field(min_length=1, max_length=100, description="With or without quotation marks.")


class CompleteRequest(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.COMPLETE]})

    parts: list[NamedPart] | None = Field(
        None, max_length=MAX_PARTS, description="The parts as the client knows them; left out, those that storage has."
    )


def uploads(request: Request) -> MultipartUploads:
    found: MultipartUploads = request.app.state.multipart
    return found


def completion(request: Request) -> MultipartCompletion:
    found: MultipartCompletion = request.app.state.multipart_completion
    return found


@router.post(
    f"{ONE_PHOTO}/multipart",
    summary="Start or resume an upload in parts",
    responses=responses(*ONE, "invalid_status_transition", "multipart_not_needed", "rate_limited"),
)
@secured(Scope.WRITE)
async def start_multipart(
    request: Request, response: Response, caller: Caller, photo_id: UUID, body: MultipartRequest | None = None
) -> MultipartResponse:
    """For a large photo that is `pending_upload`. Costs quota as an upload URL does; a repeat answers with the same
    upload, and is free."""
    started = await uploads(request).start(caller, photo_id, part_checksums=bool(body and body.part_checksums))
    show_quota(response, started.quota)
    return MultipartResponse.of(started)


@router.get(
    f"{ONE_PHOTO}/multipart/parts",
    summary="Get URLs for parts, and which are there",
    responses=responses(*ONE, "invalid_status_transition", "multipart_not_started"),
)
@secured(Scope.WRITE)
async def get_parts(
    request: Request,
    caller: Caller,
    trace: RequestTrace,
    photo_id: UUID,
    numbers: Annotated[
        str | None,
        Query(
            max_length=5 * MAX_URLS,
            pattern=NUMBERS_PATTERN,
            description="Up to 100 part numbers with commas between; left out, no URLs.",
        ),
    ] = None,
    checksums_sha256: Annotated[
        str | None,
        Query(
            max_length=45 * MAX_URLS,
            pattern=CHECKSUMS_PATTERN,
            description="Base64 of the SHA-256 of each of these parts, with commas between, URL-encoded; for an upload "
            "that was started with `part_checksums`, and for no other.",
        ),
    ] = None,
) -> PartsResponse:
    """Each URL is a presigned `PUT`, good for 15 minutes, for exactly the bytes of its part. It may be used again."""
    wanted = [int(number) for number in numbers.split(",")] if numbers else []
    checksums = [canonical_sha256(checksum) for checksum in checksums_sha256.split(",")] if checksums_sha256 else []
    return PartsResponse.of(await uploads(request).parts(caller, photo_id, wanted, checksums, trace))


@router.post(
    f"{ONE_PHOTO}/multipart/complete",
    summary="Complete an upload in parts",
    responses=responses(*ONE, "invalid_status_transition", "multipart_not_started", "multipart_incomplete"),
)
@secured(Scope.WRITE, max_body=MAX_BATCH_BYTES)
async def complete_multipart(
    request: Request,
    response: Response,
    caller: Caller,
    trace: RequestTrace,
    photo_id: UUID,
    body: CompleteRequest | None = None,
) -> PhotoResponse:
    """Makes the object of its parts and confirms the photo, as `{"status": "uploaded"}` does. A repeat is harmless."""
    etags = None
    if body and body.parts is not None:
        etags = {part.part_number: part.etag.strip('"') for part in body.parts}
    photo = await completion(request).complete(caller, photo_id, etags, trace)
    return shown(response, library(request).view(photo))


@router.delete(
    f"{ONE_PHOTO}/multipart",
    summary="Abort an upload in parts",
    status_code=204,
    response_class=Response,
    responses=responses(*ONE),
)
@secured(Scope.WRITE)
async def abort_multipart(request: Request, caller: Caller, photo_id: UUID) -> None:
    """Its parts are gone. The photo stays as it is, and may be sent by its upload URL, or in parts anew."""
    await completion(request).abort(caller, photo_id)
