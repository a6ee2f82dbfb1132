"""Resumable uploads: begun once, and then a URL for each of the photo's parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from photodock.db import multipart
from photodock.db.multipart import MultipartUpload
from photodock.db.tenants import Tenants
from photodock.domain.errors import MultipartNotNeeded, StorageError, UploadOver
from photodock.domain.identity import Principal, Trace
from photodock.domain.limits import Quota
from photodock.domain.parts import Parts, part_size_for
from photodock.domain.photo import Photo
from photodock.domain.schedule import LOOKS
from photodock.services.multipart_completion import MultipartCompletion
from photodock.services.multipart_parts import named_parts
from photodock.services.multipart_state import awaited_photo, takes_no_more, under_way
from photodock.services.uploads import Uploads, utc_now
from photodock.storage.multipart import UploadedPart
from photodock.storage.presigner import Presigner
from photodock.storage.puts import PresignedUpload
from photodock.storage.s3 import ObjectStore

log = structlog.get_logger()


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
        uploads: Uploads,
        completion: MultipartCompletion,
        rules: MultipartRules,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._db = db
        self._store = store
        self._presigner = presigner
        self._uploads = uploads
        self._completion = completion
        self._rules = rules
        self._clock = clock

    async def start(self, who: Principal, photo_id: UUID, *, part_checksums: bool) -> Started:
        """Begins one, which costs a URL, or finds the one that is under way, whatever its `part_checksums`. Idempotent.

        A process that dies in between leaves an upload in the store that nobody knows: the sweeper aborts it.
        Raises PhotoNotFound, InvalidStatusTransition, MultipartNotNeeded, RateLimited,
        StorageUnavailable.
        """
        photo = await awaited_photo(self._db, who, photo_id)
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
        await awaited_photo(self._db, who, photo.id)
        return await under_way(self._db, who, photo.id)

    async def parts(
        self, who: Principal, photo_id: UUID, numbers: Sequence[int], checksums: Sequence[str], trace: Trace
    ) -> PartList:
        """URLs for these parts, and all that the store has already. Each call for URLs puts the photo's end off.

        `checksums` in the order of `numbers`, for an upload that was begun with them. Raises PhotoNotFound,
        InvalidStatusTransition, MultipartNotStarted, InvalidRequest, StorageUnavailable.
        """
        photo = await awaited_photo(self._db, who, photo_id)
        upload = await under_way(self._db, who, photo_id)
        try:
            uploaded = await self._store.list_parts(upload.s3_key, upload.s3_upload_id)
        except UploadOver:
            raise takes_no_more(await self._completion.settle(who, photo, upload, trace)) from None
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
            await awaited_photo(self._db, who, photo.id)
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

    async def _abort(self, key: str, upload_id: str) -> None:
        try:
            await self._store.abort_upload(key, upload_id)
        except StorageError as error:
            log.warning("multipart_upload_not_aborted_yet", error_code=error.code)
