"""Who calls: the verified content of an access token."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Scope(StrEnum):
    READ = "photos:read"
    WRITE = "photos:write"
    PIPELINE = "photos:pipeline"
    """The detection service: reads and reports on the photos of every organization."""
    ADMIN = "photos:admin"
    """Outbox, projects and policies of the caller's own organization."""


NOBODYS_NAMES = frozenset({"adopted", "relay", "s3-event", "sweeper", ""})
"""What the service itself writes where else a user's name stands; nothing stands for a whole organization's limits."""
PIPELINE_PREFIX = "pipeline:"
"""Before the user's name, where a detector's token did something."""


def is_reserved(user_id: str) -> bool:
    """Whether a user of this name would be taken for the service itself, or for a detector."""
    return user_id in NOBODYS_NAMES or user_id.startswith(PIPELINE_PREFIX)


@dataclass(frozen=True, slots=True)
class Principal:
    """`user_id` is the token's `sub`; reading and writing are organization-wide."""

    user_id: str
    organization_id: UUID
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Trace:
    """What ties log lines, messages and problems of one request together."""

    correlation_id: str
    traceparent: str | None = None
    """W3C Trace Context, passed on as it came."""
