"""What the API tells, as frozen values: the names are the API's own. Times are UTC, sizes in bytes.

Fields that a later version of the API adds are passed over; `Photo.json` has the answer as it came.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from photodock.client.errors import PhotoFailed
from photodock.domain.values import JsonObject

Gps: TypeAlias = Literal["keep", "round", "drop"]
Priority: TypeAlias = Literal["low", "normal", "high"]

FINAL_STATUSES = frozenset({"completed", "failed"})
"""Those in which a photo rests."""


@dataclass(frozen=True, slots=True)
class FieldError:
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document (RFC 9457)."""

    status: int
    code: str
    detail: str | None = None
    title: str | None = None
    correlation_id: str | None = None
    errors: tuple[FieldError, ...] = ()
    """Of a malformed request: which fields, and why."""

    @property
    def sentence(self) -> str:
        detail = self.detail or self.title or "No reason was given."
        errors = "; ".join(f"{error.field}: {error.message}" for error in self.errors)
        return f"{detail} ({errors})" if errors else detail


@dataclass(frozen=True, slots=True)
class PhotoError:
    code: str
    """One of `photodock.domain.photo.FailureCode`."""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    types: tuple[str, ...]
    priority: str
    status: str
    """`pending`, `processing`, `completed` or `failed`."""
    results: JsonObject | None = None
    error: JsonObject | None = None
    """The detector's own `{code, detail}`."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """A smaller picture of the photo. The URL is a secret and stays out of `repr`."""

    name: str
    """`thumbnail` or `preview`."""
    width: int
    height: int
    mime_type: str
    file_size: int
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it was when it was read. `download_url` is a secret and stays out of `repr`."""

    id: UUID
    project_id: UUID
    upload_id: UUID
    file_name: str
    mime_type: str
    file_size: int
    status: str
    """One of `photodock.domain.photo.PhotoStatus`."""
    detection: Detection
    created_at: datetime
    checksum_sha256: str | None = None
    """Base64 of the 32 bytes, where the client gave one."""
    width: int | None = None
    """Pixels as stored, before orientation is applied."""
    height: int | None = None
    exif_data: JsonObject | None = None
    client_metadata: JsonObject | None = None
    error: PhotoError | None = None
    uploaded_at: datetime | None = None
    processing_at: datetime | None = None
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    s3_url: str = ""
    status_url: str = ""
    download_url: str | None = field(default=None, repr=False)
    """A presigned GET, there once the photo is uploaded; read the photo again for a new one."""
    renditions: tuple[Rendition, ...] = field(default=(), repr=False)
    thumbhash: str | None = None
    etag: str | None = None
    """For `photo_if_changed`; None in lists, which have none."""
    json: JsonObject = field(default_factory=dict, repr=False, compare=False)
    """The API's answer as it came."""

    @property
    def is_final(self) -> bool:
        """Whether it is `completed` or `failed`."""
        return self.status in FINAL_STATUSES

    @property
    def failure(self) -> PhotoFailed | None:
        """Why the photo is `failed`; None when it is not."""
        if self.status != "failed":
            return None
        detail = (self.error and self.error.detail) or "The photo failed."
        own = self.detection.error
        if own:
            detail = f"{detail} ({own.get('code')}: {own.get('detail')})"
        return PhotoFailed(self.error.code if self.error else "failed", detail, self)

    def raise_for_failure(self) -> "Photo":
        """The photo itself. Raises PhotoFailed when it is `failed`."""
        if self.failure:
            raise self.failure
        return self


@dataclass(frozen=True, slots=True)
class PhotoPage:
    items: tuple[Photo, ...]
    next_cursor: str | None = None
    """None on the last page."""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One line of a photo's history; `from_status` is None in the first."""

    from_status: str | None
    to_status: str
    at: datetime
    actor: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Project:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Policies:
    """What the organization lets be stored. `gps`: positions as measured, to about 1 km, or not at all."""

    gps: str


@dataclass(frozen=True, slots=True)
class ParkedJob:
    """A detection job that could not be sent after all attempts."""

    id: int
    photo_id: UUID
    attempts: int
    created_at: datetime
    parked_at: datetime
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Readiness:
    ready: bool
    parts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to a photo. Thin: read the photo for more."""

    id: str | None
    """For `last_event_id`."""
    type: str
    """`photo.uploaded`, `photo.processing`, `photo.completed`, `photo.failed`, `photo.deleted` and so on."""
    photo_id: UUID
    project_id: UUID
    at: datetime
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """Changes were missed that nobody can tell any more: read your list anew. What follows is whole again."""

    id: str | None
