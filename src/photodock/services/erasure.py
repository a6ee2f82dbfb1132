"""A person's right to erasure: all photos of a user, and the user's name wherever it stands."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from photodock.db import erasure
from photodock.db.photos import Deletion
from photodock.db.pool import Database
from photodock.domain.errors import DatabaseUnavailable, InvalidRequest
from photodock.domain.identity import NOBODYS_NAMES, PIPELINE_PREFIX
from photodock.services.confirmation import ObjectDeletion, delete_object
from photodock.services.uploads import utc_now
from photodock.storage.s3 import ObjectStore

log = structlog.get_logger()

BATCH = 100
"""Photos of one transaction: a few ten milliseconds in which their rows are locked."""
HISTORY_BATCH = 10_000
"""Lines of the history looked at in one statement; it has no index by name, which every change of status would pay."""
CONCURRENCY = 8
FIRST_ID = UUID(int=0)


@dataclass(slots=True)
class Report:
    """Found, or erased. `photos` by organization. Names erased are those in the history of photos that stay."""

    photos: Counter[UUID] = field(default_factory=Counter)
    history_names: int = 0
    organizations: set[UUID] = field(default_factory=set)
    """Where a user of this id has photos, or did something to those of others."""
    quota_rows: int = 0
    objects: Counter[ObjectDeletion] = field(default_factory=Counter)
    last_look_at: datetime | None = None
    """When the sweeper last looks whether an upload URL issued before has brought an object back; None: nothing to."""
    came_meanwhile: int = 0
    """Photos of the user made since: the user's tokens are still good."""


class Erasure:
    """`pending_ttl`: how long after a URL's end the sweeper still looks for an object."""

    def __init__(
        self,
        db: Database,
        store: ObjectStore,
        *,
        pending_ttl: timedelta,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._db = db
        self._store = store
        self._pending_ttl = pending_ttl
        self._clock = clock

    async def look(self, user_id: str, organization_id: UUID | None) -> Report:
        """What `erase` would erase; `organization_id` None: in all of them. Raises InvalidRequest, SeesTooLittle."""
        await self._check(user_id)
        report = Report(photos=Counter(await erasure.photos_of(self._db, user_id, organization_id)))
        report.organizations.update(report.photos)
        await self._names(user_id, organization_id, report, erase=False)
        return report

    async def erase(self, user_id: str, organization_id: UUID | None) -> Report:
        """Deletes the user's photos with their objects, and takes the user's name out of all that stays.

        In small steps, each a transaction of its own. Killed at any point it has lost nothing: what is gone is gone,
        objects are noted for the sweeper in the same transaction as their photos, and the next run does the rest.
        With the store away it goes on and leaves the objects to the sweeper. Raises InvalidRequest, SeesTooLittle.
        """
        await self._check(user_id)
        report = Report()
        for organization in await erasure.photos_of(self._db, user_id, organization_id):
            await self._photos(user_id, organization, report)
        report.quota_rows = await erasure.delete_quota(self._db, user_id, organization_id)
        # After the photos: what the user did to other people's is all that is left.
        await self._names(user_id, organization_id, report, erase=True)
        report.came_meanwhile = sum((await erasure.photos_of(self._db, user_id, organization_id)).values())
        log.info(
            "user_erased",
            photos=report.photos.total(),
            history_names=report.history_names,
            objects={outcome.value: count for outcome, count in report.objects.items()},
            came_meanwhile=report.came_meanwhile,
        )
        return report

    async def _check(self, user_id: str) -> None:
        if user_id in NOBODYS_NAMES:
            raise InvalidRequest(
                f"{user_id!r} is no user: the service writes it where it names nobody. Delete such photos by their ids."
            )
        await erasure.check_view(self._db)

    async def _photos(self, user_id: str, organization_id: UUID, report: Report) -> None:
        after: UUID | None = FIRST_ID
        while after is not None:
            gone = await erasure.delete_photos(self._db, user_id, organization_id, after=after, limit=BATCH)
            after = gone.last
            report.photos[organization_id] += len(gone.deletions)
            for deletion in gone.deletions:
                last = deletion.url_expires_at + self._pending_ttl
                # The URLs of old photos have long been watched to their end.
                if last > self._clock():
                    report.last_look_at = max(last, report.last_look_at or last)
            await self._objects(gone.deletions, report)

    async def _objects(self, gone: Sequence[Deletion], report: Report) -> None:
        slots = asyncio.Semaphore(CONCURRENCY)

        async def one(deletion: Deletion) -> None:
            async with slots:
                # Each call waits its whole time for a store that is away: once is enough.
                if report.objects[ObjectDeletion.NOTED]:
                    report.objects[ObjectDeletion.NOTED] += 1
                    return
                try:
                    outcome = await delete_object(self._db, self._store, deletion)
                except DatabaseUnavailable:
                    # The object is gone and its note stands: the next call of the database tells whether it is away.
                    outcome = ObjectDeletion.NOTED
                report.objects[outcome] += 1

        await asyncio.gather(*(one(deletion) for deletion in gone))

    async def _names(self, user_id: str, organization_id: UUID | None, report: Report, *, erase: bool) -> None:
        actors = (user_id, f"{PIPELINE_PREFIX}{user_id}")
        after = 0
        while True:
            stretch = await erasure.names_in_history(
                self._db, actors, organization_id, after=after, limit=HISTORY_BATCH, erase=erase
            )
            report.history_names += stretch.found
            report.organizations |= stretch.organizations
            if stretch.last is None:
                return
            after = stretch.last
