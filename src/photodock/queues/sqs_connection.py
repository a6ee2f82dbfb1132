"""One SQS queue's client, and its faults in our own words."""

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import aiohttp
import structlog
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as UnconnectedError

from photodock.domain.errors import QueueUnavailable

if TYPE_CHECKING:
    from types_aiobotocore_sqs.client import SQSClient

log = structlog.get_logger(__name__)

FAILURES = (BotoCoreError, ClientError, aiohttp.ClientError, OSError)
"""All that a call of the client may raise."""
_UNREACHED = (HTTPClientError, UnconnectedError, aiohttp.ClientError, OSError)
_THROTTLED = frozenset({"RequestThrottled", "Throttling", "ThrottlingException", "TooManyRequestsException"})


class SqsConnection:
    """The client is made at the first need of it, once, and makes each call once. Timeouts in seconds."""

    def __init__(
        self,
        session: AioSession,
        *,
        region: str,
        endpoint_url: str | None = None,
        connect_timeout: float = 2.0,
        read_timeout: float = 5.0,
    ) -> None:
        self._session = session
        self._region = region
        self._endpoint_url = endpoint_url
        self._config = AioConfig(
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            retries={"total_max_attempts": 1},
            # Our requests are checked by types and tests: a tenth of each call's time.
            parameter_validation=False,
            # Reading the SDK's own JSON models takes a good part of a second: in a thread, not on the event loop.
            warm_up_loader_caches=True,
        )
        self._made: SQSClient | None = None
        self._making = asyncio.Lock()
        self._exit = AsyncExitStack()

    async def client(self) -> "SQSClient":
        async with self._making:
            if self._made is None:
                self._made = await self._exit.enter_async_context(
                    self._session.create_client(
                        "sqs", region_name=self._region, endpoint_url=self._endpoint_url, config=self._config
                    )
                )
            return self._made

    async def aclose(self) -> None:
        await self._exit.aclose()


def retryable(error: Exception) -> bool:
    """Whether the same call may succeed a little later."""
    if isinstance(error, ClientError):
        return error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or code_of(error) in _THROTTLED
    return isinstance(error, _UNREACHED)


def unavailable(error: Exception) -> QueueUnavailable:
    """The outage in our own words. What the server refuses for good is an operator's matter, and logged as one."""
    if isinstance(error, ClientError) and not retryable(error):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        log.error("queue_misconfigured", code=code_of(error), status=status)
        return QueueUnavailable(f"The queue refuses our requests ({code_of(error)}).")
    reason = code_of(error) if isinstance(error, ClientError) else type(error).__name__
    return QueueUnavailable(f"The queue can't be reached ({reason}).")


def code_of(error: ClientError) -> str:
    return short(error.response["Error"].get("Code", "Unknown"))


def short(code: str) -> str:
    """`AWS.SimpleQueueService.NonExistentQueue` → `NonExistentQueue`"""
    return code.rpartition(".")[2]
