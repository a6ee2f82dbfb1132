"""What is declared of a photo, and what is told while it is sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias
from uuid import UUID, uuid4

from photodock.client.photos import Id
from photodock.domain.values import JsonObject

Stage: TypeAlias = Literal["reading", "requesting", "sending", "confirming", "processing"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is. `photo_id` from the moment the photo exists; `note` says what delays it just now."""

    stage: Stage
    sent_bytes: int = 0
    """From 0 again when the file is sent again."""
    total_bytes: int = 0
    photo_id: UUID | None = None
    note: str | None = None


OnProgress: TypeAlias = Callable[[Progress], object]


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a photo is declared to be before it is sent. `checksum_sha256` in base64: S3 then refuses any other
    bytes."""

    project_id: Id
    file_name: str
    file_size: int
    mime_type: str
    checksum_sha256: str | None = None
    detection_types: Sequence[str] | None = None
    priority: str | None = None
    client_metadata: JsonObject | None = None
    idempotency_key: str = field(default_factory=lambda: str(uuid4()))
    """Every request under the same key is for the same photo."""

    def as_json(self) -> JsonObject:
        """The request's body, without the key."""
        given: JsonObject = {
            "project_id": str(self.project_id),
            "file_name": self.file_name,
            "file_size": self.file_size,
            "mime_type": self.mime_type,
            "checksum_sha256": self.checksum_sha256,
            "detection_types": list(self.detection_types) if self.detection_types is not None else None,
            "priority": self.priority,
            "client_metadata": self.client_metadata,
        }
        return {name: value for name, value in given.items() if value is not None}


class Teller:
    """Keeps the last Progress, and tells each new one. A note is of its moment alone."""

    def __init__(self, tell: OnProgress | None) -> None:
        self._tell = tell
        self._last = Progress("reading")

    def begin(self, stage: Stage) -> None:
        self._told(replace(self._last, stage=stage, note=None))

    def known(self, total_bytes: int) -> None:
        self._last = replace(self._last, total_bytes=total_bytes)

    def made(self, photo_id: UUID) -> None:
        self._last = replace(self._last, photo_id=photo_id)

    def sent(self, sent_bytes: int) -> None:
        self._told(replace(self._last, sent_bytes=sent_bytes, note=None))

    def note(self, sentence: str) -> None:
        self._told(replace(self._last, note=sentence))

    def _told(self, progress: Progress) -> None:
        self._last = progress
        if self._tell:
            self._tell(progress)
