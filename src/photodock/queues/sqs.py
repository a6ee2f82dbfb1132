"""Amazon SQS, and servers that speak its protocol."""

import asyncio
from collections.abc import Sequence

from aiobotocore.session import AioSession
from botocore.exceptions import ClientError

from photodock.domain.errors import QueueUnavailable
from photodock.domain.jobs import DetectionJob
from photodock.domain.retry import retrying
from photodock.queues.batches import MAX_BYTES, Message, batches, message
from photodock.queues.sqs_connection import FAILURES, SqsConnection, code_of, retryable, short, unavailable

# Refusals of one message's content that SQS gives to the whole request.
_CONTENT_FAULTS = frozenset(
    {"InvalidMessageContents", "InvalidParameterValue", "InvalidAttributeValue", "BatchRequestTooLong"}
)


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
        self._queue_url = queue_url
        self._retry_delays = retry_delays
        self._connection = SqsConnection(
            session,
            region=region,
            endpoint_url=endpoint_url,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
        )

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
            return await retrying(lambda: self._call(request), self._retry_delays, retryable)
        except ClientError as error:
            if code_of(error) not in _CONTENT_FAULTS:
                raise unavailable(error) from error
            if len(request) == 1:
                return {request[0].index: code_of(error)}
        except FAILURES as error:
            raise unavailable(error) from error
        # One of them is the culprit: alone it cannot hold back the others.
        answers = [await self._send([one]) for one in request]
        return {index: reason for answer in answers for index, reason in answer.items()}

    async def _call(self, request: list[Message]) -> dict[int, str | None]:
        client = await self._connection.client()
        answer = await client.send_message_batch(QueueUrl=self._queue_url, Entries=[one.entry() for one in request])
        reasons: dict[int, str | None] = {one.index: "NoAnswer" for one in request}
        reasons |= {int(done["Id"]): None for done in answer.get("Successful", [])}
        reasons |= {int(failed["Id"]): short(failed["Code"]) for failed in answer.get("Failed", [])}
        return reasons

    async def check(self) -> None:
        try:
            client = await self._connection.client()
            await client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])
        except FAILURES as error:
            raise unavailable(error) from error

    async def aclose(self) -> None:
        await self._connection.aclose()
