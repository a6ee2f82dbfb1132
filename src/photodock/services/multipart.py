"""Resumable uploads: a photo's parts, each with a URL of its own, and the object that is made of them in the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from photodock.db import multipart, photos
from photodock.db.multipart import MultipartUpload
from photodock.db.tenants import Tenants
from photodock.domain.errors import (
    InvalidStatusTransition,
    MultipartIncomplete,
    MultipartNotNeeded,
    MultipartNotStarted,
    PartsRefused,
    PhotoNotFound,
    StorageError,
    UploadNotFound,
    UploadOver,
)
from photodock.domain.identity import Principal, Trace
from photodock.domain.limits import Quota
from photodock.domain.parts import Parts, part_size_for
from photodock.domain.photo import AWAITING_UPLOAD, PENDING_UPLOAD, UPLOAD_EXPIRED, Photo
from photodock.domain.schedule import LOOKS
from photodock.services.confirmation import Confirmation
from photodock.services.multipart_parts import check_all, checksums_of, named_parts
from photodock.services.uploads import PHOTO_NOT_FOUND, Uploads, utc_now
from photodock.storage.multipart import UploadedPart
from photodock.storage.presigner import PresignedUpload, Presigner
from photodock.storage.s3 import ObjectStore

log = structlog.get_logger()

NOT_STARTED = "No upload in parts is under way for this photo: none was started, or it is over. Start one."


@dataclass(frozen=True, slots=True)
class MultipartRules:
    """`min_file_size` in bytes. `pending_ttl`: how long after the end of the last URL a photo is waited for."""

    min_file_size: int
    url_ttl_seconds: int
    pending_ttl: timedelta


@dataclass(frozen=True, slots=True)
class Started:
    """`resumable_until`: when the photo is given up, unless URLs are asked for before. `quota`: what is left of the
    user's minute; None where that is not limited, and for an upload that was under way, which is free."""

    photo_id: UUID
    parts: Parts
    part_checksums: bool
    resumable_until: datetime
    seconds_left: int
    quota: Quota | None


@dataclass(frozen=True, slots=True)
class IssuedPart:
    number: int
    size: int
    upload: PresignedUpload


@dataclass(frozen=True, slots=True)
class PartList:
    """URLs for the parts that were asked for, and what the store has."""

    issued: Sequence[IssuedPart]
    uploaded: Sequence[UploadedPart]


