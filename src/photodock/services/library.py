"""Reading and deleting photos. Reading is organization-wide; the pipeline reads any organization's."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog

from photodock.db import photos, projects
from photodock.db.photos import SamePhoto
from photodock.db.tenants import Tenants
from photodock.domain.errors import DatabaseUnavailable, PhotoNotFound, ProjectAccessDenied
from photodock.domain.identity import Principal, Scope
from photodock.domain.photo import Photo, PhotoStatus, StatusEvent
from photodock.domain.renditions import Rendition, rendition_key
from photodock.services.confirmation import delete_object
from photodock.services.feed import Feed
from photodock.services.places import PlaceLimits, Places
from photodock.services.uploads import PHOTO_NOT_FOUND, PROJECT_ACCESS_DENIED, utc_now
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore

SLOT_SECONDS = 300
"""A download URL stays the same for this long, so that an unchanged photo has an unchanged ETag."""
DOWNLOAD_TTL_SECONDS = 3 * SLOT_SECONDS
"""From the slot's beginning: at its end a URL is still good for ten minutes."""
LOOK_SECONDS = 2.0
"""Between two looks at a photo that a call waits for, where no change of it was heard."""
FINAL = (PhotoStatus.COMPLETED, PhotoStatus.FAILED)

log = structlog.get_logger()


def readable_organization(who: Principal) -> UUID | None:
    """None (any organization) for the pipeline, else the caller's own."""
    return None if Scope.PIPELINE in who.scopes else who.organization_id


@dataclass(frozen=True, slots=True)
class RenditionView:
    """A small picture of a photo, and the presigned URL at which it can be had for a while."""

    rendition: Rendition
    url: str


@dataclass(frozen=True, slots=True)
class View:
    """A photo as a client sees it at one moment."""

    photo: Photo
    s3_url: str
    download_url: str | None
    renditions: tuple[RenditionView, ...]
    etag: str


def _etag(version: int, slot: int) -> str:
    return f'"{version}-{slot}"'


