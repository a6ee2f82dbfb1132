"""Small pictures of a photo, made from it and kept beside it."""

from dataclasses import dataclass
from enum import StrEnum


class RenditionName(StrEnum):
    PREVIEW = "preview"
    """For a screen."""
    THUMBNAIL = "thumbnail"
    """For a list of photos."""


LONGEST_SIDES = {RenditionName.PREVIEW: 1600, RenditionName.THUMBNAIL: 320}
"""Pixels of the longer side; a smaller photo is not enlarged. Largest first."""
MIME_TYPE = "image/webp"


@dataclass(frozen=True, slots=True)
class Rendition:
    """Sizes in pixels, with the photo's orientation applied, and in bytes."""

    name: RenditionName
    width: int
    height: int
    file_size: int


def rendition_key(s3_key: str, name: RenditionName) -> str:
    """`{project_id}/{year}/{month}/{day}/{photo_id}.{name}.webp`: beside the photo, whose key is given."""
    return f"{s3_key.rpartition('.')[0]}.{name}.webp"


def rendition_keys(s3_key: str) -> tuple[str, ...]:
    """The keys of all that may ever have been made of the photo."""
    return tuple(rendition_key(s3_key, name) for name in LONGEST_SIDES)
