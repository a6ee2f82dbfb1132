"""What happened to a photo, and where that stands in the feed of changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Position(NamedTuple):
    """A change's place in the feed: by transaction, and within one by id. Of two the later is the greater.

    `at` tells it from a change of another past with the same numbers: a database that was set back to an earlier
    moment, or lost its newest transactions in a failover, gives them out once more.
    """

    transaction_id: int
    id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """`type` is `photo.` and the status, or what else happened; `status` is null once the photo is deleted."""

    position: Position
    organization_id: UUID
    project_id: UUID
    photo_id: UUID
    type: str
    status: str | None
