"""Aborts multipart uploads that nobody will complete: their parts would be stored, and paid for, for ever."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from photodock.db import multipart, object_keys
from photodock.db.multipart import MultipartUpload
from photodock.db.pool import Database
from photodock.domain.errors import StorageAccessDenied, StorageError
from photodock.domain.object_key import parse_object_key
from photodock.storage.multipart import OpenUpload
from photodock.storage.s3 import ObjectStore

log = structlog.get_logger(__name__)

BATCH = 100
SEARCH_INTERVAL = timedelta(hours=1)
"""Between two listings of all open uploads."""
GRACE = timedelta(days=1)
"""Unknown uploads younger than this stay: their row may be on its way, or in a backup that is being restored."""
STORAGE_AWAY_WAIT = timedelta(minutes=1)
ACCESS_DENIED_WAIT = timedelta(hours=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Leftovers:
    """Two kinds: of photos that are not awaited any more, which the table knows; and those that no row knows, because a
    process died before it wrote one. Any number may run side by side.

    Of the latter only those in folders of projects that this database knows: another installation may share the bucket.
    """

    def __init__(self, db: Database, store: ObjectStore, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._db = db
        self._store = store
        self._clock = clock
        self._not_before = self._search_at = datetime.min.replace(tzinfo=UTC)

    async def run_once(self) -> int:
        """Returns how many were aborted. With the store away nothing is lost: the next round does it.

        Raises DatabaseUnavailable.
        """
        if self._clock() < self._not_before:
            return 0
        aborted = 0
        try:
            aborted += await self._unwanted()
            if self._clock() >= self._search_at:
                aborted += await self._unknown()
                self._search_at = self._clock() + SEARCH_INTERVAL
        except StorageError as error:
            wait = ACCESS_DENIED_WAIT if isinstance(error, StorageAccessDenied) else STORAGE_AWAY_WAIT
            self._not_before = self._clock() + wait
            log.warning("multipart_uploads_not_aborted_yet", error_code=error.code)
        if aborted:
            log.info("multipart_uploads_aborted", count=aborted)
        return aborted

    async def _unwanted(self) -> int:
        aborted = 0
        while found := await multipart.unwanted(self._db, limit=BATCH):
            for upload in found:
                await self._end(upload)
            aborted += len(found)
        return aborted

    async def _end(self, upload: MultipartUpload) -> None:
        await self._store.abort_upload(upload.s3_key, upload.s3_upload_id)
        await multipart.forget(self._db, upload)

    async def _unknown(self) -> int:
        aborted = 0
        async for batch in self._candidates():
            known = await multipart.known(self._db, [one.upload_id for _, one in batch])
            ours = await object_keys.known_projects(self._db, {project_id for project_id, _ in batch})
            for project_id, one in batch:
                if project_id in ours and one.upload_id not in known:
                    await self._store.abort_upload(one.key, one.upload_id)
                    aborted += 1
        return aborted

    async def _candidates(self) -> AsyncIterator[list[tuple[UUID, OpenUpload]]]:
        """Old enough, and under a key as ours are, with its project: what else uses the bucket is not touched."""
        oldest_kept = self._clock() - GRACE
        batch: list[tuple[UUID, OpenUpload]] = []
        async for one in self._store.open_uploads():
            if one.begun_at < oldest_kept and (key := parse_object_key(one.key)):
                batch.append((key.project_id, one))
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
