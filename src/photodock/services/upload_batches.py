"""Issuing upload URLs for many photos at once."""

from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from uuid_utils import uuid4, uuid7

from photodock.db import uploads
from photodock.db.tenants import Tenants
from photodock.db.uploads import Issue, Outcome, Verdict, Wanted
from photodock.domain.errors import DatabaseUnavailable, PhotodockError, StorageUnavailable
from photodock.domain.identity import Principal
from photodock.domain.limits import Quota
from photodock.domain.photo import NewPhoto, key_folder, key_in
from photodock.services.upload_rules import fingerprint
from photodock.services.uploads import IssuedUpload, Uploads, refused
from photodock.storage.puts import PresignedUpload
from photodock.tracing.spans import photo_begins


class IssuedItem(NamedTuple):
    """One of many, as an `IssuedUpload`; its ids are texts."""

    photo_id: str
    upload_id: str
    s3_url: str
    upload: PresignedUpload
    quota: Quota | None


Result: TypeAlias = IssuedItem | IssuedUpload | PhotodockError


class Asked(NamedTuple):
    """One item of a request for many."""

    new: NewPhoto
    idempotency_key: str | None


class UploadBatches:
    def __init__(self, db: Tenants, single: Uploads) -> None:
        self._db = db
        self._single = single

    async def request(self, who: Principal, asked: Sequence[Asked]) -> dict[int, Result]:
        """What `Uploads.request` gives or raises for each of them, by place: one statement, and one for each repeat.

        The items share only the quota, which goes to them in the answer's order: theirs, but that those come last whose
        key was used before, be it by an earlier item. Raises DatabaseUnavailable and
        StorageUnavailable (the signing credentials have ended), which are no item's fault; asking again with the same
        keys then gives the same photos.
        """
        issue = self._single.issue(who)
        found: dict[int, Result] = {
            place: fault for place, one in enumerate(asked) if (fault := self._fault(one.new)) is not None
        }
        wanted = _wanted(asked, issue, found)
        verdicts = await uploads.request_many(self._db, issue, wanted) if wanted else []
        made = []
        for one, verdict in zip(wanted, verdicts, strict=True):
            if verdict and verdict.outcome is Outcome.CREATED:
                made.append((one, verdict))
            elif verdict:
                found[one.place] = refused(verdict)
        found.update(self._issued(issue, made))
        found = dict(sorted(found.items()))
        for place, repeat in enumerate(asked):
            if place not in found:
                # One after the other: two with the same key make one photo.
                found[place] = await self._repeated(who, repeat)
        return found

    def _fault(self, new: NewPhoto) -> PhotodockError | None:
        try:
            self._single.check(new)
        except PhotodockError as fault:
            return fault
        return None

    def _issued(self, issue: Issue, made: list[tuple[Wanted, Verdict]]) -> Iterator[tuple[int, IssuedItem]]:
        """By place."""
        if not made:
            return
        for one, _ in made:
            photo_begins(one.photo_id)
        sign = self._single.signer(issue).put
        for one, verdict in made:
            new = one.new
            upload = sign(
                one.s3_key,
                content_type=new.mime_type,
                content_length=new.file_size,
                checksum_sha256=new.checksum_sha256,
            )
            yield one.place, IssuedItem(one.photo_id, one.upload_id, upload.object_url, upload, verdict.quota)

    async def _repeated(self, who: Principal, one: Asked) -> Result:
        try:
            return await self._single.request(who, one.new, one.idempotency_key, alone=True)
        except (DatabaseUnavailable, StorageUnavailable):
            raise
        except PhotodockError as refusal:
            return refusal


def _wanted(asked: Sequence[Asked], issue: Issue, faulty: Container[int]) -> list[Wanted]:
    """All that may be new: of several with one key only the first."""
    keys = set[str]()
    folders = dict[UUID, str]()
    wanted = []
    for place, (new, key) in enumerate(asked):
        if place in faulty or key in keys:
            continue
        if key is not None:
            keys.add(key)
        folder = folders.get(new.project_id)
        if folder is None:
            folder = folders[new.project_id] = key_folder(new.project_id, issue.now)
        photo_id = str(uuid7())
        s3_key = key_in(folder, photo_id, new.mime_type)
        request_hash = fingerprint(new) if key is not None else None
        wanted.append(Wanted(place, new, photo_id, str(uuid4()), s3_key, key, request_hash))
    return wanted
