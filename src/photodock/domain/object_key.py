"""Reading what `object_key` wrote: an object's key tells its project, its day and its photo."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from photodock.domain.photo import EXTENSIONS
from photodock.domain.renditions import RenditionName

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-%s[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
# The project's id is the customer's to choose, so it may be a UUID of any kind; a photo's is version 7 (RFC 9562).
_KEY = re.compile(
    "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([0-9]{4})/([0-9]{2})/([0-9]{2})/"
    f"({_UUID % '7'})[.]({'|'.join(EXTENSIONS.values())})"
)
TRIAL_PREFIX = "photodock-doctor/"
"""Of the objects that `photodock doctor` puts beside the photos and takes away again; no photo's key begins so."""
_RENDITION = re.compile(f"(.+)[.](?:{'|'.join(RenditionName)})[.]webp")
_TIME_SHIFT = 80
"""The first 48 of a version 7 UUID's 128 bits are the milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """`day` in UTC."""

    project_id: UUID
    day: date
    photo_id: UUID
    extension: str

    @property
    def file_name(self) -> str:
        return f"{self.photo_id}.{self.extension}"

    @property
    def made_at(self) -> datetime:
        """When the photo's id was made, in UTC."""
        return datetime.fromtimestamp((self.photo_id.int >> _TIME_SHIFT) / 1000, UTC)


def parse_object_key(key: str) -> ObjectKey | None:
    """The parts of a key that has exactly the form this service gives; None for every other key."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    project_id, year, month, day, photo_id, extension = found.groups()
    try:
        return ObjectKey(UUID(project_id), date(int(year), int(month), int(day)), UUID(photo_id), extension)
    except ValueError:  # the 31st of February
        return None


def originals_of(key: str) -> tuple[str, ...]:
    """The keys that a photo may have whose rendition has this key; none when it is no rendition's."""
    found = _RENDITION.fullmatch(key)
    keys = [f"{found[1]}.{extension}" for extension in EXTENSIONS.values()] if found else []
    return tuple(filter(parse_object_key, keys))
