"""Issuing upload URLs: for a new photo, again for the same request, and afresh for a photo still awaited."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from photodock.db import photos, uploads
from photodock.db.ids import uuid4, uuid7
from photodock.db.pool import Connection
from photodock.db.tenants import Tenants
from photodock.db.upload_groups import UploadGroups
from photodock.db.uploads import Answer, Issue, Outcome, Verdict
from photodock.domain.errors import (
    IdempotencyConflict,
    InvalidStatusTransition,
    PhotoNotFound,
    ProjectAccessDenied,
    RateLimited,
)
from photodock.domain.identity import Principal
from photodock.domain.limits import Limit, Quota, refusal
from photodock.domain.photo import AWAITING_UPLOAD, UPLOAD_EXPIRED, NewPhoto, Photo, object_key
from photodock.domain.schedule import LOOKS
from photodock.services.upload_rules import UploadRules, check_file, fingerprint
from photodock.storage.presigner import Presigner
from photodock.storage.puts import PresignedUpload, Puts
from photodock.tracing.spans import photo_begins, photo_was_there


def utc_now() -> datetime:
    return datetime.now(UTC)


class IssuedUpload(NamedTuple):
    """`quota` is what is left of the user's minute: None where that is not limited, and for a replay, which is free."""

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
        self._groups = UploadGroups(db)
        self._presigner = presigner
        self._rules = rules
        self._clock = clock

    async def request(
        self, who: Principal, new: NewPhoto, idempotency_key: str | None = None, *, alone: bool = False
    ) -> IssuedUpload:
        """A presigned PUT for a new photo, or for the photo that this key made before.

        `alone`: the key is known already, as far as one can tell, so that no group would take the request.

        Raises InvalidFileType, FileTooLarge, FileTooSmall, IdempotencyConflict, RateLimited, ProjectAccessDenied.
        """
        self.check(new)
        issue = self.issue(who)
        photo_id = uuid7()
        photo_begins(photo_id)
        asked = uploads.as_request(
            issue,
            new,
            photo_id=photo_id,
            s3_key=object_key(new.project_id, photo_id, new.mime_type, issue.now),
            idempotency_key=idempotency_key,
            request_hash=fingerprint(new) if idempotency_key is not None else None,
        )
        answer = None if alone else await self._groups.request(issue, asked)
        while answer is None or answer.outcome is Outcome.GONE:
            answer = await uploads.request(self._db, issue, asked)
        if answer.outcome is Outcome.REPLAYED and answer.photo_id:
            photo_was_there(answer.photo_id)
        return self.issued(issue, answer, new)

    async def refresh(self, who: Principal, photo_id: UUID) -> IssuedUpload:
        """A fresh URL for the same photo and key, while its object is still awaited.

        Raises PhotoNotFound, InvalidStatusTransition, RateLimited.
        """
        issue = self.issue(who)
        async with self._db.of(who.organization_id).transaction() as tx:
            photo = await _awaited(tx, photo_id, who.organization_id)
            revived = photo.user_id if photo.state == UPLOAD_EXPIRED else None
            quota, refused = await uploads.take_quota(tx, issue, pending_of=revived)
            if refused:
                raise _rate_limited(refused, quota)
            # Locked after the quota's rows, as by a replay: in another order the two could wait for each other.
            now = await _awaited(tx, photo_id, who.organization_id, lock=True)
            if now.state != photo.state:
                raise InvalidStatusTransition("The photo has just changed. Ask again.")
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

    async def take_url(self, who: Principal) -> Quota | None:
        """Counts one URL more, for what costs the store as much as a new photo's. Raises RateLimited."""
        quota, refused = await uploads.take_quota(self._db.of(who.organization_id), self.issue(who), pending_of=None)
        if refused:
            raise _rate_limited(refused, quota)
        return quota

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
            limits=self._rules.limits,
        )

    def check(self, new: NewPhoto) -> None:
        """Raises InvalidFileType, FileTooLarge or FileTooSmall."""
        check_file(new, self._rules)

    def issued(self, issue: Issue, answer: Answer, new: NewPhoto) -> IssuedUpload:
        """The signed URL for what the database answered; raises its refusal."""
        if answer.photo_id is None or answer.s3_key is None:
            raise refused(answer)
        return self._signed(issue, answer.photo_id, answer.s3_key, new, answer.quota)

    def signer(self, issue: Issue) -> Puts:
        """For the URLs of many photos. Raises StorageAccessDenied."""
        return self._presigner.puts(self._rules.url_ttl_seconds, issue.now)

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


async def _awaited(tx: Connection, photo_id: UUID, organization_id: UUID, *, lock: bool = False) -> Photo:
    """Raises PhotoNotFound, InvalidStatusTransition."""
    photo = await photos.get(tx, photo_id, organization_id, lock=lock)
    if photo is None:
        raise PhotoNotFound(PHOTO_NOT_FOUND)
    if photo.state not in AWAITING_UPLOAD:
        raise InvalidStatusTransition(
            f"The photo is {photo.state} and takes no upload any more. Request an upload URL for a new photo."
        )
    return photo


def _rate_limited(limit: Limit, quota: Quota | None) -> RateLimited:
    left = quota or Quota(0, 0, 60)
    return RateLimited(
        refusal(limit, left),
        kind=limit.value,
        limit=left.limit,
        remaining=left.remaining,
        reset_seconds=left.reset_seconds,
    )


def refused(answer: Answer | Verdict) -> RateLimited | IdempotencyConflict | ProjectAccessDenied:
    if answer.refused:
        return _rate_limited(answer.refused, answer.quota)
    if answer.outcome is Outcome.IDEMPOTENCY_CONFLICT:
        return IdempotencyConflict(
            "This Idempotency-Key was used for a different request. Use a new key for a new photo."
        )
    return ProjectAccessDenied(PROJECT_ACCESS_DENIED)


PHOTO_NOT_FOUND = "There is no such photo, or it belongs to another organization."
PROJECT_ACCESS_DENIED = (
    "There is no such project in your organization. Check project_id, or have an administrator create the project."
)
