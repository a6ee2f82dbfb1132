"""What clients send, as pydantic models. An unknown field is a misspelt one, and is refused."""

import base64
import binascii
import re
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from photodock.api.storable import STORABLE_OBJECT, TEXT_PATTERN, not_too_large, storable
from photodock.domain.jobs import Priority
from photodock.domain.photo import NewPhoto
from photodock.domain.policy import GpsPolicy

MAX_BATCH = 100
"""Items of one request for many."""
KEY_PATTERN = r"^[\x21-\x7e]+$"
KEY_DESCRIPTION = "Your own name for this photo: a repeat answers with the same photo and costs no quota."


# Unicode's categories Cc and Cs; format characters stay: emoji are made with them.
_CONTROL_OR_SURROGATE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

# What the validators below hold to, as OpenAPI can tell it.
NAME_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f/\\]+$"
SHA256_PATTERN = "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$"


def _plain_name(value: str) -> str:
    if _CONTROL_OR_SURROGATE.search(value):
        raise ValueError("may not hold control characters")
    if "/" in value or "\\" in value:
        raise ValueError("may not hold path separators; send the name alone")
    return value


def whole(value: Any) -> Any:
    """JSON knows one kind of number: 2000.0 is as whole as 2000."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _written_date(value: Any) -> Any:
    """pydantic would also take seconds since 1970, as a number or as a text."""
    if value is not None and not re.match(r"\d{4}-\d{2}-\d{2}", str(value)):
        raise ValueError("must be a date and time as RFC 3339 writes them")
    return value


def canonical_sha256(value: str) -> str:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    # The canonical spelling alone: the same text goes into the signed header.
    if len(raw) != 32 or base64.b64encode(raw).decode() != value:
        raise ValueError("must be the SHA-256 of the file, 32 bytes in base64 (44 characters)")
    return value


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""No text that looks like one, and no `true`."""
StorableText = Annotated[str, AfterValidator(storable), Field(json_schema_extra={"pattern": TEXT_PATTERN})]


class Strict(BaseModel):
    """Requests: an unknown field is a misspelt one, and is refused."""

    model_config = ConfigDict(extra="forbid")


class ClientMetadata(Strict):
    """What the app itself measured when the photo was taken. Kept apart from EXIF."""

    captured_at: Annotated[AwareDatetime | None, BeforeValidator(_written_date)] = Field(
        None, description="RFC 3339 with an offset."
    )
    latitude: Number | None = Field(None, ge=-90, le=90, description="Degrees, WGS 84.")
    longitude: Number | None = Field(None, ge=-180, le=180, description="Degrees, WGS 84.")
    accuracy_m: Number | None = Field(None, ge=0, description="Radius in metres.")
    direction_deg: Number | None = Field(None, ge=0, le=360, description="Degrees from north.")


class UploadRequest(Strict):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "project_id": "0198c2b4-7b1e-7c34-9a5f-0d6f1b2c3d4e",
                    "file_name": "north-roof.jpg",
                    "file_size": 3_482_113,
                    "mime_type": "image/jpeg",
                    "checksum_sha256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
                    "detection_types": ["damage"],
                    "priority": "normal",
                    "client_metadata": {"latitude": 52.5163, "longitude": 13.3777, "accuracy_m": 8},
                }
            ]
        }
    )

    project_id: UUID
    file_name: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_plain_name)] = Field(
        description="The name to show; any script and emoji, no control characters or path separators.",
        json_schema_extra={"pattern": NAME_PATTERN},
    )
    file_size: Annotated[int, BeforeValidator(whole)] = Field(
        ge=0, le=2**63 - 1, strict=True, description="Bytes, exactly as they will be sent."
    )
    mime_type: str = Field(min_length=1, max_length=100, description="`image/jpeg` or `image/png`.")
    checksum_sha256: Annotated[str, AfterValidator(canonical_sha256)] | None = Field(
        None,
        description="Base64 of the file's SHA-256: storage then refuses any other bytes.",
        json_schema_extra={"pattern": SHA256_PATTERN},
    )
    detection_types: list[str] | None = Field(
        None, min_length=1, max_length=32, description="What to detect; all configured types when left out."
    )
    priority: Priority = Priority.NORMAL
    client_metadata: ClientMetadata | None = None

    def to_new_photo(self, known_types: tuple[str, ...]) -> NewPhoto:
        """`known_types` holds the types in use when the client names none."""
        metadata = self.client_metadata.model_dump(mode="json", exclude_none=True) if self.client_metadata else None
        return NewPhoto(
            project_id=self.project_id,
            file_name=self.file_name,
            file_size=self.file_size,
            mime_type=self.mime_type.lower(),
            checksum_sha256=self.checksum_sha256,
            detection_types=tuple(dict.fromkeys(self.detection_types)) if self.detection_types else known_types,
            priority=self.priority,
            client_metadata=metadata,
        )


class UploadItem(UploadRequest):
    """One of many: what the call for a single photo takes, and its Idempotency-Key."""

    idempotency_key: str | None = Field(
        None, min_length=1, max_length=255, pattern=KEY_PATTERN, description=KEY_DESCRIPTION
    )


class UploadBatchRequest(Strict):
    # What is no item stays as it came, so that its fault is its own answer and not the whole request's.
    items: Annotated[
        list[Annotated[UploadItem | Any, Field(union_mode="left_to_right")]],
        Field(min_length=1, max_length=MAX_BATCH, description="A malformed item is answered with its own problem."),
    ]


class ConfirmBatchRequest(Strict):
    photo_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_BATCH)]


class UploadedUpdate(Strict):
    """From the client: the object has been sent."""

    status: Literal["uploaded"]


class ProcessingUpdate(Strict):
    """From the pipeline: a detector has begun."""

    status: Literal["processing"]


class CompletedUpdate(Strict):
    """From the pipeline: a detector is done."""

    status: Literal["completed"]
    detections: Annotated[dict[str, Any], AfterValidator(storable), AfterValidator(not_too_large)] = Field(
        description="The detector's results, kept as they are in `detection.results`; 256 KB at the most.",
        examples=[{"damage": [{"label": "hail", "score": 0.93, "box": [120, 80, 260, 190]}]}],
        json_schema_extra=STORABLE_OBJECT,
    )


class DetectorError(Strict):
    code: Annotated[StorableText, Field(min_length=1, max_length=100)]
    detail: Annotated[StorableText, Field(max_length=2_000)] = ""


class FailedUpdate(Strict):
    """From the pipeline: a detector could not process the photo."""

    status: Literal["failed"]
    error: DetectorError


StatusUpdate = Annotated[
    UploadedUpdate | ProcessingUpdate | CompletedUpdate | FailedUpdate, Field(discriminator="status")
]


class ProjectRequest(Strict):
    name: Annotated[StorableText, Field(min_length=1, max_length=255)]


class PolicyRequest(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"gps": "round"}]})

    gps: GpsPolicy = Field(description="What is stored of where photos were taken, by EXIF and by the client.")
