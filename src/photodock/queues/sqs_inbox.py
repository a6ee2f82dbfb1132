"""Receiving from an SQS queue."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aiobotocore.session import AioSession
from botocore.exceptions import ClientError

from photodock.queues.inbox import DeliveryLost, ReceivedMessage
from photodock.queues.sqs_connection import FAILURES, SqsConnection, code_of, unavailable

if TYPE_CHECKING:
    from types_aiobotocore_sqs.type_defs import (
        MessageAttributeValueOutputTypeDef,
        MessageTypeDef,
        ReceiveMessageRequestTypeDef,
    )

__all__ = ["LONGEST_POLL_SECONDS", "MAX_MESSAGES", "ReceivedMessage", "SqsInbox"]

MAX_MESSAGES = 10
"""What SQS gives and takes in one request."""
LONGEST_POLL_SECONDS = 20
"""SQS holds a request this long at the most while the queue is empty."""
LONGEST_DELAY_SECONDS = 43_200
_BEATS = 3
"""Heartbeats in the time for which one of them holds: two may fail."""
# The message is visible again or deleted, its receipt is of an earlier delivery, or its 12 hours are over.
_LOST = frozenset({"MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"})


class SqsInbox:
    """An `Inbox`: a message that was received is hidden from others for a visibility timeout, the queue's own unless
    `visibility_seconds` is given.

    One that is not deleted comes again after that, and after the queue's `maxReceiveCount` goes to its dead-letter
    queue. Every call may be cancelled: what was received by then comes again likewise.
    """

    def __init__(
        self,
        session: AioSession,
        queue_url: str,
        *,
        region: str,
        endpoint_url: str | None = None,
        poll_seconds: int = LONGEST_POLL_SECONDS,
        visibility_seconds: int | None = None,
    ) -> None:
        self._queue_url = queue_url
        self._poll_seconds = poll_seconds
        self._visibility_seconds = visibility_seconds
        # The answer to a poll may take a moment longer than the poll itself.
        self._connection = SqsConnection(
            session, region=region, endpoint_url=endpoint_url, read_timeout=poll_seconds + 5
        )

    @property
    def heartbeat_seconds(self) -> float | None:
        return self._visibility_seconds and self._visibility_seconds / _BEATS

    async def receive(self, *, limit: int = MAX_MESSAGES) -> list[ReceivedMessage]:
        """Waits up to `poll_seconds` for the first message; returns 0 to `limit` of them. Raises QueueUnavailable."""
        request: ReceiveMessageRequestTypeDef = {
            "QueueUrl": self._queue_url,
            "MaxNumberOfMessages": min(limit, MAX_MESSAGES),
            "WaitTimeSeconds": self._poll_seconds,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
            "MessageAttributeNames": ["All"],
        }
        if self._visibility_seconds is not None:
            request["VisibilityTimeout"] = self._visibility_seconds
        try:
            client = await self._connection.client()
            answer = await client.receive_message(**request)
        except FAILURES as error:
            raise unavailable(error) from error
        return [_received(found) for found in answer.get("Messages", [])]

    async def extend(self, message: ReceivedMessage) -> None:
        if self._visibility_seconds is not None:
            await self._hide(message, self._visibility_seconds)

    async def give_back(self, message: ReceivedMessage, delay_seconds: float) -> None:
        await self._hide(message, min(round(delay_seconds), LONGEST_DELAY_SECONDS))

    async def _hide(self, message: ReceivedMessage, seconds: int) -> None:
        try:
            client = await self._connection.client()
            await client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
            )
        except FAILURES as error:
            if isinstance(error, ClientError) and code_of(error) in _LOST:
                raise DeliveryLost(f"The queue has taken the message back ({code_of(error)}).") from error
            raise unavailable(error) from error

    async def receive_no_more(self) -> None:
        """Nothing is fetched before it is asked for."""

    async def acknowledge(self, message: ReceivedMessage) -> None:
        await self.delete([message])

    async def delete(self, messages: Sequence[ReceivedMessage]) -> None:
        """At most 10. One that SQS fails to delete comes again. Raises QueueUnavailable."""
        if not messages:
            return
        try:
            client = await self._connection.client()
            await client.delete_message_batch(
                QueueUrl=self._queue_url,
                Entries=[{"Id": str(index), "ReceiptHandle": one.receipt} for index, one in enumerate(messages)],
            )
        except FAILURES as error:
            raise unavailable(error) from error

    async def aclose(self) -> None:
        await self._connection.aclose()


def _received(found: "MessageTypeDef") -> ReceivedMessage:
    return ReceivedMessage(
        found["Body"],
        found["ReceiptHandle"],
        int(found.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
        texts(found.get("MessageAttributes", {})),
    )


def texts(attributes: "Mapping[str, MessageAttributeValueOutputTypeDef]") -> dict[str, str]:
    """A message's attributes that are text."""
    return {name: value["StringValue"] for name, value in attributes.items() if "StringValue" in value}