class MultipartUploads:
    def __init__(
        self,
        db: Tenants,
        store: ObjectStore,
        presigner: Presigner,
        confirmation: Confirmation,
        uploads: Uploads,
        rules: MultipartRules,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._db = db
        self._store = store
        self._presigner = presigner
        self._confirmation = confirmation
        self._uploads = uploads
        self._rules = rules
        self._clock = clock

    async def start(self, who: Principal, photo_id: UUID, *, part_checksums: bool) -> Started:
        """Begins one, which costs a URL, or finds the one that is under way, whatever its `part_checksums`. Idempotent.

        A process that dies in between leaves an upload in the store that nobody knows: the sweeper aborts it.
        Raises PhotoNotFound, InvalidStatusTransition, MultipartNotNeeded, RateLimited,
        StorageUnavailable.
        """
        photo = await self._awaited(who, photo_id)
        if photo.file_size < self._rules.min_file_size:
            raise MultipartNotNeeded(
                f"The photo has {photo.file_size} bytes; parts are for {self._rules.min_file_size} and more. Send it "
                "with its upload URL."
            )
        db = self._db.of(who.organization_id)
        quota = None
        upload = await multipart.get(db, photo_id, who.organization_id)
        if upload is None:
            quota = await self._uploads.take_url(who)
            upload = await self._begin(who, photo, part_checksums)
        until = photo.url_expires_at + self._rules.pending_ttl
        return Started(
            photo_id=photo.id,
            parts=Parts(photo.file_size, upload.part_size),
            part_checksums=upload.part_checksums is not None,
            resumable_until=until,
            seconds_left=max(0, int((until - self._clock()).total_seconds())),
            quota=quota,
        )

    async def _begin(self, who: Principal, photo: Photo, part_checksums: bool) -> MultipartUpload:
        begun = await self._store.begin_upload(photo.s3_key, photo.mime_type, part_checksums=part_checksums)
        db = self._db.of(who.organization_id)
        size = part_size_for(photo.file_size)
        ours = await multipart.add(
            db, photo.id, who.organization_id, begun, part_size=size, part_checksums=part_checksums
        )
        if ours:
            return ours
        # Another request was faster, or the photo has arrived or is gone meanwhile.
        await self._abort(photo.s3_key, begun)
        await self._awaited(who, photo.id)
        return await self._under_way(who, photo.id)

    async def parts(
        self, who: Principal, photo_id: UUID, numbers: Sequence[int], checksums: Sequence[str], trace: Trace
    ) -> PartList:
        """URLs for these parts, and all that the store has already. Each call for URLs puts the photo's end off.

        `checksums` in the order of `numbers`, for an upload that was begun with them. Raises PhotoNotFound,
        InvalidStatusTransition, MultipartNotStarted, InvalidRequest, StorageUnavailable.
        """
        photo = await self._awaited(who, photo_id)
        upload = await self._under_way(who, photo_id)
        try:
            uploaded = await self._store.list_parts(upload.s3_key, upload.s3_upload_id)
        except UploadOver:
            arrived = await self._over(who, photo, upload, trace)
            raise InvalidStatusTransition(_no_more(arrived)) from None
        named = named_parts(Parts(photo.file_size, upload.part_size), upload, numbers, checksums)
        return PartList(await self._issue(who, photo, upload, named) if named else (), uploaded)

    async def _issue(
        self, who: Principal, photo: Photo, upload: MultipartUpload, named: Mapping[int, str | None]
    ) -> Sequence[IssuedPart]:
        now = self._clock()
        expires_at = now + timedelta(seconds=self._rules.url_ttl_seconds)
        noted = await multipart.note_urls(
            self._db.of(who.organization_id),
            upload,
            url_expires_at=expires_at,
            sweep_at=expires_at + LOOKS[0],
            checksums={number: text for number, text in named.items() if text},
        )
        if not noted:
            await self._awaited(who, photo.id)
        sizes = Parts(photo.file_size, upload.part_size)
        return [
            IssuedPart(
                number,
                sizes.size_of(number),
                self._presigner.put_part(
                    upload.s3_key,
                    upload_id=upload.s3_upload_id,
                    number=number,
                    content_length=sizes.size_of(number),
                    checksum_sha256=checksum,
                    expires_in_seconds=self._rules.url_ttl_seconds,
                    now=now,
                ),
            )
            for number, checksum in named.items()
        ]

    async def complete(self, who: Principal, photo_id: UUID, etags: Mapping[int, str] | None, trace: Trace) -> Photo:
        """Makes the object and confirms the photo as any other. Idempotent.

        Where the object came by the photo's upload URL meanwhile, that one stays and is confirmed. `etags` by part, if
        the client names them. Raises what `confirm` raises, MultipartNotStarted, MultipartIncomplete.
        """
        photo = await self._get(who, photo_id)
        if photo.state not in AWAITING_UPLOAD:
            return await self._confirm(who, photo, trace)
        upload = await multipart.get(self._db.of(who.organization_id), photo_id, who.organization_id)
        if upload is None:
            return await self._arrived(who, photo, trace)
        try:
            found = await self._store.list_parts(upload.s3_key, upload.s3_upload_id)
            wanted = Parts(photo.file_size, upload.part_size)
            check_all(found, wanted, etags)
            checksums = checksums_of(upload, wanted)
            await self._store.complete_upload(upload.s3_key, upload.s3_upload_id, found, checksums)
        except UploadOver:
            return await self._over(who, photo, upload, trace)
        except PartsRefused as error:
            raise MultipartIncomplete(
                "Storage makes no object of these parts: some were sent with other bytes than their URLs were asked "
                "for. Ask for URLs again and send them all."
            ) from error
        confirmed = await self._confirm(who, photo, trace)
        await multipart.forget(self._db.of(who.organization_id), upload)
        return confirmed

    async def abort(self, who: Principal, photo_id: UUID) -> None:
        """Its parts go; the photo stays as it is. That none is under way is no error.

        Raises PhotoNotFound, StorageUnavailable.
        """
        await self._get(who, photo_id)
        db = self._db.of(who.organization_id)
        upload = await multipart.get(db, photo_id, who.organization_id)
        if upload:
            await self._store.abort_upload(upload.s3_key, upload.s3_upload_id)
            await multipart.forget(db, upload)

    async def _over(self, who: Principal, photo: Photo, upload: MultipartUpload, trace: Trace) -> Photo:
        """The photo, if an object is there: completed before, or sent otherwise. Raises MultipartNotStarted."""
        await self._store.abort_upload(upload.s3_key, upload.s3_upload_id)
        await multipart.forget(self._db.of(who.organization_id), upload)
        return await self._arrived(who, photo, trace)

    async def _arrived(self, who: Principal, photo: Photo, trace: Trace) -> Photo:
        try:
            return await self._confirm(who, photo, trace)
        except UploadNotFound as error:
            raise MultipartNotStarted(NOT_STARTED) from error

    async def _confirm(self, who: Principal, photo: Photo, trace: Trace) -> Photo:
        return await self._confirmation.confirm_photo(photo, who.organization_id, actor=who.user_id, trace=trace)

    async def _abort(self, key: str, upload_id: str) -> None:
        try:
            await self._store.abort_upload(key, upload_id)
        except StorageError as error:
            log.warning("multipart_upload_not_aborted_yet", error_code=error.code)

    async def _get(self, who: Principal, photo_id: UUID) -> Photo:
        photo = await photos.seen(self._db, photo_id, who.organization_id)
        if photo is None:
            raise PhotoNotFound(PHOTO_NOT_FOUND)
        return photo

    async def _awaited(self, who: Principal, photo_id: UUID) -> Photo:
        photo = await self._get(who, photo_id)
        if photo.state == UPLOAD_EXPIRED:
            raise InvalidStatusTransition("The photo was given up. Ask for a fresh upload URL first, which revives it.")
        if photo.state != PENDING_UPLOAD:
            raise InvalidStatusTransition(_no_more(photo))
        return photo

    async def _under_way(self, who: Principal, photo_id: UUID) -> MultipartUpload:
        upload = await multipart.get(self._db.of(who.organization_id), photo_id, who.organization_id)
        if upload is None:
            raise MultipartNotStarted(NOT_STARTED)
        return upload


def _no_more(photo: Photo) -> str:
    return f"The photo is {photo.state} and takes no upload any more. Get the photo and go on from its status."
