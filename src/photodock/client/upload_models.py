"""What the API tells while photos are sent, as frozen values: the names are the API's own."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Upload:
    """Where one photo's bytes may be put, once. The URL is a secret and stays out of `repr`."""

    photo_id: UUID
    upload_id: UUID
    upload_url: str = field(repr=False)
    headers: dict[str, str]
    """What the PUT must carry, beside Host and Content-Length."""
    expires_in_seconds: int
    expires_at: datetime
    s3_url: str = ""
    status_url: str = ""


@dataclass(frozen=True, slots=True)
class Multipart:
    """An upload in parts that is under way. Parts are numbered from 1; all but the last have `part_size` bytes."""

    photo_id: UUID
    part_size: int
    part_count: int
    expires_in_seconds: int
    expires_at: datetime
    part_checksums: bool = False
    """Whether each part's checksum is to be given when its URL is asked for."""


@dataclass(frozen=True, slots=True)
class PartUpload:
    """Where one part may be put. The URL is a secret and stays out of `repr`."""

    part_number: int
    upload_url: str = field(repr=False)
    headers: dict[str, str]
    size: int


@dataclass(frozen=True, slots=True)
class PartThere:
    part_number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Parts:
    """`items`: the URLs asked for, in that order. `uploaded`: what the storage has."""

    items: tuple[PartUpload, ...]
    uploaded: tuple[PartThere, ...]


@dataclass(frozen=True, slots=True)
class Existing:
    """A photo that a project has already."""

    checksum_sha256: str
    photo_id: UUID
    status: str
