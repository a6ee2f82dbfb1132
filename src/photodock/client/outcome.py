"""What became of one file, and reading the photo's JSON."""

from dataclasses import dataclass
from uuid import UUID

from photodock.client.failures import Refused
from photodock.client.files import SourceFile
from photodock.domain.photo import PhotoStatus
from photodock.domain.values import JsonObject, JsonValue

SHOWN = ("status", "file_size", "mime_type", "width", "height", "exif_data", "detection")
"""The photo's fields in the JSON output. Never `download_url`: it is presigned, and whoever holds it may read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`photo_id` from the moment the photo exists; `photo` as last read; `error` when anything failed."""

    file: SourceFile
    photo_id: UUID | None
    photo: JsonObject | None
    error: Refused | None

    @property
    def status(self) -> str | None:
        """The photo's own status; None for a file that never became a photo."""
        if self.photo:
            return text(self.photo, "status")
        return PhotoStatus.PENDING_UPLOAD.value if self.photo_id else None

    def as_json(self) -> JsonObject:
        photo = self.photo or {"file_size": self.file.size, "mime_type": self.file.mime_type}
        fields: JsonObject = {name: photo.get(name) for name in SHOWN}
        return {
            "file": str(self.file.path),
            "photo_id": str(self.photo_id) if self.photo_id else None,
            **fields,
            "status": self.status,
            "error": {"code": self.error.code, "detail": self.error.detail} if self.error else None,
        }


def failure_of(photo: JsonObject) -> Refused | None:
    """Why the photo is `failed`; None when it is not."""
    if photo.get("status") != PhotoStatus.FAILED:
        return None
    error = section(photo, "error")
    detail = text(error, "detail") or "The photo failed."
    own = section(section(photo, "detection"), "error")
    if own:
        detail = f"{detail} ({text(own, 'code')}: {text(own, 'detail')})"
    return Refused(text(error, "code") or "failed", detail)


def section(value: JsonObject, name: str) -> JsonObject:
    """The object under `name`, empty where there is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def text(value: JsonObject, name: str) -> str:
    found: JsonValue = value.get(name)
    return found if isinstance(found, str) else ""
