"""Issuing upload URLs: replay, quota, project check and insert in one round trip."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from photodock.db.photos import to_photo
from photodock.db.pool import Executor, Row
from photodock.db.tenants import Tenants
from photodock.domain.limits import Limit, Limits, Quota
from photodock.domain.photo import NewPhoto, Photo
from photodock.tracing.spans import traced

T = TypeVar("T")


class Outcome(StrEnum):
    CREATED = "created"
    REPLAYED = "replayed"
    RATE_LIMITED = "rate_limited"
    PROJECT_ACCESS_DENIED = "project_access_denied"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    GONE = "gone"
    """The photo of this key was deleted meanwhile: asking again makes a new one."""


class Issue(NamedTuple):
    """What is common to all ways of issuing a URL."""

    organization_id: UUID
    user_id: str
    upload_id: UUID
    now: datetime
    url_expires_at: datetime
    sweep_at: datetime
    limits: Limits

    def counted(self, row: Row) -> tuple[Quota | None, Limit | None]:
        """What is left of the user's minute, or of the limit that refused, and which one that was."""
        refused = Limit(row["refused"]) if row["refused"] else None
        limit = refused or Limit.URLS
        most = self.limits.get(limit)
        if most is None or (refused is None and row["used"] is None):
            return None, refused
        used = most if row["used"] is None else row["used"]
        return Quota(most, max(0, most - used), limit.seconds_left(row["at"])), refused


class Answer(NamedTuple):
    """`quota` is what is left of the user's minute, or of the limit `refused`; null where none was looked at."""

    outcome: Outcome
    photo_id: UUID | None
    s3_key: str | None
    quota: Quota | None = None
    refused: Limit | None = None


Request: TypeAlias = tuple[object, ...]
"""What SQL is told of one request for a new photo, in the order of the function's parameters."""


def as_request(
    issue: Issue,
    new: NewPhoto,
    *,
    photo_id: UUID,
    s3_key: str,
    idempotency_key: str | None,
    request_hash: bytes | None,
) -> Request:
    return (
        issue.user_id,
        new.project_id,
        photo_id,
        issue.upload_id,
        idempotency_key,
        request_hash,
        new.file_name,
        new.mime_type,
        new.file_size,
        new.checksum_sha256,
        s3_key,
        new.detection_types,
        new.priority.value,
        new.client_metadata,
        issue.now,
        issue.url_expires_at,
        issue.sweep_at,
    )


@traced("request_upload")
async def request(db: Tenants, issue: Issue, asked: Request) -> Answer:
    [row] = await db.of(issue.organization_id).call("request_upload", *asked, issue.limits.in_order)
    return Answer(Outcome(row["outcome"]), row["photo_id"], row["s3_key"], *issue.counted(row))


class Wanted(NamedTuple):
    """One of many: what was declared, and the names its photo will have. `place` is its index in the request.

    Ids as texts: that is how they are answered, and to make them otherwise costs as much as all else of an item.
    """

    place: int
    new: NewPhoto
    photo_id: str
    upload_id: str
    s3_key: str
    idempotency_key: str | None
    request_hash: bytes | None


class Verdict(NamedTuple):
    """An `Answer` to one of many, whose names are known."""

    outcome: Outcome
    quota: Quota | None
    refused: Limit | None


@traced("request_uploads")
async def request_many(db: Tenants, issue: Issue, wanted: Sequence[Wanted]) -> list[Verdict | None]:
    """For each of them. None: it repeats a known key, and belongs to `request`.

    No two of `wanted` may have the same key.
    """
    rows = await db.of(issue.organization_id).call(
        "request_upload_batch",
        issue.user_id,
        *_columns(wanted),
        issue.now,
        issue.url_expires_at,
        issue.sweep_at,
        issue.limits.in_order,
    )
    verdicts = {row["place"]: Verdict(Outcome(row["outcome"]), *issue.counted(row)) for row in rows}
    everyones = verdicts.get(None)
    return [everyones] * len(wanted) if everyones else [verdicts.get(place) for place in range(len(wanted))]


def _columns(wanted: Sequence[Wanted]) -> tuple[Sequence[object] | None, ...]:
    """In the order of the function's parameters."""
    return (
        _shared([one.new.project_id for one in wanted]),
        [one.photo_id for one in wanted],
        [one.upload_id for one in wanted],
        unless_none([one.idempotency_key for one in wanted]),
        unless_none([one.request_hash for one in wanted]),
        [one.new.file_name for one in wanted],
        _shared([one.new.mime_type for one in wanted]),
        [one.new.file_size for one in wanted],
        unless_none([one.new.checksum_sha256 for one in wanted]),
        [one.s3_key for one in wanted],
        _shared([",".join(one.new.detection_types) for one in wanted]),
        _shared([one.new.priority.value for one in wanted]),
        unless_none([one.new.client_metadata for one in wanted]),
    )


# asyncpg looks at each value of an array several times: what need not be in one is left out.


def _shared(column: list[T]) -> list[T]:
    """One value where all have the same."""
    return column[:1] if column.count(column[0]) == len(column) else column


def unless_none(column: list[T]) -> list[T] | None:
    return column if any(value is not None for value in column) else None


@traced("take_quota")
async def take_quota(db: Executor, issue: Issue, *, pending_of: str | None) -> tuple[Quota | None, Limit | None]:
    """Takes one URL from each limit that is on; what is left, or of the limit that refused, and which that was.

    `pending_of`: whose photo becomes pending by it, if any does. No bytes: the photo had its own when it was new.
    """
    row = await db.fetchrow(
        """
        SELECT q.used, q.refused, c.at FROM clock_timestamp() AS c (at)
        CROSS JOIN LATERAL take_quota($1, $2, $3, c.at, 0, $4) AS q
        """,
        issue.organization_id,
        issue.user_id,
        issue.limits.in_order,
        pending_of,
    )
    assert row is not None  # noqa: S101  (a function with OUT parameters always answers)
    return issue.counted(row)


@traced("reissue_url")
async def reissue(db: Executor, issue: Issue, photo_id: UUID) -> Photo | None:
    row = await db.fetchrow(
        "SELECT * FROM reissue_url($1, $2, $3, $4, $5)",
        photo_id,
        issue.upload_id,
        issue.url_expires_at,
        issue.sweep_at,
        issue.user_id,
    )
    return to_photo(row) if row else None
