"""What clients receive, as pydantic models."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from photodock.api import examples, problems
from photodock.domain.jobs import Priority
from photodock.domain.photo import DetectionStatus, FailureCode, Photo, PhotoStatus, Project, StatusEvent
from photodock.domain.policy import GpsPolicy, PolicySet
from photodock.domain.renditions import RenditionName
from photodock.services.library import RenditionView, View
from photodock.services.upload_batches import IssuedItem
from photodock.services.uploads import IssuedUpload

STATUS_URL = "/api/v1/photos/{}"


class UploadResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.UPLOAD]})

    upload_id: UUID = Field(description="Names this one issued URL.")
    photo_id: UUID
    upload_url: str = Field(description="Send the file here, with `method` and `headers`.")
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str] = Field(
        description="Set all of these on the upload; the HTTP client adds Host and Content-Length.",
        examples=[{"Content-Type": "image/jpeg", "If-None-Match": "*"}],
    )
    s3_url: str = Field(description="The object's address, for reference; it is private.")
    status_url: str = Field(description="Follow the photo here.")
    expires_in_seconds: int
    expires_at: datetime

    @classmethod
    def of(cls, issued: IssuedUpload) -> "UploadResponse":
        return cls(**cls.values(issued))

    @staticmethod
    def values(issued: IssuedUpload | IssuedItem) -> dict[str, Any]:
        """Of all fields, in their order: as JSON the same as the model's."""
        return {
            "upload_id": str(issued.upload_id),
            "photo_id": str(issued.photo_id),
            "upload_url": issued.upload.url,
            "method": "PUT",
            "headers": issued.upload.headers,
            "s3_url": issued.s3_url,
            "status_url": STATUS_URL.format(issued.photo_id),
            "expires_in_seconds": issued.upload.expires_in_seconds,
            "expires_at": issued.upload.expires_at,
        }


class PhotoError(BaseModel):
    code: FailureCode
    detail: str | None


class DetectionResponse(BaseModel):
    types: list[str]
    priority: Priority
    status: DetectionStatus
    results: dict[str, Any] | None
    error: dict[str, Any] | None = Field(description="The detector's own `{code, detail}`.")


class RenditionResponse(BaseModel):
    name: RenditionName
    width: int = Field(description="Pixels, upright: EXIF's orientation is applied.")
    height: int
    mime_type: Literal["image/webp"] = "image/webp"
    file_size: int
    url: str = Field(description="A presigned GET, good for as long as `download_url`.")

    @classmethod
    def of(cls, view: RenditionView) -> "RenditionResponse":
        one = view.rendition
        return cls(name=one.name, width=one.width, height=one.height, file_size=one.file_size, url=view.url)


class PhotoResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.PHOTO]})

    id: UUID
    project_id: UUID
    upload_id: UUID
    file_name: str
    mime_type: str
    file_size: int
    checksum_sha256: str | None
    width: int | None = Field(description="Pixels as stored, before orientation is applied.")
    height: int | None
    status: PhotoStatus
    s3_url: str
    download_url: str | None = Field(description="A presigned GET; present once uploaded.")
    renditions: list[RenditionResponse] = Field(
        description="Small pictures of the photo: `preview`, at most 1600 pixels long or high, `thumbnail`, at most "
        "320. Made a moment after the upload; empty before, and where none can be made."
    )
    thumbhash: str | None = Field(description="A placeholder in some 25 bytes (ThumbHash), base64; as `renditions`.")
    exif_data: dict[str, Any] | None
    client_metadata: dict[str, Any] | None
    detection: DetectionResponse
    error: PhotoError | None = Field(description="Set whenever status is `failed`.")
    created_at: datetime
    uploaded_at: datetime | None
    processing_at: datetime | None
    completed_at: datetime | None
    failed_at: datetime | None
    status_url: str

    @classmethod
    def of(cls, view: View) -> "PhotoResponse":
        photo = view.photo
        return cls(
            **{name: getattr(photo, name) for name in SAME_NAMES},
            s3_url=view.s3_url,
            download_url=view.download_url,
            renditions=[RenditionResponse.of(one) for one in view.renditions],
            detection=DetectionResponse(
                types=list(photo.detection_types),
                priority=photo.priority,
                status=photo.detection_status,
                results=photo.detection_results,
                error=photo.detection_error,
            ),
            error=PhotoError(code=photo.error_code, detail=photo.error_detail) if photo.error_code else None,
            status_url=STATUS_URL.format(photo.id),
        )


SAME_NAMES = tuple(
    name for name in PhotoResponse.model_fields if name in Photo.__dataclass_fields__ and name != "renditions"
)


class ItemProblem(BaseModel):
    """In the place of a result, for an item that has none."""

    error: problems.Problem


class UploadBatchResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [examples.UPLOAD, examples.ITEM_PROBLEM]}]})

    items: list[UploadResponse | ItemProblem] = Field(description="In the order of the request.")


class PhotoBatch(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [examples.PHOTO, examples.ITEM_PROBLEM]}]})

    items: list[PhotoResponse | ItemProblem] = Field(description="In the order of the request.")


class ExifResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"exif_data": examples.EXIF}]})

    exif_data: dict[str, Any] | None


class HistoryItem(BaseModel):
    from_: PhotoStatus | None = Field(alias="from", description="null for the first line.")
    to: PhotoStatus
    at: datetime
    actor: str | None
    reason: str | None

    @classmethod
    def of(cls, event: StatusEvent) -> "HistoryItem":
        return cls.model_validate(
            {
                "from": event.from_status,
                "to": event.to_status,
                "at": event.at,
                "actor": event.actor,
                "reason": event.reason,
            }
        )


class HistoryResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.HISTORY]})

    items: list[HistoryItem]


class PhotoPage(BaseModel):
    items: list[PhotoResponse]
    next_cursor: str | None = Field(description="Pass it on as `cursor`; null on the last page.")


class ProjectResponse(BaseModel):
    id: UUID
    name: str

    @classmethod
    def of(cls, project: Project) -> "ProjectResponse":
        return cls(id=project.id, name=project.name)


class ProjectList(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROJECTS]})

    items: list[ProjectResponse]


class PolicyResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"gps": "round"}]})

    gps: GpsPolicy = Field(
        description="Positions are stored as measured (`keep`), to about 1 km (`round`), or not at all (`drop`)."
    )

    @classmethod
    def of(cls, found: PolicySet) -> "PolicyResponse":
        return cls(gps=found.gps)
