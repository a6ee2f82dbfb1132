"""What an organization lets be stored of where its photos were taken."""

from dataclasses import dataclass
from enum import StrEnum


class GpsPolicy(StrEnum):
    """For the positions in `exif_data` and in `client_metadata`. The file itself is never changed."""

    KEEP = "keep"
    """As they were measured."""
    ROUND = "round"
    """Latitude and longitude to a grid of about 1 km. What narrows it down goes: altitude, direction, accuracy."""
    DROP = "drop"
    """None at all, nor the time of the GPS fix. When a photo was taken stays."""


@dataclass(frozen=True, slots=True)
class PolicySet:
    """An organization's; these are the ones of an organization that has set none."""

    gps: GpsPolicy = GpsPolicy.KEEP
