"""What the checks look at: the settings, and the parts that they make, each opened when a check first needs it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import httpx

from photodock.bootstrap import core
from photodock.db.pool import Database
from photodock.doctor.refusals import Asked
from photodock.doctor.trials import Trials
from photodock.queues.inspection import QueueFacts
from photodock.services.uploads import utc_now
from photodock.settings import Settings
from photodock.storage.bucket import Bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

HTTP_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Storage:
    """`presigner` signs for clients, `direct` for the address that the service itself uses; `client` is the SDK's."""

    credentials: CredentialsProvider
    store: ObjectStore
    presigner: Presigner
    direct: Presigner
    client: "S3Client"
    trials: Trials


@dataclass
class Installation:
    """One installation, as its settings describe it. `environ` is what they were read from."""

    settings: Settings
    environ: Mapping[str, str]
    db: Database
    http: httpx.AsyncClient
    clock: Callable[[], datetime]
    _stack: AsyncExitStack
    queues: dict[str, QueueFacts] = field(default_factory=dict)
    """What was found of queues so far, by URL."""
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _storage: Storage | None = None

    async def storage(self) -> Storage:
        """Raises StorageAccessDenied where there are no credentials."""
        async with self._opening:
            if self._storage is None:
                self._storage = await self._open_storage()
            return self._storage

    async def _open_storage(self) -> Storage:
        settings = self.settings
        credentials = await CredentialsProvider.from_chain()
        store = core.object_store(settings.model_copy(update={"retry_delays": ()}), credentials)
        self._stack.push_async_callback(store.aclose)
        client = await self._stack.enter_async_context(
            s3_client(credentials, self.bucket, connect_timeout=3, read_timeout=HTTP_SECONDS)
        )
        presigner = core.presigner(settings, credentials)
        direct = Presigner(self.bucket, credentials.current)
        return Storage(credentials, store, presigner, direct, client, Trials(presigner, store, self.http, self.clock))

    @property
    def bucket(self) -> Bucket:
        """As the service reaches it."""
        return core.bucket_of(self.settings)

    @property
    def public_bucket(self) -> Bucket:
        """As clients reach it."""
        return core.public_bucket_of(self.settings)

    @property
    def is_aws(self) -> bool:
        return self.settings.s3_endpoint_url is None

    def asked(self, action: str, *, is_public: bool = False) -> Asked:
        has_own_address = self.settings.s3_public_endpoint_url is not None
        return Asked(action, self.settings.bucket, self.settings.s3_region, is_public and has_own_address)

    async def clear(self) -> None:
        """Takes away what checks have left in the bucket."""
        if self._storage:
            await self._storage.trials.clear()


@asynccontextmanager
async def opened(
    settings: Settings, environ: Mapping[str, str], clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[Installation]:
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(core.opened_database(settings))
        # As a client has it: nothing of the service's, and no redirect followed, as in a browser's preflight.
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=HTTP_SECONDS, follow_redirects=False))
        yield Installation(settings, environ, db, http, clock, stack)
