"""The end of a resumable upload: the object made of its parts, or nothing left of them."""

from collections.abc import Mapping
from uuid import UUID

from photodock.db import multipart
from photodock.db.multipart import MultipartUpload
from photodock.db.tenants import Tenants
from photodock.domain.errors import MultipartIncomplete, MultipartNotStarted, PartsRefused, UploadNotFound, UploadOver
from photodock.domain.identity import Principal, Trace
from photodock.domain.parts import Parts
from photodock.domain.photo import AWAITING_UPLOAD, Photo
from photodock.services.confirmation import Confirmation
from photodock.services.multipart_parts import check_all, checksums_of
from photodock.services.multipart_state import NOT_STARTED, photo_of
from photodock.storage.s3 import ObjectStore


class MultipartCompletion:
    def __init__(self, db: Tenants, store: ObjectStore, confirmation: Confirmation) -> None:
        self._db = db
        self._store = store
        self._confirmation = confirmation

    async def complete(self, who: Principal, photo_id: UUID, etags: Mapping[int, str] | None, trace: Trace) -> Photo:
        """Makes the object and confirms the photo as any other. Idempotent.

        Where the object came by the photo's upload URL meanwhile, that one stays and is confirmed. `etags` by part, if
        the client names them. Raises what `confirm` raises, MultipartNotStarted, MultipartIncomplete.
        """
        photo = await photo_of(self._db, who, photo_id)
        if photo.state not in AWAITING_UPLOAD:
            return await self._confirm(who, photo, trace)
        upload = await multipart.get(self._db.of(who.organization_id), photo_id, who.organization_id)
        if upload is None:
            return await self._arrived(who, photo, trace)
        try:
            await self._make_object(upload, Parts(photo.file_size, upload.part_size), etags)
        except UploadOver:
            return await self.settle(who, photo, upload, trace)
        confirmed = await self._confirm(who, photo, trace)
        await multipart.forget(self._db.of(who.organization_id), upload)
        return confirmed

    async def _make_object(self, upload: MultipartUpload, wanted: Parts, etags: Mapping[int, str] | None) -> None:
        found = await self._store.list_parts(upload.s3_key, upload.s3_upload_id)
        check_all(found, wanted, etags)
        checksums = checksums_of(upload, wanted)
        try:
            await self._store.complete_upload(upload.s3_key, upload.s3_upload_id, found, checksums)
        except PartsRefused as error:
            raise MultipartIncomplete(
                "Storage makes no object of these parts: some were sent with other bytes than their URLs were asked "
                "for. Ask for URLs again and send them all."
            ) from error

    async def abort(self, who: Principal, photo_id: UUID) -> None:
        """Its parts go; the photo stays as it is. That none is under way is no error.

        Raises PhotoNotFound, StorageUnavailable.
        """
        await photo_of(self._db, who, photo_id)
        upload = await multipart.get(self._db.of(who.organization_id), photo_id, who.organization_id)
        if upload:
            await self._remove(who, upload)

    async def settle(self, who: Principal, photo: Photo, upload: MultipartUpload, trace: Trace) -> Photo:
        """For one that the store no longer knows: the photo, if an object is there, completed before or sent otherwise.

        Raises what `confirm` raises, MultipartNotStarted.
        """
        await self._remove(who, upload)
        return await self._arrived(who, photo, trace)

    async def _remove(self, who: Principal, upload: MultipartUpload) -> None:
        await self._store.abort_upload(upload.s3_key, upload.s3_upload_id)
        await multipart.forget(self._db.of(who.organization_id), upload)

    async def _arrived(self, who: Principal, photo: Photo, trace: Trace) -> Photo:
        try:
            return await self._confirm(who, photo, trace)
        except UploadNotFound as error:
            raise MultipartNotStarted(NOT_STARTED) from error

    async def _confirm(self, who: Principal, photo: Photo, trace: Trace) -> Photo:
        return await self._confirmation.confirm_photo(photo, who.organization_id, actor=who.user_id, trace=trace)
