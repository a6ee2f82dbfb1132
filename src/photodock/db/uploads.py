"""Issuing upload URLs: replay, quota, project check and insert in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from photodock.db.photos import to_photo
from photodock.db.pool import Executor
from photodock.db.tenants import Tenants
from photodock.domain.photo import NewPhoto, Photo
from photodock.domain.values import JsonObject


class Outcome(StrEnum):
    CREATED = "created"
    REPLAYED = "replayed"
    RATE_LIMITED = "rate_limited"
    PROJECT_ACCESS_DENIED = "project_access_denied"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    GONE = "gone"
    """The photo of this key was deleted meanwhile: asking again makes a new one."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What is common to all ways of issuing a URL. `limit` in URLs a user and minute."""

    organization_id: UUID
    user_id: str
    upload_id: UUID
    now: datetime
    url_expires_at: datetime
    sweep_at: datetime
    limit: int


@dataclass(frozen=True, slots=True)
class Answer:
    """`used` and `reset_seconds` speak of the user's current minute; null where no quota was looked at."""

    outcome: Outcome
    photo_id: UUID | None
    s3_key: str | None
    used: int | None
    reset_seconds: int | None


async def request(
    db: Tenants,
    issue: Issue,
    new: NewPhoto,
    *,
    photo_id: UUID,
    s3_key: str,
    idempotency_key: str | None,
    request_hash: bytes | None,
) -> Answer:
    [row] = await db.of(issue.organization_id).call(
        "request_upload",
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
        issue.limit,
    )
    return Answer(Outcome(row["outcome"]), row["photo_id"], row["s3_key"], row["used"], row["reset_seconds"])


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of many: what was declared, and the names its photo will have. `place` is its index in the request."""

    place: int
    new: NewPhoto
    photo_id: UUID
    upload_id: UUID
    s3_key: str
    idempotency_key: str | None
    request_hash: bytes | None

    def as_item(self) -> JsonObject:
        new = self.new
        return {
            "place": self.place,
            "project_id": str(new.project_id),
            "photo_id": str(self.photo_id),
            "upload_id": str(self.upload_id),
            "idempotency_key": self.idempotency_key,
            "request_hash": self.request_hash.hex() if self.request_hash else None,
            "file_name": new.file_name,
            "mime_type": new.mime_type,
            "file_size": new.file_size,
            "checksum_sha256": new.checksum_sha256,
            "s3_key": self.s3_key,
            "detection_types": list(new.detection_types),
            "priority": new.priority.value,
            "client_metadata": new.client_metadata,
        }


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
        issue.limit,
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
            row["used"],
            row["reset_seconds"],
        )
    return answers


async def take_quota(db: Executor, issue: Issue) -> tuple[int | None, int]:
    """Takes one URL from the user's minute; (used or None when nothing is left, seconds until the next minute)."""
    row = await db.fetchrow(
        "SELECT used, reset_seconds FROM take_quota($1, $2, $3)", issue.organization_id, issue.user_id, issue.limit
    )
    assert row is not None  # noqa: S101  (a function with OUT parameters always answers)
    return row["used"], row["reset_seconds"]


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
