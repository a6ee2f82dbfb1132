"""Amazon SQS, and servers that speak its protocol."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import aiohttp
import structlog
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as UnconnectedError

from photodock.domain.errors import QueueUnavailable
from photodock.domain.jobs import DetectionJob
from photodock.domain.retry import retrying
from photodock.queues.batches import MAX_BYTES, Message, batches, message

if TYPE_CHECKING:
    from types_aiobotocore_sqs.client import SQSClient

log = structlog.get_logger(__name__)

_UNREACHED = (HTTPClientError, UnconnectedError, aiohttp.ClientError, OSError)
_FAILURES = (BotoCoreError, ClientError, aiohttp.ClientError, OSError)
# Refusals of one message's content that SQS gives to the whole request.
_CONTENT_FAULTS = frozenset(
    {"InvalidMessageContents", "InvalidParameterValue", "InvalidAttributeValue", "BatchRequestTooLong"}
)
_THROTTLED = frozenset({"RequestThrottled", "Throttling", "ThrottlingException", "TooManyRequestsException"})


class SqsQueue:
    """A `JobQueue` on one SQS queue.

    `session` carries the credentials, and renews them. Timeouts and `retry_delays` in seconds: a request that does
    not reach the server, or that it cannot serve now, is made again after each of the delays. One that fails for good
    is left to the caller, as is a single entry's failure.
    """

    def __init__(
        self,
        session: AioSession,
        queue_url: str,
        *,
        region: str,
        endpoint_url: str | None = None,
        connect_timeout: float = 2.0,
        read_timeout: float = 5.0,
        retry_delays: Sequence[float] = (1.0, 2.0, 4.0),
    ) -> None:
        self._session = session
        self._queue_url = queue_url
        self._region = region
        self._endpoint_url = endpoint_url
        self._config = AioConfig(
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            retries={"total_max_attempts": 1},
            # Reading the SDK's own JSON models takes a good part of a second: in a thread, not on the event loop.
            warm_up_loader_caches=True,
        )
        self._retry_delays = retry_delays
        self._made: SQSClient | None = None
        self._making = asyncio.Lock()
        self._exit = AsyncExitStack()

    async def publish(self, jobs: Sequence[DetectionJob]) -> list[str | None]:
        messages = [message(index, job) for index, job in enumerate(jobs)]
        reasons: dict[int, str | None] = {one.index: "MessageTooLong" for one in messages if one.size > MAX_BYTES}
        requests = list(batches(one for one in messages if one.index not in reasons))
        answers = await asyncio.gather(*(self._send(request) for request in requests), return_exceptions=True)
        for request, answer in zip(requests, answers, strict=True):
            if isinstance(answer, QueueUnavailable):
                reasons |= dict.fromkeys((one.index for one in request), answer.detail)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                reasons |= answer
        if answers and all(isinstance(answer, QueueUnavailable) for answer in answers):
            raise QueueUnavailable(str(answers[0]))
        return [reasons[one.index] for one in messages]

    async def _send(self, request: list[Message]) -> dict[int, str | None]:
        """One request, for each message of it the reason of its failure or None."""
        try:
            return await retrying(lambda: self._call(request), self._retry_delays, _retryable)
        except ClientError as error:
            if _code(error) not in _CONTENT_FAULTS:
                raise _unavailable(error) from error
            if len(request) == 1:
                return {request[0].index: _code(error)}
        except _FAILURES as error:
            raise _unavailable(error) from error
        # One of them is the culprit: alone it cannot hold back the others.
        answers = [await self._send([one]) for one in request]
        return {index: reason for answer in answers for index, reason in answer.items()}

    async def _call(self, request: list[Message]) -> dict[int, str | None]:
        client = await self._client()
        answer = await client.send_message_batch(QueueUrl=self._queue_url, Entries=[one.entry() for one in request])
        reasons: dict[int, str | None] = {one.index: "NoAnswer" for one in request}
        reasons |= {int(done["Id"]): None for done in answer.get("Successful", [])}
        reasons |= {int(failed["Id"]): _short(failed["Code"]) for failed in answer.get("Failed", [])}
        return reasons

    async def check(self) -> None:
        try:
            client = await self._client()
            await client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])
        except _FAILURES as error:
            raise _unavailable(error) from error

    async def aclose(self) -> None:
        await self._exit.aclose()

    async def _client(self) -> "SQSClient":
        async with self._making:
            if self._made is None:
                self._made = await self._exit.enter_async_context(
                    self._session.create_client(
                        "sqs", region_name=self._region, endpoint_url=self._endpoint_url, config=self._config
                    )
                )
            return self._made


def _retryable(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or _code(error) in _THROTTLED
    return isinstance(error, _UNREACHED)


def _unavailable(error: Exception) -> QueueUnavailable:
    """The outage in our own words. What the server refuses for good is an operator's matter, and logged as one."""
    if isinstance(error, ClientError) and not _retryable(error):
        log.error("queue_misconfigured", code=_code(error), status=error.response["ResponseMetadata"]["HTTPStatusCode"])
        return QueueUnavailable(f"The queue refuses our requests ({_code(error)}).")
    reason = _code(error) if isinstance(error, ClientError) else type(error).__name__
    return QueueUnavailable(f"The queue can't be reached ({reason}).")


def _code(error: ClientError) -> str:
    return _short(error.response["Error"].get("Code", "Unknown"))


def _short(code: str) -> str:
    """`AWS.SimpleQueueService.NonExistentQueue` → `NonExistentQueue`"""
    return code.rpartition(".")[2]
