"""What must be true, kept in plain Python beside the system: who asked for what, and which PUTs the store took."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from photodock.domain.identity import Principal, Scope
from photodock.domain.jobs import Priority
from photodock.domain.photo import NewPhoto, Photo, Project
from photodock.domain.values import JsonObject
from support.images import jpeg, png
from support.system import sha256

URLS_PER_MINUTE = 6
URL_TTL = timedelta(minutes=15)
LONGEST_PUT = timedelta(days=1)
"""After its URL's end. When a PUT took longer, the sweeper may have given up, and the bucket's event must come."""
PENDING_TTL = timedelta(days=7)
DETECTION_TIMEOUT = timedelta(hours=1)

CONTENT = {"image/jpeg": jpeg(), "image/png": png()}
FILE_NAME = "roof-of-anna-bauer.jpg"


def wrong(content_type: str) -> bytes:
    """As many bytes as were declared and signed for, and no photo."""
    return b"%PDF-1.7".ljust(len(CONTENT[content_type]), b"\0")


@dataclass(frozen=True)
class Url:
    """What the signature of one upload URL binds; `ends_at` by the machine's clock."""

    key: str
    content_type: str
    checksum_sha256: str | None
    ends_at: datetime

    def takes(self, data: bytes) -> bool:
        return self.checksum_sha256 in (None, sha256(data))


@dataclass(frozen=True)
class Upload:
    """A PUT that began before its URL's end and has not ended."""

    url: Url
    data: bytes


@dataclass
class Known:
    """One photo as its client knows it. `taken`: the bodies that the store answered 200, in order."""

    id: UUID
    who: Principal
    idempotency_key: str | None
    new: NewPhoto
    urls: list[Url] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    deleted: bool = False
    results: JsonObject | None = None
    """Of the one `completed` report that was accepted."""
    final: Photo | None = None
    """As it was when first seen in a state that no move leaves."""
    seen: dict[str, Photo] = field(default_factory=dict)
    """By ETag, times by the machine's clock."""

    @property
    def key(self) -> str:
        return self.urls[0].key

    @property
    def is_right(self) -> bool:
        """Whether the object that counts, the first, is what was declared."""
        return bool(self.taken) and self.taken[0] == CONTENT[self.new.mime_type]


@dataclass
class Model:
    organization_id: UUID = field(default_factory=uuid4)
    foreign: Principal = field(default_factory=lambda: Principal("eve", uuid4(), frozenset({Scope.READ, Scope.WRITE})))
    pipeline: Principal = field(default_factory=lambda: Principal("detector", uuid4(), frozenset({Scope.PIPELINE})))
    photos: list[Known] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    """Keys of the notifications that are on their way."""
    late: set[str] = field(default_factory=set)
    """Keys of the PUTs that took too long for the sweeper: their events are not lost."""
    charged: Counter[str] = field(default_factory=Counter)
    """URLs that each user had to pay for since the clock last moved on."""
    missed: list[Known] = field(default_factory=list)
    """Photos that were said not to exist."""

    def __post_init__(self) -> None:
        scopes = frozenset({Scope.READ, Scope.WRITE})
        self.project = Project(uuid4(), self.organization_id, "Roofs")
        self.foreign_project = Project(uuid4(), self.foreign.organization_id, "Not ours")
        self.users = [Principal(name, self.organization_id, scopes) for name in ("anna-bauer", "ben-cole")]

    def pick(self, which: int, *, taken: bool | None = None) -> Known | None:
        """Few photos, often: that is where operations meet. The newest first, and where there are any, those whose
        object was `taken` or not.
        """
        fitting = [photo for photo in self.photos if taken in (None, bool(photo.taken))] or self.photos
        return fitting[-1 - which % min(len(fitting), 4)] if fitting else None

    def known(self, photo_id: UUID, who: Principal, idempotency_key: str | None, new: NewPhoto) -> Known:
        for photo in self.photos:
            if photo.id == photo_id:
                return photo
        self.photos.append(Known(photo_id, who, idempotency_key, new))
        return self.photos[-1]

    @property
    def living(self) -> list[Known]:
        return [photo for photo in self.photos if not photo.deleted]

    @property
    def dead(self) -> list[Known]:
        return [photo for photo in self.photos if photo.deleted]

    def request(self, which: int, how: int) -> NewPhoto:
        mime_type = list(CONTENT)[which % 2]
        data = CONTENT[mime_type]
        return NewPhoto(
            project_id=self.foreign_project.id if (which, how) == (3, 3) else self.project.id,
            file_name=FILE_NAME,
            file_size=len(data),
            mime_type=mime_type,
            checksum_sha256=sha256(data) if how >= 6 else None,
            detection_types=("damage", "material"),
            priority=Priority.HIGH,
            client_metadata={"latitude": 52.5, "longitude": 13.4},
        )
