"""Confirming an upload: the one way to `uploaded`, for the client's call, the bucket's event and the sweeper alike."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import structlog

from photodock.db import moves, photos, sweep, uploaded
from photodock.db.moves import Move
from photodock.db.photos import Deletion
from photodock.db.pool import Executor
from photodock.db.tenants import Tenants
from photodock.db.uploaded import Found, UploadedGroup
from photodock.domain.errors import (
    DatabaseUnavailable,
    InvalidStatusTransition,
    ObjectNotFound,
    ObjectUnavailable,
    ObjectUnreadable,
    PhotodockError,
    PhotoNotFound,
    StorageError,
    StorageUnavailable,
    UploadNotFound,
)
from photodock.domain.identity import Trace
from photodock.domain.photo import AWAITING_UPLOAD, CONTENT_MISMATCH, UPLOADED, Photo
from photodock.domain.renditions import rendition_keys
from photodock.domain.schedule import LOOKS
from photodock.imaging import Inspection
from photodock.services.inspector import Inspector
from photodock.services.uploads import PHOTO_NOT_FOUND
from photodock.services.whole_content import WholeContent, came_in_parts
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectHead, ObjectStore
from photodock.tracing.spans import photo_step

log = structlog.get_logger()

CONFIRMED_AT_ONCE = 8
"""Of one request for many: enough to hide the store's latency, few enough to leave connections to others."""


class Confirm(Protocol):
    """What the sweeper and the event consumer need of this module."""

    async def confirm_photo(self, photo: Photo, organization_id: UUID | None, *, actor: str, trace: Trace) -> Photo: ...


class Confirmation:
    """`renditions`: whether a confirmed photo gets a job for them."""

    def __init__(self, db: Tenants, store: ObjectStore, presigner: Presigner, *, renditions: bool = False) -> None:
        self._db = db
        self._group = UploadedGroup(db)
        self._renditions = renditions
        self._store = store
        self._inspector = Inspector(store)
        self._whole = WholeContent(store)
        self._presigner = presigner

    async def confirm(self, photo_id: UUID, organization_id: UUID | None, *, actor: str, trace: Trace) -> Photo:
        """Checks the uploaded object, stores its metadata and queues its detection job. Idempotent.

        Returns the photo: `uploaded` or already further; or `failed` when the object is not what was declared.
        `organization_id` None stands for any. A photo already confirmed costs no S3 request.
        Raises PhotoNotFound, UploadNotFound (no object yet), InvalidStatusTransition (after a content mismatch),
        StorageUnavailable.
        """
        with photo_step("confirm", photo_id):
            photo = await self._get(photo_id, organization_id)
            return await self._confirmed(photo, organization_id, actor, trace)

    async def confirm_photo(self, photo: Photo, organization_id: UUID | None, *, actor: str, trace: Trace) -> Photo:
        """The same for a row that was just read. Should it have changed since, nothing moves: it is read again."""
        with photo_step("confirm", photo.id):
            return await self._confirmed(photo, organization_id, actor, trace)

    async def _confirmed(self, photo: Photo, organization_id: UUID | None, actor: str, trace: Trace) -> Photo:
        if photo.state == CONTENT_MISMATCH:
            raise InvalidStatusTransition(
                "The uploaded object was not what was declared and has been deleted. Request an upload URL anew."
            )
        if photo.state not in AWAITING_UPLOAD:
            return photo
        try:
            found = await self._looked_at(photo)
        except ObjectNotFound as error:
            # Deleted a moment ago by another process, with its photo or as a mismatch? Then that is the answer.
            photo = await self._get(photo.id, organization_id)
            if photo.state not in AWAITING_UPLOAD:
                return photo
            raise UploadNotFound(
                "The object has not reached storage. Upload it with the upload URL, then confirm again."
            ) from error
        db = self._db.of(organization_id)
        moved = await (
            self._fail(db, photo, found, actor)
            if isinstance(found, str)
            else self._accept(organization_id, photo, found, actor, trace)
        )
        # Nothing moved: another process was faster, and its result stands.
        return moved or await self._get(photo.id, organization_id)

    async def _looked_at(self, photo: Photo) -> Inspection | str:
        """What is in the object, or in which way it is not what was declared. Raises as the inspector."""
        try:
            head, inspection = await self._inspector.look(photo.s3_key)
            return mismatch(photo, head, inspection) or await self._other_content(photo, head) or inspection
        except ObjectUnreadable:
            return "The object was stored with a header that is no plain ASCII. Send the given ones, and no others."

    async def confirm_many(
        self, photo_ids: Sequence[UUID], organization_id: UUID | None, *, actor: str, trace: Trace
    ) -> list[Photo | PhotodockError]:
        """What `confirm` gives or raises for each photo, in order; a few at a time.

        Raises StorageUnavailable and DatabaseUnavailable, which are no photo's fault; confirming again is harmless.
        """
        at_once = asyncio.Semaphore(CONFIRMED_AT_ONCE)

        async def result(photo_id: UUID) -> Photo | PhotodockError:
            async with at_once:
                try:
                    return await self.confirm(photo_id, organization_id, actor=actor, trace=trace)
                except ObjectUnavailable as refusal:
                    return refusal
                except (StorageUnavailable, DatabaseUnavailable):
                    raise
                except PhotodockError as refusal:
                    return refusal

        # The same photo twice is confirmed once.
        tasks = {photo_id: asyncio.create_task(result(photo_id)) for photo_id in photo_ids}
        try:
            await asyncio.gather(*tasks.values())
        finally:
            # After an outage the others would only wait for the same.
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        return [tasks[photo_id].result() for photo_id in photo_ids]

    async def _get(self, photo_id: UUID, organization_id: UUID | None) -> Photo:
        photo = await photos.seen(self._db, photo_id, organization_id)
        if photo is None:
            raise PhotoNotFound(PHOTO_NOT_FOUND)
        return photo

    async def _other_content(self, photo: Photo, head: ObjectHead) -> str | None:
        """Of an object that came in parts: S3 has not compared the whole with its declared checksum."""
        if photo.checksum_sha256 is None or not came_in_parts(head.etag):
            return None
        found = await self._whole.sha256(photo.s3_key, head.size)
        return None if found == photo.checksum_sha256 else "The content has another SHA-256 than was declared."

    async def _accept(
        self, organization_id: UUID | None, photo: Photo, inspection: Inspection, actor: str, trace: Trace
    ) -> Photo | None:
        if inspection.error:
            log.warning("metadata_unreadable", photo_id=str(photo.id), reason=inspection.error)
        return await uploaded.mark_uploaded(
            self._db.of(organization_id),
            photo.id,
            Move(to=UPLOADED, actor=actor, reason="upload confirmed"),
            Found(inspection.width, inspection.height, inspection.exif_data),
            s3_uri=self._presigner.s3_uri(photo.s3_key),
            trace=trace,
            renditions=self._renditions,
            group=self._group if organization_id is None else None,
        )

    async def _fail(self, db: Executor, photo: Photo, problem: str, actor: str) -> Photo | None:
        move = Move(to=CONTENT_MISMATCH, actor=actor, reason=problem, error_detail=problem)
        moved = await moves.mark_mismatched(db, photo.id, move)
        if moved:
            log.info("content_mismatch", photo_id=str(photo.id), error_code="content_mismatch", reason=problem)
            doomed = Deletion(moved.id, moved.s3_key, moved.url_expires_at)
            await delete_object(db, self._store, doomed)
        return moved


