"""Issuing upload URLs for many photos at once."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from uuid_utils.compat import uuid4, uuid7

from photodock.db import uploads
from photodock.db.tenants import Tenants
from photodock.db.uploads import Answer, Issue, Wanted
from photodock.domain.errors import DatabaseUnavailable, PhotodockError, StorageUnavailable
from photodock.domain.identity import Principal
from photodock.domain.photo import NewPhoto, object_key
from photodock.services.upload_rules import fingerprint
from photodock.services.uploads import IssuedUpload, Uploads
from photodock.tracing.spans import photo_begins

Result: TypeAlias = IssuedUpload | PhotodockError


class Asked(NamedTuple):
    """One item of a request for many."""

    new: NewPhoto
    idempotency_key: str | None


class UploadBatches:
    def __init__(self, db: Tenants, single: Uploads) -> None:
        self._db = db
        self._single = single

    async def request(self, who: Principal, asked: Sequence[Asked]) -> list[Result]:
        """What `Uploads.request` gives or raises for each of them, in order: one statement, and one for each repeat.

        The items share only the quota, which goes to them in their order. Raises DatabaseUnavailable and
        StorageUnavailable (the signing credentials have ended), which are no item's fault; asking again with the same
        keys then gives the same photos.
        """
        issue = self._single.issue(who)
        results = {place: fault for place, one in enumerate(asked) if (fault := self._fault(one.new))}
        wanted = {one.place: one for one in _wanted(asked, issue, results)}
        answers = await uploads.request_many(self._db, issue, list(wanted.values())) if wanted else {}
        for answer in answers.values():
            if answer.photo_id:
                photo_begins(answer.photo_id)
        issued = {
            place: self._issued(issue._replace(upload_id=wanted[place].upload_id), answer, asked[place].new)
            for place, answer in answers.items()
        }
        found: dict[int, Result] = {**results, **issued}
        # One after the other: two with the same key make one photo.
        return [found[place] if place in found else await self._repeated(who, one) for place, one in enumerate(asked)]

    def _fault(self, new: NewPhoto) -> PhotodockError | None:
        try:
            self._single.check(new)
        except PhotodockError as fault:
            return fault
        return None

    def _issued(self, issue: Issue, answer: Answer, new: NewPhoto) -> Result:
        try:
            return self._single.issued(issue, answer, new)
        except StorageUnavailable:
            raise
        except PhotodockError as refusal:
            return refusal

    async def _repeated(self, who: Principal, one: Asked) -> Result:
        try:
            return await self._single.request(who, one.new, one.idempotency_key)
        except (DatabaseUnavailable, StorageUnavailable):
            raise
        except PhotodockError as refusal:
            return refusal


def _wanted(asked: Sequence[Asked], issue: Issue, refused: dict[int, PhotodockError]) -> list[Wanted]:
    """All that may be new: of several with one key only the first."""
    keys = set[str]()
    wanted = []
    for place, one in enumerate(asked):
        key = one.idempotency_key
        if place in refused or key in keys:
            continue
        if key is not None:
            keys.add(key)
        photo_id = uuid7()
        wanted.append(
            Wanted(
                place=place,
                new=one.new,
                photo_id=photo_id,
                upload_id=uuid4(),
                s3_key=object_key(one.new.project_id, photo_id, one.new.mime_type, issue.now),
                idempotency_key=key,
                request_hash=fingerprint(one.new) if key is not None else None,
            )
        )
    return wanted
