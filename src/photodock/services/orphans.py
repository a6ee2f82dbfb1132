"""The bucket held against the table: objects that no row knows of, and what may be done about them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars
from uuid_utils.compat import uuid4

from photodock.db import object_keys
from photodock.db.object_keys import Adoption
from photodock.db.pool import Database
from photodock.domain.errors import (
    InvalidStatusTransition,
    ObjectNotFound,
    ObjectUnreadable,
    PhotoNotFound,
    UploadNotFound,
)
from photodock.domain.identity import Trace
from photodock.domain.object_key import TRIAL_PREFIX, ObjectKey, originals_of, parse_object_key
from photodock.domain.photo import CONTENT_MISMATCH, EXTENSIONS
from photodock.domain.schedule import LOOKS
from photodock.imaging.sniff import sniff
from photodock.services.confirmation import Confirmation
from photodock.services.orphan_findings import (
    ADOPTABLE,
    DELETABLE,
    Days,
    Finding,
    Kind,
    Outcome,
    kind_of,
    kind_of_rendition,
)
from photodock.services.uploads import utc_now
from photodock.storage.s3 import ListedObject, ObjectStore

log = structlog.get_logger()

ACTOR = "adopted"
"""The user of an adopted photo, since nobody knows any more who sent it, and the actor of its history."""
BATCH = 1_000
"""Keys looked up at once: what one page of S3's listing holds."""
CONCURRENCY = 8
GRACE = timedelta(days=1)
"""Objects younger than this are never deleted: their rows may be on their way in a restore, or a copy."""
SNIFFED_BYTES = 16

T = TypeVar("T")


