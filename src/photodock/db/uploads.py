"""Issuing upload URLs: replay, quota, project check and insert in one round trip."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

from photodock.db.photos import to_photo
from photodock.db.pool import Executor, Row
from photodock.db.tenants import Tenants
from photodock.domain.limits import Limit, Limits, Quota
from photodock.domain.photo import NewPhoto, Photo
from photodock.tracing.spans import traced


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
    """One of many: what was declared, and the names its photo will have. `place` is its index in the request."""

    place: int
    new: NewPhoto
    photo_id: UUID
    upload_id: UUID
    s3_key: str
    idempotency_key: str | None
    request_hash: bytes | None

    def as_item(self) -> dict[str, object]:
        new = self.new
        return {
            "place": self.place,
            "project_id": new.project_id,
            "photo_id": self.photo_id,
            "upload_id": self.upload_id,
            "idempotency_key": self.idempotency_key,
            "request_hash": self.request_hash.hex() if self.request_hash else None,
            "file_name": new.file_name,
            "mime_type": new.mime_type,
            "file_size": new.file_size,
            "checksum_sha256": new.checksum_sha256,
            "s3_key": self.s3_key,
            "detection_types": new.detection_types,
            "priority": new.priority.value,
            "client_metadata": new.client_metadata,
        }


@traced("request_uploads")
async def request_many(db: Tenants, issue: Issue, wanted: Sequence[Wanted]) -> dict[int, Answer]:
    """Answers by place. Those that are missing repeat a known key: ask `request` for each of them.

    No two of `wanted` may have the same key.
    """
    rows = await db.of(issue.organization_id).call(
        "request_uploads",
        issue.user_id,
        [one.as_item() for one in wanted],
        issue.now,
        issue.url_expires_at,
        issue.sweep_at,
        issue.limits.in_order,
    )
    by_place = {one.place: one for one in wanted}
    answers = {}
    for row in rows:
        outcome, one = Outcome(row["outcome"]), by_place[row["place"]]
        made = outcome is Outcome.CREATED
        answers[one.place] = Answer(
            outcome,
            one.photo_id if made else None,
            one.s3_key if made else None,
            *issue.counted(row),
        )
    return answers


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
