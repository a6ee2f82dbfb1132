"""What all calls of the bucket have in common: the SDK's client, time limits, and trying again."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, TypedDict, TypeVar

from photodock.domain.errors import (
    ObjectNotFound,
    StorageAccessDenied,
    StorageUnavailable,
)
from photodock.domain.retry import retrying
from photodock.metrics.definitions import S3_REQUESTS
from photodock.storage.bucket import Bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.failures import is_transient, translated
from photodock.tracing import spans

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

T = TypeVar("T")


class Limits(TypedDict, total=False):
    """In seconds: `connect_timeout`, `timeout` of one attempt as a whole, `total_timeout` of a call with all its
    attempts, `delays` before each new one."""

    delays: Sequence[float]
    connect_timeout: float
    timeout: float
    total_timeout: float


class S3Calls:
    """One bucket.

    Every call but `check` is repeated after `delays` while the store is away. Raises StorageUnavailable when it stays
    away, and StorageAccessDenied at once when it refuses: that is a misconfiguration, and logged.
    """

    def __init__(
        self,
        bucket: Bucket,
        credentials: CredentialsProvider,
        *,
        delays: Sequence[float] = (1, 2, 4),
        connect_timeout: float = 2,
        timeout: float = 10,
        total_timeout: float = 25,
    ) -> None:
        self._bucket = bucket
        self._credentials = credentials
        self._delays = tuple(delays)
        self._connect_timeout = connect_timeout
        self._timeout = timeout
        self._total_timeout = total_timeout
        self._client: S3Client | None = None
        self._client_lock = asyncio.Lock()
        self._resources = AsyncExitStack()

    async def aclose(self) -> None:
        self._client = None
        await self._resources.aclose()

    async def _tried(self, operation: str, key: str, attempt: Callable[[], Awaitable[T]]) -> T:
        def counted() -> Awaitable[T]:
            return _counted(operation, self._bucket.name, key, attempt)

        with translated(operation, key):
            async with asyncio.timeout(self._total_timeout):
                return await retrying(counted, self._delays, is_transient)

    async def _sdk_client(self) -> "S3Client":
        """obstore knows no versions and no parts, so what has to do with them goes through the SDK; made at the first
        need of it."""
        async with self._client_lock:
            if self._client is None:
                self._client = await self._resources.enter_async_context(
                    s3_client(
                        self._credentials,
                        self._bucket,
                        connect_timeout=self._connect_timeout,
                        read_timeout=self._timeout,
                    )
                )
            return self._client


async def _counted(operation: str, bucket: str, key: str, attempt: Callable[[], Awaitable[T]]) -> T:
    started, outcome = time.perf_counter(), "ok"
    try:
        with spans.step(f"S3 {operation}", {"aws.s3.bucket": bucket, "aws.s3.key": key}):
            return await attempt()
    except BaseException as error:
        outcome = _outcome(error)
        raise
    finally:
        S3_REQUESTS.labels(operation, outcome).observe(time.perf_counter() - started)


def _outcome(error: BaseException) -> str:
    match error:
        case ObjectNotFound():
            return "not_found"
        case StorageAccessDenied():
            return "refused"
        case StorageUnavailable() | TimeoutError() | asyncio.CancelledError():
            return "unavailable"
        case _:
            return "other"
