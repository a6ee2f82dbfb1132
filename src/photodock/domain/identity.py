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
