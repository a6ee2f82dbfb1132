"""Receiving from an SQS queue."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiobotocore.session import AioSession

from photodock.queues.sqs_connection import FAILURES, SqsConnection, unavailable

MAX_MESSAGES = 10
"""What SQS gives and takes in one request."""
LONGEST_POLL_SECONDS = 20
"""SQS holds a request this long at the most while the queue is empty."""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """`receipt` belongs to this one delivery; `receives` counts the deliveries so far, this one included."""

    body: str
    receipt: str
    receives: int


class SqsInbox:
    """Messages of one queue, each hidden from others for the queue's visibility timeout once it was received.

    A message that is not deleted comes again after that, and after the queue's `maxReceiveCount` goes to its
    dead-letter queue. Every call may be cancelled: what was received by then comes again likewise.
    """

    def __init__(
        self,
        session: AioSession,
        queue_url: str,
        *,
        region: str,
        endpoint_url: str | None = None,
        poll_seconds: int = LONGEST_POLL_SECONDS,
    ) -> None:
        self._queue_url = queue_url
        self._poll_seconds = poll_seconds
        # The answer to a poll may take a moment longer than the poll itself.
        self._connection = SqsConnection(
            session, region=region, endpoint_url=endpoint_url, read_timeout=poll_seconds + 5
        )

    async def receive(self, *, limit: int = MAX_MESSAGES) -> list[ReceivedMessage]:
        """Waits up to `poll_seconds` for the first message; returns 0 to `limit` of them. Raises QueueUnavailable."""
        try:
            client = await self._connection.client()
            answer = await client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=self._poll_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        except FAILURES as error:
            raise unavailable(error) from error
        return [
            ReceivedMessage(
                found["Body"],
                found["ReceiptHandle"],
                int(found.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
            )
            for found in answer.get("Messages", [])
        ]

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
