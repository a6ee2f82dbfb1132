"""What the bucket's objects are to the table."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from photodock.db.object_keys import KeyHolder
from photodock.domain.object_key import ObjectKey
from photodock.domain.photo import CONTENT_MISMATCH, UPLOAD_EXPIRED


class Kind(StrEnum):
    """What an object is to the table."""

    KNOWN = "known"
    """A photo's, or awaited for one."""
    ORPHAN = "orphan"
    """No row knows it; its project is there. It can be adopted, or deleted."""
    WITHOUT_PROJECT = "without_project"
    """No row knows it, nor its project. It can be adopted when the project is there again, or deleted."""
    GIVEN_UP = "given_up"
    """Its photo is `failed` with `upload_expired`, and it came after all. It can be adopted."""
    UNWANTED = "unwanted"
    """Its photo was deleted, or was not what had been declared. It can be deleted."""
    RENDITION = "rendition"
    """A thumbnail or preview of a photo that no row knows. It can be deleted; adopting the photo makes it known."""
    FOREIGN = "foreign"
    """Its key is not one of ours. It is never touched."""


ADOPTABLE = frozenset({Kind.ORPHAN, Kind.GIVEN_UP})
DELETABLE = frozenset({Kind.ORPHAN, Kind.WITHOUT_PROJECT, Kind.UNWANTED, Kind.RENDITION})


class Outcome(StrEnum):
    """What became of one object."""

    ADOPTED = "adopted"
    NO_PHOTO = "no_photo"
    """Not the image that its stored type says: it stays as it is, without a row."""
    MISMATCHED = "mismatched"
    """Not what its client had declared: the photo failed, the object is deleted."""
    DELETED = "deleted"
    MOVED_ON = "moved_on"
    """No longer what the search found: gone, or known meanwhile."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`size` in bytes; null, as `last_modified`, for a foreign folder, into which the search does not look."""

    key: str
    kind: Kind
    size: int | None = None
    last_modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """Days of upload in UTC, both included; None: no bound."""

    since: date | None = None
    until: date | None = None

    def bounds(self, project: str) -> tuple[str, str | None]:
        """The project's keys of these days come behind the first and, if there is one, before the second."""
        # With its slash: SeaweedFS leaves out a whole folder that a listing is to begin behind.
        after = f"{project}{_folder(self.since)}/" if self.since else ""
        # Zero is the character behind the slash.
        end = f"{project}{_folder(self.until)}0" if self.until else None
        return after, end


def _folder(day: date) -> str:
    return day.isoformat().replace("-", "/")


def kind_of_rendition(holder: KeyHolder | None) -> Kind:
    """`holder`: its photo's."""
    if holder is None:
        return Kind.RENDITION
    return Kind.UNWANTED if holder.state is None or holder.state == CONTENT_MISMATCH else Kind.KNOWN


def kind_of(key: ObjectKey | None, holder: KeyHolder | None, projects: set[UUID]) -> Kind:
    """`projects`: those that are known."""
    if key is None:
        return Kind.FOREIGN
    if holder is None:
        return Kind.ORPHAN if key.project_id in projects else Kind.WITHOUT_PROJECT
    if holder.state is None or holder.state == CONTENT_MISMATCH:
        return Kind.UNWANTED
    return Kind.GIVEN_UP if holder.state == UPLOAD_EXPIRED else Kind.KNOWN
