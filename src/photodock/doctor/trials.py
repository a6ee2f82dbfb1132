"""Objects that checks put into the bucket, beside all photos, and take away again."""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

import httpx

from photodock.doctor.answers import S3Answer, answer_of
from photodock.domain.errors import StorageError
from photodock.domain.object_key import TRIAL_PREFIX
from photodock.storage.presigner import Presigner
from photodock.storage.puts import PresignedUpload
from photodock.storage.s3 import ObjectStore

CONTENT = b"\xff\xd8\xff\xe0photodock doctor tries an upload, and deletes this object again. "
OTHER_CONTENT = CONTENT[:-1] + b"!"
CONTENT_TYPE = "image/jpeg"
GOOD_FOR_SECONDS = 120
LEFT_OVER_AFTER = timedelta(minutes=5)
"""No run takes so long: an older object was left behind by one that was killed."""


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


class Trials:
    """`presigner` is the very one that signs for clients; `http` has nothing of the service's.

    Every key that was signed for is deleted by `clear`, whether or not anything came to be under it.
    """

    def __init__(
        self,
        presigner: Presigner,
        store: ObjectStore,
        http: httpx.AsyncClient,
        clock: Callable[[], datetime],
    ) -> None:
        self.presigner = presigner
        self.store = store
        self.http = http
        self.clock = clock
        self._keys: set[str] = set()

    def new_key(self) -> str:
        key = f"{TRIAL_PREFIX}{uuid4()}.jpg"
        self._keys.add(key)
        return key

    def upload_url(
        self, key: str, *, presigner: Presigner | None = None, now: datetime | None = None
    ) -> PresignedUpload:
        """As `POST /photos/upload-url` issues it, for `CONTENT`."""
        return (presigner or self.presigner).put(
            key,
            content_type=CONTENT_TYPE,
            content_length=len(CONTENT),
            checksum_sha256=sha256(CONTENT),
            expires_in_seconds=GOOD_FOR_SECONDS,
            now=now or self.clock(),
        )

    def download_url(self, key: str, *, presigner: Presigner | None = None) -> str:
        return (presigner or self.presigner).get(
            key,
            content_type=CONTENT_TYPE,
            file_name="photodock-doctor.jpg",
            expires_in_seconds=GOOD_FOR_SECONDS,
            now=self.clock(),
        )

    async def put(
        self, upload: PresignedUpload, content: bytes = CONTENT, *, headers: Mapping[str, str] | None = None
    ) -> S3Answer:
        """`headers` besides, or instead of, those that belong to the URL."""
        sent = {**upload.headers, **(headers or {})}
        return answer_of(await self.http.put(upload.url, content=content, headers=sent))

    async def stored(self) -> str:
        """The key of an object that is there from now on. Raises NotStored."""
        key = self.new_key()
        answer = await self.put(self.upload_url(key))
        if not answer.is_success:
            raise NotStored(answer)
        return key

    async def delete(self, key: str) -> bool:
        """As the service deletes; raises StorageUnavailable."""
        gone = await self.store.delete(key)
        self._keys.discard(key)
        return gone

    async def clear(self) -> None:
        """Deletes what is left of this run, and what an earlier one left behind. The store's failures are not its."""
        with suppress(StorageError):
            await asyncio.gather(*(self.store.delete(key) for key in self._keys))
        with suppress(StorageError):
            oldest_kept = self.clock() - LEFT_OVER_AFTER
            async for found in self.store.list_objects(TRIAL_PREFIX):
                if found.last_modified < oldest_kept:
                    await self.store.delete(found.key)


class NotStored(Exception):
    """A trial's upload was refused, though the check on uploads found it taken."""

    def __init__(self, answer: S3Answer) -> None:
        super().__init__(answer.said)
        self.answer = answer
