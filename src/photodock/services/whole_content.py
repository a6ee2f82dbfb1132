"""The SHA-256 of a whole object: for one that came in parts, since S3 has compared no more than the parts."""

import asyncio
import base64
import hashlib
import re

from photodock.domain.errors import StorageUnavailable
from photodock.storage.s3 import ObjectStore

AT_ONCE = 4 * 1024 * 1024
"""Bytes of one read: what a confirm holds in memory."""
READS = 8
"""Of a process at a time: objects that are read as a whole take turns."""
_OF_PARTS = re.compile(r'"?[0-9a-fA-F]+-[0-9]+"?')


def came_in_parts(etag: str | None) -> bool:
    """By the form of its ETag, which S3 gives to objects made of parts and to no others."""
    return etag is not None and _OF_PARTS.fullmatch(etag) is not None


async def sha256_of(store: ObjectStore, key: str, size: int, reads: asyncio.Semaphore) -> str:
    """In base64. Raises ObjectNotFound, StorageUnavailable."""
    digest = hashlib.sha256()
    for start in range(0, size, AT_ONCE):
        async with reads:
            end = min(start + AT_ONCE, size)
            data = await store.read_range(key, start, end)
            if len(data) != end - start:
                raise StorageUnavailable("The photo store gave a part of the photo only. Try again later.")
            # Some milliseconds, in which others are served.
            await asyncio.to_thread(digest.update, data)
            del data
    return base64.b64encode(digest.digest()).decode()


class WholeContent:
    """`sha256_of`, once for all who ask for the same object at a time: a call to confirm costs its caller nothing, and
    the service a whole object."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._reads = asyncio.Semaphore(READS)
        self._reading: dict[str, asyncio.Task[str]] = {}

    async def sha256(self, key: str, size: int) -> str:
        """In base64. Raises ObjectNotFound, StorageUnavailable."""
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(sha256_of(self._store, key, size, self._reads))
            task.add_done_callback(lambda done: self._done(key, done))
        # Whoever leaves takes nothing from the others.
        return await asyncio.shield(task)

    def _done(self, key: str, task: asyncio.Task[str]) -> None:
        del self._reading[key]
        if not task.cancelled():
            task.exception()  # told to those who wait, if there are any left