class Library:
    def __init__(
        self,
        db: Tenants,
        store: ObjectStore,
        presigner: Presigner,
        feed: Feed,
        held: PlaceLimits,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._db = db
        self._feed = feed
        self._held = Places(held)
        self._versions = photos.Versions(db)
        self._store = store
        self._presigner = presigner
        self._clock = clock

    def view(self, photo: Photo) -> View:
        """`etag` changes with the row's version and with the signing slot, as the URLs do."""
        slot = self._slot()
        return View(
            photo=photo,
            s3_url=self._presigner.object_url(photo.s3_key),
            download_url=self._download_url(photo, slot) if photo.uploaded_at else None,
            renditions=self._renditions(photo, slot) if photo.renditions else (),
            etag=_etag(photo.version, slot),
        )

    def _slot(self) -> int:
        return int(self._clock().timestamp()) // SLOT_SECONDS

    @property
    def signed_by(self) -> object:
        """The credentials that sign URLs now: the same object until they change."""
        return self._presigner.credentials

    def _renditions(self, photo: Photo, slot: int) -> tuple[RenditionView, ...]:
        now = datetime.fromtimestamp(slot * SLOT_SECONDS, UTC)
        return tuple(
            RenditionView(
                one,
                self._presigner.get_own(
                    rendition_key(photo.s3_key, one.name), expires_in_seconds=DOWNLOAD_TTL_SECONDS, now=now
                ),
            )
            for one in photo.renditions or ()
        )

    def _download_url(self, photo: Photo, slot: int) -> str:
        return self._presigner.get(
            photo.s3_key,
            content_type=photo.mime_type,
            file_name=photo.file_name,
            expires_in_seconds=DOWNLOAD_TTL_SECONDS,
            now=datetime.fromtimestamp(slot * SLOT_SECONDS, UTC),
        )

    async def get(self, who: Principal, photo_id: UUID) -> View:
        """Raises PhotoNotFound, for foreign and deleted photos too."""
        photo = await photos.seen(self._db, photo_id, readable_organization(who))
        if photo is None:
            raise PhotoNotFound(PHOTO_NOT_FOUND)
        return self.view(photo)

    async def etag(self, who: Principal, photo_id: UUID) -> str:
        """What `get` would give as the photo's ETag now, without the photo. Raises PhotoNotFound."""
        version = await self._versions.of(photo_id, readable_organization(who))
        if version is None:
            raise PhotoNotFound(PHOTO_NOT_FOUND)
        return _etag(version, self._slot())

    async def wait(
        self, who: Principal, photo_id: UUID, etags: frozenset[str], seconds: float, stopping: asyncio.Event
    ) -> View:
        """The photo as soon as it differs from what the client knows, at the latest after `seconds` or at `stopping`.

        With `etags` it holds while the photo's is among them, without while the status stays as it was at arrival.
        A final status answers at once. So does whoever has as many answers held back as may be: each keeps a
        connection from others.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        first = await self.get(who, photo_id)
        if not self._unchanged(first, first, etags) or not self._held.take(who):
            return first
        try:
            return await self._changed(who, first, etags, deadline, stopping)
        finally:
            self._held.leave(who)

    async def _changed(
        self, who: Principal, first: View, etags: frozenset[str], deadline: float, stopping: asyncio.Event
    ) -> View:
        now = asyncio.get_running_loop().time
        photo_id = first.photo.id
        with self._feed.watching(photo_id) as changed:
            # What happened before it watched was told to others.
            view = await self.get(who, photo_id)
            while self._unchanged(first, view, etags) and now() < deadline and not stopping.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(min(deadline, now() + LOOK_SECONDS)):
                        await changed.wait()
                changed.clear()
                view = await self.get(who, photo_id)
        return view

    def _unchanged(self, first: View, now: View, etags: frozenset[str]) -> bool:
        if now.photo.status in FINAL:
            return False
        return now.etag in etags if etags else now.photo.status == first.photo.status

    async def history(self, who: Principal, photo_id: UUID) -> list[StatusEvent]:
        """Oldest first. Raises PhotoNotFound."""
        events = await photos.history(self._db, photo_id, readable_organization(who))
        if not events:
            raise PhotoNotFound(PHOTO_NOT_FOUND)
        return events

    async def page(
        self,
        who: Principal,
        *,
        project_id: UUID | None,
        status: PhotoStatus | None,
        ids: Sequence[UUID] | None,
        before: UUID | None,
        limit: int,
    ) -> tuple[list[View], UUID | None]:
        """Newest first, and where the next page begins. Raises ProjectAccessDenied."""
        async with self._db.of(who.organization_id).transaction() as tx:
            found = await photos.page(
                tx,
                who.organization_id,
                project_id=project_id,
                status=status,
                ids=ids,
                before=before,
                limit=limit + 1,
            )
            # A photo found in the project proves that it is ours; only an empty page leaves the question open.
            if project_id and not found and not await projects.exists(tx, project_id, who.organization_id):
                raise ProjectAccessDenied(PROJECT_ACCESS_DENIED)
        views = [self.view(photo) for photo in found[:limit]]
        return views, views[-1].photo.id if len(found) > limit else None

    async def same_photos(self, who: Principal, project_id: UUID, checksums: Sequence[str]) -> list[SamePhoto]:
        """Which of them the project has, in their order, each once. Raises ProjectAccessDenied."""
        found = await photos.by_checksum(self._db, who.organization_id, project_id, list(dict.fromkeys(checksums)))
        if found is None:
            raise ProjectAccessDenied(PROJECT_ACCESS_DENIED)
        return found

    async def delete(self, who: Principal, photo_id: UUID) -> None:
        """Makes the photo a tombstone and deletes its object; the sweeper looks again after the last URL's end.

        Raises PhotoNotFound.
        """
        db = self._db.of(who.organization_id)
        gone = await photos.delete(db, photo_id, who.organization_id)
        if gone is None:
            raise PhotoNotFound(PHOTO_NOT_FOUND)
        try:
            await delete_object(db, self._store, gone)
        except DatabaseUnavailable:
            # The photo is gone and its object is noted for deletion: the promise stands, the sweeper keeps it.
            log.warning("second_look_not_scheduled_yet", photo_id=str(photo_id))
