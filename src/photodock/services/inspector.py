"""Looking at uploaded objects: their heads, and further ranges where dimensions or EXIF lie beyond.

A call to confirm costs its caller nothing, and an object may be made so that looking at it takes megabytes. So only so
many are looked at in a process at a time, however many confirm.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from photodock.domain.errors import StorageUnavailable
from photodock.imaging import HEAD_BYTES, Inspection, inspect_head
from photodock.storage.s3 import ObjectHead, ObjectStore

AT_ONCE = 32
"""A photo that was made for it takes 5.5 MB: 176 in all. With a store that answers in 50 ms: 640 photos a second."""
PLACE_SECONDS = 5.0
"""The longest wait for a place: then the store is away or slow, which the caller should hear as soon as the others."""


class Inspector:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._places = asyncio.Semaphore(AT_ONCE)

    async def look(self, key: str) -> tuple[ObjectHead, Inspection]:
        """What the object is, without its bytes, which nobody needs any more, and what is in it.

        Raises ObjectNotFound, ObjectUnreadable, StorageUnavailable.
        """
        async with self._place():
            head = await self._store.read_head(key, HEAD_BYTES)
            return replace(head, data=b""), await self._inspect(key, head)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise StorageUnavailable("Storage is slow, and many wait for it. Try again soon.") from error
        try:
            yield
        finally:
            self._places.release()

    async def _inspect(self, key: str, head: ObjectHead) -> Inspection:
        steps = inspect_head(head.data, head.size)
        if isinstance(steps, Inspection):
            return steps
        try:
            wanted = next(steps)
            while True:
                wanted = steps.send(await self._store.read_range(key, wanted.start, wanted.end))
        except StopIteration as done:
            inspection: Inspection = done.value
            return inspection
