"""The dead letters of an SQS queue: those in the queue that its redrive policy names."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from aiobotocore.session import AioSession
from botocore.exceptions import ClientError

from photodock.domain.errors import QueueUnavailable
from photodock.queues.dead_letters import DeadLetter, NoDeadLetterQueue, Redriven
from photodock.queues.sqs_connection import FAILURES, SqsConnection, code_of, unavailable
from photodock.queues.sqs_inbox import MAX_MESSAGES, texts

if TYPE_CHECKING:
    from types_aiobotocore_sqs.type_defs import MessageTypeDef

log = structlog.get_logger(__name__)

HIDDEN_SECONDS = 300
"""How long letters that are looked at stay hidden if this process dies meanwhile."""
_NO_MOVE_TASK = frozenset({"InvalidAction", "UnsupportedOperation", "UnknownOperationException", "UnknownOperation"})


class SqsDeadLetters:
    """`longest_move` and `poll_seconds` are for the server's own move task, in seconds; it goes on without us."""

    def __init__(
        self,
        session: AioSession,
        queue_url: str,
        *,
        region: str,
        endpoint_url: str | None = None,
        longest_move: float = 600.0,
        poll_seconds: float = 1.0,
    ) -> None:
        self._queue_url = queue_url
        self._longest_move = longest_move
        self._poll_seconds = poll_seconds
        self._connection = SqsConnection(session, region=region, endpoint_url=endpoint_url, read_timeout=10)

    async def letters(self, limit: int) -> AsyncGenerator[DeadLetter, None]:
        with _outages():
            _, _, dead_url = await self._find()
            seen: dict[str, str] = {}
            try:
                while len(seen) < limit and (found := await self._receive(dead_url, limit - len(seen))):
                    new = [message for message in found if message["MessageId"] not in seen]
                    seen |= {message["MessageId"]: message["ReceiptHandle"] for message in found}
                    for message in new:
                        yield _letter(message)
                    if not new:
                        break
            finally:
                await self._show_again(dead_url, list(seen.values()))

    async def redrive(self, limit: int | None) -> Redriven:
        with _outages():
            queue_arn, dead_arn, dead_url = await self._find()
            if limit is None and (handle := await self._start_move(dead_arn, queue_arn)):
                return await self._await_move(dead_arn, handle)
            return await self._move(dead_url, queue_arn, limit)

    async def aclose(self) -> None:
        await self._connection.aclose()

    async def _find(self) -> tuple[str, str, str]:
        """The queue's ARN, its dead-letter queue's, and the latter's URL."""
        client = await self._connection.client()
        answer = await client.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=["QueueArn", "RedrivePolicy"]
        )
        attributes = answer["Attributes"]
        dead_arn = json.loads(attributes.get("RedrivePolicy", "{}")).get("deadLetterTargetArn")
        if not dead_arn:
            raise NoDeadLetterQueue(
                "The queue has no dead-letter queue: it has no RedrivePolicy. Give it one, with a maxReceiveCount of 5."
            )
        # arn:aws:sqs:region:account:name
        account, name = dead_arn.split(":")[-2:]
        try:
            found = await client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
        except ClientError as error:
            if code_of(error) in {"NonExistentQueue", "QueueDoesNotExist"}:
                raise NoDeadLetterQueue(f"The queue's RedrivePolicy names {name}, which is not there.") from error
            raise
        return attributes["QueueArn"], dead_arn, found["QueueUrl"]

    async def _receive(self, dead_url: str, limit: int) -> "list[MessageTypeDef]":
        client = await self._connection.client()
        answer = await client.receive_message(
            QueueUrl=dead_url,
            MaxNumberOfMessages=min(limit, MAX_MESSAGES),
            # Above 0 SQS asks all of its servers, and so overlooks no message.
            WaitTimeSeconds=1,
            VisibilityTimeout=HIDDEN_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    async def _show_again(self, dead_url: str, receipts: list[str]) -> None:
        client = await self._connection.client()
        for start in range(0, len(receipts), MAX_MESSAGES):
            await client.change_message_visibility_batch(
                QueueUrl=dead_url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                    for index, receipt in enumerate(receipts[start : start + MAX_MESSAGES])
                ],
            )

    async def _start_move(self, dead_arn: str, queue_arn: str) -> str | None:
        """The task's handle; None where the server knows no such task."""
        client = await self._connection.client()
        try:
            return (await client.start_message_move_task(SourceArn=dead_arn, DestinationArn=queue_arn))["TaskHandle"]
        except ClientError as error:
            if code_of(error) in _NO_MOVE_TASK:
                return None
            raise

    async def _await_move(self, dead_arn: str, handle: str) -> Redriven:
        client = await self._connection.client()
        moved = 0
        for _ in range(max(1, round(self._longest_move / self._poll_seconds))):
            answer = await client.list_message_move_tasks(SourceArn=dead_arn, MaxResults=10)
            # A task that has ended is shown without its handle: the newest stands first.
            tasks = answer.get("Results", [])
            task = next((one for one in tasks if one.get("TaskHandle") == handle), tasks[0] if tasks else None)
            if task:
                moved = task.get("ApproximateNumberOfMessagesMoved", 0)
                if task.get("Status") == "COMPLETED":
                    return Redriven(moved)
                if task.get("Status") in {"FAILED", "CANCELLED"}:
                    return Redriven(moved, f"The move ended early ({task.get('FailureReason') or task.get('Status')}).")
            await asyncio.sleep(self._poll_seconds)
        return Redriven(moved, "The server is still moving the others.")

    async def _move(self, dead_url: str, queue_arn: str, limit: int | None) -> Redriven:
        """By hand, for servers that cannot, and for a part of the messages."""
        # As many as there are now, so that one that dies again at once is not carried round and round.
        wanted = await self._count(dead_url) if limit is None else limit
        moved = 0
        others: list[str] = []
        try:
            while moved < wanted and (found := await self._receive(dead_url, wanted - moved)):
                for message in found:
                    # Several queues may send their dead letters here.
                    if message.get("Attributes", {}).get("DeadLetterQueueSourceArn") in {queue_arn, None}:
                        await self._move_one(dead_url, message)
                        moved += 1
                    else:
                        others.append(message["ReceiptHandle"])
        finally:
            await self._show_again(dead_url, others)
        return Redriven(moved)

    async def _count(self, dead_url: str) -> int:
        client = await self._connection.client()
        answer = await client.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    async def _move_one(self, dead_url: str, message: "MessageTypeDef") -> None:
        """Its copy is in the queue before it leaves the other: a crash between the two leaves two, never none."""
        client = await self._connection.client()
        attributes = message.get("MessageAttributes", {})
        await client.send_message(
            QueueUrl=self._queue_url, MessageBody=message["Body"], MessageAttributes={**attributes}
        )
        await client.delete_message(QueueUrl=dead_url, ReceiptHandle=message["ReceiptHandle"])


def _letter(message: "MessageTypeDef") -> DeadLetter:
    receives = message.get("Attributes", {}).get("ApproximateReceiveCount")
    return DeadLetter(
        message["Body"],
        texts(message.get("MessageAttributes", {})),
        # This look at it was counted too.
        receives=int(receives) - 1 if receives else None,
    )


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except QueueUnavailable:
        raise
    except FAILURES as error:
        raise unavailable(error) from error
