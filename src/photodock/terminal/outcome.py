"""What became of one file."""

from dataclasses import dataclass
from uuid import UUID

from photodock.client import ClientError, Photo
from photodock.domain.photo import PhotoStatus
from photodock.domain.values import JsonObject
from photodock.terminal.files import SourceFile

SHOWN = ("status", "file_size", "mime_type", "width", "height", "exif_data", "detection")
"""The photo's fields in the JSON output. Never `download_url`: it is presigned, and whoever holds it may read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`photo_id` from the moment the photo exists; `photo` as last read; `error` when anything failed."""

    file: SourceFile
    photo_id: UUID | None
    photo: Photo | None
    error: ClientError | None

    @property
    def status(self) -> str | None:
        """The photo's own status; None for a file that never became a photo."""
        if self.photo:
            return self.photo.status
        return PhotoStatus.PENDING_UPLOAD.value if self.photo_id else None

    def as_json(self) -> JsonObject:
        declared: JsonObject = {"file_size": self.file.size, "mime_type": self.file.mime_type}
        photo = self.photo.json if self.photo else declared
        fields: JsonObject = {name: photo.get(name) for name in SHOWN}
        return {
            "file": str(self.file.path),
            "photo_id": str(self.photo_id) if self.photo_id else None,
            **fields,
            "status": self.status,
            "error": {"code": self.error.code, "detail": self.error.detail} if self.error else None,
        }