class Orphans:
    """`detection_types` are those of adopted photos."""

    def __init__(
        self,
        db: Database,
        store: ObjectStore,
        confirmation: Confirmation,
        *,
        detection_types: tuple[str, ...],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._db = db
        self._store = store
        self._confirmation = confirmation
        self._detection_types = detection_types
        self._clock = clock

    async def search(self, days: Days) -> AsyncIterator[Finding]:
        """Every object of the days, project by project in the order of the keys; foreign folders in one line each.

        A row is made before its object, and the listing is older than the look at the table: an upload that runs
        meanwhile is never taken for an orphan. Raises StorageUnavailable, DatabaseUnavailable.
        """
        for name in await self._store.top_level():
            if name == TRIAL_PREFIX:
                continue
            if not _is_project(name):
                yield Finding(name, Kind.FOREIGN)
                continue
            async for batch in _batches(self._listed(name, days)):
                for finding in await self._judged(batch):
                    yield finding

    async def _listed(self, project: str, days: Days) -> AsyncIterator[ListedObject]:
        after, end = days.bounds(project)
        async for found in self._store.list_objects(project, after=after):
            if end is not None and found.key >= end:
                return
            yield found

    async def _judged(self, objects: Sequence[ListedObject]) -> list[Finding]:
        kinds = await self._kinds([found.key for found in objects])
        return [
            Finding(found.key, kind, found.size, found.last_modified)
            for found, kind in zip(objects, kinds, strict=True)
        ]

    async def _kinds(self, names: Sequence[str]) -> list[Kind]:
        keys = {name: parse_object_key(name) for name in names}
        originals = {name: originals_of(name) for name in names}
        asked = {name for name, key in keys.items() if key} | {key for found in originals.values() for key in found}
        holders = await object_keys.holders(self._db, list(asked))
        unknown = {key.project_id for name, key in keys.items() if key and name not in holders}
        projects = await object_keys.known_projects(self._db, unknown) if unknown else set[UUID]()

        def kind(name: str) -> Kind:
            if originals[name]:
                return kind_of_rendition(next((holders[key] for key in originals[name] if key in holders), None))
            return kind_of(keys[name], holders.get(name), projects)

        return [kind(name) for name in names]

    async def adopt(self, findings: Sequence[Finding]) -> Counter[Outcome]:
        """Makes photos again of those that are adoptable: a row from what key and object say, then `confirm`.

        A process that dies in between leaves a pending photo, which the sweeper confirms. Idempotent.
        Raises StorageUnavailable, DatabaseUnavailable.
        """
        outcomes = Counter[Outcome]()
        adoptable = [finding for finding in findings if finding.kind in ADOPTABLE]
        for group in _groups(adoptable, CONCURRENCY):
            outcomes.update(await asyncio.gather(*(self._adopt(finding) for finding in group)))
        return outcomes

    async def _adopt(self, finding: Finding) -> Outcome:
        key = parse_object_key(finding.key)
        if key is None:
            return Outcome.MOVED_ON
        trace = Trace(correlation_id=f"{ACTOR}-{uuid4().hex}")
        with bound_contextvars(photo_id=str(key.photo_id), correlation_id=trace.correlation_id):
            try:
                if finding.kind is Kind.ORPHAN and not await self._make_row(finding.key, key):
                    return Outcome.NO_PHOTO
                photo = await self._confirmation.confirm(key.photo_id, None, actor=ACTOR, trace=trace)
            except (ObjectNotFound, UploadNotFound, PhotoNotFound, InvalidStatusTransition):
                return Outcome.MOVED_ON
            if photo.state == CONTENT_MISMATCH:
                return Outcome.MISMATCHED
            log.info("object_adopted")
            return Outcome.ADOPTED

    async def _make_row(self, name: str, key: ObjectKey) -> bool:
        """False when the object is not the image that key and stored type say: `confirm` would delete it."""
        try:
            head = await self._store.read_head(name, SNIFFED_BYTES)
        except ObjectUnreadable:
            return False
        mime_type = sniff(head.data)
        if mime_type is None or mime_type != head.content_type or EXTENSIONS.get(mime_type) != key.extension:
            return False
        new = Adoption(
            photo_id=key.photo_id,
            project_id=key.project_id,
            upload_id=uuid4(),
            actor=ACTOR,
            file_name=key.file_name,
            file_size=head.size,
            mime_type=mime_type,
            s3_key=name,
            detection_types=self._detection_types,
            created_at=key.made_at,
            sweep_at=self._clock() + LOOKS[0],
        )
        # Nothing made: somebody else has a row for it by now, or its tombstone; confirm tells which.
        await object_keys.adopt(self._db, new)
        return True

    def deletable(self, findings: Sequence[Finding]) -> list[Finding]:
        """Those that `delete` would delete, as things stood at the search: of the right kind, and older than a day."""
        oldest_kept = self._clock() - GRACE
        return [
            finding
            for finding in findings
            if finding.kind in DELETABLE and finding.last_modified and finding.last_modified < oldest_kept
        ]

    async def delete(self, findings: Sequence[Finding]) -> Counter[Outcome]:
        """Deletes those that are deletable, if the table says so still.

        Raises StorageUnavailable, DatabaseUnavailable.
        """
        outcomes = Counter[Outcome]()
        for group in _groups(self.deletable(findings), CONCURRENCY):
            outcomes.update(await asyncio.gather(*(self._delete(finding) for finding in group)))
        return outcomes

    async def _delete(self, finding: Finding) -> Outcome:
        [kind] = await self._kinds([finding.key])
        if kind not in DELETABLE:
            return Outcome.MOVED_ON
        await self._store.delete(finding.key)
        log.info("orphan_deleted", key=finding.key, kind=finding.kind.value)
        return Outcome.DELETED


def _is_project(name: str) -> bool:
    try:
        return f"{UUID(name.removesuffix('/'))}/" == name
    except ValueError:
        return False


def _groups(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


async def _batches(objects: AsyncIterator[ListedObject]) -> AsyncIterator[list[ListedObject]]:
    batch: list[ListedObject] = []
    async for found in objects:
        batch.append(found)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
