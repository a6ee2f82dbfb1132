"""What the clients and the detector know: the half of the truth that no server holds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from support.store import key_of


class Part(Enum):
    """What a client does with one photo."""

    CONFIRMS = "confirms"
    VANISHES = "is never heard of again after its PUT"
    DELETES = "deletes its photo"
    LIES = "sends what is no photo"
    NEVER_SENDS = "asks for a URL and sends nothing"


@dataclass(slots=True)
class Upload:
    """One photo as its client knows it. `statuses`: every status that the service has told it."""

    photo_id: str
    key: str
    part: Part
    sha256: str
    arrived: bool = False
    """The PUT was answered 200, or 412: then one of its earlier attempts had arrived."""
    deletion_asked: bool = False
    deletion_answered: bool = False
    statuses: list[str] = field(default_factory=list)

    @property
    def stays(self) -> bool:
        """Whether its object must be in the bucket from the PUT's answer on."""
        return self.arrived and not self.deletion_asked and self.part is not Part.LIES


@dataclass(frozen=True, slots=True)
class Job:
    """A message as the detector received it."""

    message_id: str
    photo_id: str


@dataclass
class Ledger:
    """`reported`: the final reports that the service accepted. `forgotten`: photos whose first job the detector took
    and dropped, so that only another job can end them."""

    uploads: dict[str, Upload] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    reported: dict[str, str] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    lost_by_store: set[str] = field(default_factory=set)
    mishaps: list[str] = field(default_factory=list)
    """What must not happen to anybody: a client that gave up, a report that was refused, a process that ended."""
    counts: Counter[str] = field(default_factory=Counter)

    def begin(self, issued: Mapping[str, Any], part: Part, sha256: str) -> Upload:
        upload = Upload(issued["photo_id"], key_of(dict(issued)), part, sha256)
        self.uploads[upload.photo_id] = upload
        return upload

    def in_flight(self) -> frozenset[str]:
        """The photos that have begun and not reached an end yet, as far as anybody outside knows."""
        return frozenset(
            photo_id
            for photo_id, upload in self.uploads.items()
            if photo_id not in self.reported
            and not upload.deletion_answered
            and "failed" not in upload.statuses
            and upload.part is not Part.NEVER_SENDS
        )