class ObjectDeletion(StrEnum):
    """What became of an object that was to be deleted."""

    DELETED = "deleted"
    HIDDEN = "hidden"
    """Behind a delete marker: older versions are still there, because the service may not delete them."""
    NOTED = "noted"
    """The store is away, or refuses: the sweeper comes back to it."""


async def delete_with_renditions(store: ObjectStore, s3_key: str) -> bool:
    """Deletes a photo's object and all that may have been made of it; as `ObjectStore.delete`, and as often."""
    return all([await store.delete(key) for key in (s3_key, *rendition_keys(s3_key))])


async def delete_object(db: Executor, store: ObjectStore, doomed: Deletion) -> ObjectDeletion:
    """Deletes the objects of a photo noted for deletion, and schedules the second look: a URL outlives its photo.

    With the store away nothing is lost: the note stands and the sweeper comes back to it.
    """
    try:
        if doomed.s3_upload_id:
            # First: its completion could bring the object back. Its row is left to the sweeper.
            await store.abort_upload(doomed.s3_key, doomed.s3_upload_id)
        whole = await delete_with_renditions(store, doomed.s3_key)
    except StorageError as error:
        log.warning("object_not_deleted_yet", photo_id=str(doomed.photo_id), error_code=error.code)
        return ObjectDeletion.NOTED
    await sweep.schedule_deletion(db, doomed, doomed.url_expires_at + LOOKS[0])
    return ObjectDeletion.DELETED if whole else ObjectDeletion.HIDDEN


def mismatch(photo: Photo, head: ObjectHead, inspection: Inspection) -> str | None:
    """The first way in which the object is not what was declared, as a sentence; None when it is."""
    if head.size != photo.file_size:
        return f"The object has {head.size} bytes; {photo.file_size} were declared."
    if head.content_type != photo.mime_type:
        return f"The object was stored as {head.content_type}; {photo.mime_type} was declared."
    if (head.content_encoding or "identity") != "identity":
        # Whoever downloads it would get other bytes than those looked at here, and perhaps a thousand times as many.
        return "The object was stored with a Content-Encoding; the photo itself was declared."
    if inspection.mime_type != photo.mime_type:
        return f"The content is {inspection.mime_type or 'no known image'}; {photo.mime_type} was declared."
    return None
