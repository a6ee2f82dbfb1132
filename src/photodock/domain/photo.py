"""A photo, its status and the moves between statuses."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from photodock.domain.jobs import Priority
from photodock.domain.renditions import Rendition
from photodock.domain.values import JsonObject


class PhotoStatus(StrEnum):
    PENDING_UPLOAD = "pending_upload"
    """An upload URL was issued; nobody has seen the object yet."""
    UPLOADED = "uploaded"
    """The object was found and is what was declared; its detection job stands in the outbox."""
    PROCESSING = "processing"
    """The job was handed to the queue, or a detector said that it has begun."""
    COMPLETED = "completed"
    """A detector reported its result."""
    FAILED = "failed"
    """See the photo's error code for which failure, and for the ways out of it."""


class FailureCode(StrEnum):
    """Why a photo is `failed`."""

    UPLOAD_EXPIRED = "upload_expired"
    """The object never came. A refreshed URL, or the object found after all, revives the photo."""
    CONTENT_MISMATCH = "content_mismatch"
    """The object was not what was declared; it has been deleted. Final."""
    DETECTION_TIMEOUT = "detection_timeout"
    """No detector answered in time. A retry, or a late result, revives the photo."""
    DETECTION_FAILED = "detection_failed"
    """The detector reported a failure, kept as `detection.error`. A retry, or a late result, revives the photo."""


DETECTION_FAILURES = frozenset({FailureCode.DETECTION_TIMEOUT, FailureCode.DETECTION_FAILED})


class DetectionStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class State:
    """A status, and for `failed` which failure: what decides the moves that are open."""

    status: PhotoStatus
    error_code: FailureCode | None = None

    def __str__(self) -> str:
        return f"{self.status}({self.error_code})" if self.error_code else self.status.value


PENDING_UPLOAD = State(PhotoStatus.PENDING_UPLOAD)
UPLOADED = State(PhotoStatus.UPLOADED)
PROCESSING = State(PhotoStatus.PROCESSING)
COMPLETED = State(PhotoStatus.COMPLETED)
UPLOAD_EXPIRED = State(PhotoStatus.FAILED, FailureCode.UPLOAD_EXPIRED)
CONTENT_MISMATCH = State(PhotoStatus.FAILED, FailureCode.CONTENT_MISMATCH)
DETECTION_TIMEOUT = State(PhotoStatus.FAILED, FailureCode.DETECTION_TIMEOUT)
DETECTION_FAILED = State(PhotoStatus.FAILED, FailureCode.DETECTION_FAILED)

AWAITING_UPLOAD = frozenset({PENDING_UPLOAD, UPLOAD_EXPIRED})
"""Where the object may still come: a confirm looks for it, and a fresh upload URL may be had."""

TRANSITIONS: dict[State, frozenset[State]] = {
    PENDING_UPLOAD: frozenset({UPLOADED, CONTENT_MISMATCH, UPLOAD_EXPIRED}),
    # A URL's expiry is checked when the PUT begins, so an object may arrive after its photo was given up.
    UPLOAD_EXPIRED: frozenset({UPLOADED, CONTENT_MISMATCH, PENDING_UPLOAD}),
    UPLOADED: frozenset({PROCESSING, DETECTION_FAILED, DETECTION_TIMEOUT}),
    PROCESSING: frozenset({COMPLETED, DETECTION_FAILED, DETECTION_TIMEOUT}),
    DETECTION_FAILED: frozenset({UPLOADED, COMPLETED}),
    DETECTION_TIMEOUT: frozenset({UPLOADED, COMPLETED}),
    COMPLETED: frozenset(),
    CONTENT_MISMATCH: frozenset(),
}
"""The one table of moves. The database enforces the same one (see `db/migrations`)."""


def sources_of(target: State) -> tuple[State, ...]:
    """The states from which `target` may be reached: the guard of every status UPDATE."""
    return tuple(source for source, targets in TRANSITIONS.items() if target in targets)


EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"}
"""The types that are taken in, and the extension of their object keys."""


def object_key(project_id: UUID, photo_id: UUID, mime_type: str, created_at: datetime) -> str:
    """`{project_id}/{year}/{month}/{day}/{photo_id}.{extension}`, the day in UTC. Never holds a client's text."""
    return key_in(key_folder(project_id, created_at), photo_id, mime_type)


def key_folder(project_id: UUID, created_at: datetime) -> str:
    """What the keys of a project's photos of one day have in common."""
    return _folder(project_id, created_at.astimezone(UTC).date())


@lru_cache(maxsize=1024)
def _folder(project_id: UUID, day: date) -> str:
    return f"{project_id}/{day:%Y/%m/%d}"


def key_in(folder: str, photo_id: UUID | str, mime_type: str) -> str:
    return f"{folder}/{photo_id}.{EXTENSIONS[mime_type]}"


class NewPhoto(NamedTuple):
    """A photo as the client declares it, before any row exists. `file_size` in bytes."""

    project_id: UUID
    file_name: str
    file_size: int
    mime_type: str
    checksum_sha256: str | None
    """base64 of the 32 bytes"""
    detection_types: tuple[str, ...]
    priority: Priority
    client_metadata: JsonObject | None


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo's row. `width` and `height` in pixels as stored in the file, before orientation is applied."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    user_id: str
    upload_id: UUID
    file_name: str
    mime_type: str
    file_size: int
    checksum_sha256: str | None
    s3_key: str
    status: PhotoStatus
    error_code: FailureCode | None
    error_detail: str | None
    width: int | None
    height: int | None
    exif_data: JsonObject | None
    client_metadata: JsonObject | None
    detection_types: tuple[str, ...]
    priority: Priority
    detection_results: JsonObject | None
    detection_error: JsonObject | None
    created_at: datetime
    uploaded_at: datetime | None
    processing_at: datetime | None
    completed_at: datetime | None
    failed_at: datetime | None
    url_expires_at: datetime
    """When the last issued upload URL ends."""
    renditions: tuple[Rendition, ...] | None
    """None until they are made; empty when none can be made of this photo."""
    thumbhash: str | None
    """base64 of ThumbHash's bytes"""
    version: int
    """Raised by every change of the row."""

    @property
    def state(self) -> State:
        return State(self.status, self.error_code)

    @property
    def detection_status(self) -> DetectionStatus:
        match self.status:
            case PhotoStatus.PROCESSING:
                return DetectionStatus.PROCESSING
            case PhotoStatus.COMPLETED:
                return DetectionStatus.COMPLETED
            case PhotoStatus.FAILED if self.error_code in DETECTION_FAILURES:
                return DetectionStatus.FAILED
            case _:
                return DetectionStatus.PENDING


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One line of a photo's history; `from_status` is null for the first."""

    from_status: PhotoStatus | None
    to_status: PhotoStatus
    at: datetime
    actor: str | None
    """The user, `relay`, `sweeper`, `s3-event`, `adopted` or `pipeline:<sub>`; null after the photo was erased."""
    reason: str | None


@dataclass(frozen=True, slots=True)
class Project:
    id: UUID
    organization_id: UUID
    name: str
