"""What a resumable upload rests on: its photo, and whether one is under way."""

from uuid import UUID

from photodock.db import multipart, photos
from photodock.db.multipart import MultipartUpload
from photodock.db.tenants import Tenants
from photodock.domain.errors import InvalidStatusTransition, MultipartNotStarted, PhotoNotFound
from photodock.domain.identity import Principal
from photodock.domain.photo import PENDING_UPLOAD, UPLOAD_EXPIRED, Photo
from photodock.services.uploads import PHOTO_NOT_FOUND

NOT_STARTED = "No upload in parts is under way for this photo: none was started, or it is over. Start one."


async def photo_of(db: Tenants, who: Principal, photo_id: UUID) -> Photo:
    """Raises PhotoNotFound."""
    photo = await photos.seen(db, photo_id, who.organization_id)
    if photo is None:
        raise PhotoNotFound(PHOTO_NOT_FOUND)
    return photo


async def awaited_photo(db: Tenants, who: Principal, photo_id: UUID) -> Photo:
    """One that still waits for its file. Raises PhotoNotFound, InvalidStatusTransition."""
    photo = await photo_of(db, who, photo_id)
    if photo.state == UPLOAD_EXPIRED:
        raise InvalidStatusTransition("The photo was given up. Ask for a fresh upload URL first, which revives it.")
    if photo.state != PENDING_UPLOAD:
        raise takes_no_more(photo)
    return photo


def takes_no_more(photo: Photo) -> InvalidStatusTransition:
    return InvalidStatusTransition(
        f"The photo is {photo.state} and takes no upload any more. Get the photo and go on from its status."
    )


async def under_way(db: Tenants, who: Principal, photo_id: UUID) -> MultipartUpload:
    """Raises MultipartNotStarted."""
    upload = await multipart.get(db.of(who.organization_id), photo_id, who.organization_id)
    if upload is None:
        raise MultipartNotStarted(NOT_STARTED)
    return upload
