"""Issuing upload URLs: for a new photo, again for the same request, and afresh for a photo still awaited."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid4, uuid7

from photodock.db import photos, uploads
from photodock.db.tenants import Tenants
from photodock.db.uploads import Answer, Issue, Outcome
from photodock.domain.errors import (
    IdempotencyConflict,
    InvalidStatusTransition,
    PhotoNotFound,
    ProjectAccessDenied,
    RateLimited,
)
from photodock.domain.identity import Principal
from photodock.domain.photo import AWAITING_UPLOAD, NewPhoto, object_key
from photodock.domain.schedule import LOOKS
from photodock.services.upload_rules import UploadRules, check_file, fingerprint
from photodock.storage.presigner import PresignedUpload, Presigner


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of the user's minute; `reset_seconds` until the next one."""

    limit: int
    remaining: int
    reset_seconds: int


@dataclass(frozen=True, slots=True)
class IssuedUpload:
    """`quota` is None for a replay, which costs nothing."""

    photo_id: UUID
    upload_id: UUID
    s3_url: str
    upload: PresignedUpload
    quota: Quota | None


class Uploads:
    def __init__(
        self, db: Tenants, presigner: Presigner, rules: UploadRules, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._db = db
        self._presigner = presigner
        self._rules = rules
        self._clock = clock

    async def request(self, who: Principal, new: NewPhoto, idempotency_key: str | None = None) -> IssuedUpload:
        """A presigned PUT for a new photo, or for the photo that this key made before.

        Raises InvalidFileType, FileTooLarge, FileTooSmall, IdempotencyConflict, RateLimited, ProjectAccessDenied.
        """
        self.check(new)
        issue = self.issue(who)
        photo_id = uuid7()
        key = object_key(new.project_id, photo_id, new.mime_type, issue.now)
        request_hash = fingerprint(new) if idempotency_key is not None else None
        answer = Answer(Outcome.GONE, None, None, None, None)
        while answer.outcome is Outcome.GONE:
            answer = await uploads.request(
                self._db,
                issue,
                new,
                photo_id=photo_id,
                s3_key=key,
                idempotency_key=idempotency_key,
                request_hash=request_hash,
            )
        return self.issued(issue, answer, new)

    async def refresh(self, who: Principal, photo_id: UUID) -> IssuedUpload:
        """A fresh URL for the same photo and key, while its object is still awaited.

        Raises PhotoNotFound, InvalidStatusTransition, RateLimited.
        """
        issue = self.issue(who)
        async with self._db.of(who.organization_id).transaction() as tx:
            photo = await photos.get(tx, photo_id, who.organization_id, lock=True)
            if photo is None:
                raise PhotoNotFound(PHOTO_NOT_FOUND)
            if photo.state not in AWAITING_UPLOAD:
                raise InvalidStatusTransition(
                    f"The photo is {photo.state} and takes no upload any more. Request an upload URL for a new photo."
                )
            used, reset_seconds = await uploads.take_quota(tx, issue)
            quota = self._quota(used, reset_seconds)
            if quota is None:
                raise self._rate_limited(reset_seconds)
            await uploads.reissue(tx, issue, photo_id)
        new = NewPhoto(
            project_id=photo.project_id,
            file_name=photo.file_name,
            file_size=photo.file_size,
            mime_type=photo.mime_type,
            checksum_sha256=photo.checksum_sha256,
            detection_types=photo.detection_types,
            priority=photo.priority,
            client_metadata=None,
        )
        return self._signed(issue, photo.id, photo.s3_key, new, quota)

    def issue(self, who: Principal) -> Issue:
        """What all URLs issued to this caller now have in common, but for `upload_id`, which is good for one."""
        now = self._clock()
        expires_at = now + timedelta(seconds=self._rules.url_ttl_seconds)
        return Issue(
            organization_id=who.organization_id,
            user_id=who.user_id,
            upload_id=uuid4(),
            now=now,
            url_expires_at=expires_at,
            sweep_at=expires_at + LOOKS[0],
            limit=self._rules.urls_per_minute,
        )

    def check(self, new: NewPhoto) -> None:
        """Raises InvalidFileType, FileTooLarge or FileTooSmall."""
        check_file(new, self._rules)

    def issued(self, issue: Issue, answer: Answer, new: NewPhoto) -> IssuedUpload:
        """The signed URL for what the database answered; raises its refusal."""
        if answer.photo_id is None or answer.s3_key is None:
            raise self._refusal(answer)
        quota = self._quota(answer.used, answer.reset_seconds)
        return self._signed(issue, answer.photo_id, answer.s3_key, new, quota)

    def _signed(self, issue: Issue, photo_id: UUID, key: str, new: NewPhoto, quota: Quota | None) -> IssuedUpload:
        upload = self._presigner.put(
            key,
            content_type=new.mime_type,
            content_length=new.file_size,
            checksum_sha256=new.checksum_sha256,
            expires_in_seconds=self._rules.url_ttl_seconds,
            now=issue.now,
        )
        return IssuedUpload(photo_id, issue.upload_id, self._presigner.object_url(key), upload, quota)

    def _quota(self, used: int | None, reset_seconds: int | None) -> Quota | None:
        if used is None or reset_seconds is None:
            return None
        return Quota(self._rules.urls_per_minute, self._rules.urls_per_minute - used, reset_seconds)

    def _rate_limited(self, reset_seconds: int) -> RateLimited:
        return RateLimited(
            f"This user may request {self._rules.urls_per_minute} upload URLs a minute. "
            f"Try again in {reset_seconds} seconds.",
            limit=self._rules.urls_per_minute,
            reset_seconds=reset_seconds,
        )

    def _refusal(self, answer: Answer) -> RateLimited | IdempotencyConflict | ProjectAccessDenied:
        match answer.outcome:
            case Outcome.RATE_LIMITED:
                return self._rate_limited(answer.reset_seconds or 60)
            case Outcome.IDEMPOTENCY_CONFLICT:
                return IdempotencyConflict(
                    "This Idempotency-Key was used for a different request. Use a new key for a new photo."
                )
            case _:
                return ProjectAccessDenied(PROJECT_ACCESS_DENIED)


PHOTO_NOT_FOUND = "There is no such photo, or it belongs to another organization."
PROJECT_ACCESS_DENIED = (
    "There is no such project in your organization. Check project_id, or have an administrator create the project."
)
