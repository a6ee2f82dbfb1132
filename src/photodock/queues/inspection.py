"""How a queue is set up, for `photodock doctor`."""

import json
from dataclasses import dataclass
from typing import Protocol

import aio_pika
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelNotFoundEntity, ChannelPreconditionFailed
from aiobotocore.session import AioSession
from aiormq.exceptions import ChannelAccessRefused
from botocore.exceptions import ClientError

from photodock.queues.rabbitmq import address, arguments_of, end
from photodock.queues.rabbitmq_failures import unavailable as rabbitmq_unavailable
from photodock.queues.sqs_connection import FAILURES, SqsConnection, code_of, unavailable


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """`waiting` and `dead` count messages, None where the broker does not tell. `max_receives`: deliveries before a
    message is a dead letter. `difference`: how a queue of somebody else's making differs from the worker's own."""

    waiting: int | None
    dead_letter_queue: str | None
    dead_letter_queue_is_there: bool = False
    max_receives: int | None = None
    dead: int | None = None
    difference: str | None = None
    policy: str | None = None


class QueueInspector(Protocol):
    async def inspect(self) -> QueueFacts:
        """Changes nothing. Raises QueueUnavailable when the queue is not there or can't be asked."""
        ...

    async def aclose(self) -> None: ...


class SqsInspector:
    def __init__(self, session: AioSession, queue_url: str, *, region: str, endpoint_url: str | None = None) -> None:
        self._queue_url = queue_url
        self._connection = SqsConnection(session, region=region, endpoint_url=endpoint_url)

    async def inspect(self) -> QueueFacts:
        try:
            client = await self._connection.client()
            answer = await client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["All"])
            attributes = answer["Attributes"]
            redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
            target = redrive.get("deadLetterTargetArn")
            is_there, dead = await self._dead(target) if target else (False, None)
        except FAILURES as error:
            raise unavailable(error) from error
        return QueueFacts(
            _count(attributes.get("ApproximateNumberOfMessages")),
            target and target.rpartition(":")[2],
            is_there,
            int(redrive["maxReceiveCount"]) if "maxReceiveCount" in redrive else None,
            dead,
            policy=attributes.get("Policy"),
        )

    async def _dead(self, arn: str) -> tuple[bool, int | None]:
        """Whether the queue is there, and how many messages it has if we may know."""
        client = await self._connection.client()
        account, name = arn.split(":")[-2:]
        try:
            found = await client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
            answer = await client.get_queue_attributes(
                QueueUrl=found["QueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
            )
        except ClientError as error:
            if code_of(error) in {"NonExistentQueue", "QueueDoesNotExist"}:
                return False, None
            # Rights on the other queue are `photodock dlq`'s, and may be missing here.
            return True, None
        return True, _count(answer["Attributes"].get("ApproximateNumberOfMessages"))

    async def aclose(self) -> None:
        await self._connection.aclose()


class RabbitInspector:
    """`url` as for `RabbitQueue`. Raises ValueError. `timeout` in seconds, for all of it."""

    def __init__(self, url: str, *, timeout: float = 5.0) -> None:
        self._url, self._queue = address(url)
        self._timeout = timeout

    async def inspect(self) -> QueueFacts:
        try:
            connection = await aio_pika.connect(
                self._url, timeout=self._timeout, client_properties={"connection_name": "photodock doctor"}
            )
            try:
                waiting = await self._count(connection, self._queue)
                if waiting is None:
                    raise QueueMissing("NOT_FOUND - no such queue")
                dead = await self._count(connection, f"{self._queue}-dead")
                difference = await self._difference(connection)
            finally:
                await end(connection)
        except (*CONNECTION_EXCEPTIONS, QueueMissing) as error:
            raise rabbitmq_unavailable(error) from error
        limit = arguments_of(self._queue)["x-delivery-limit"]
        return QueueFacts(
            waiting,
            f"{self._queue}-dead",
            dead is not None,
            int(str(limit)) + 1 if difference is None else None,
            dead,
            difference,
        )

    async def _count(self, connection: aio_pika.abc.AbstractConnection, name: str) -> int | None:
        """Its messages; None when it is not there."""
        try:
            async with connection.channel() as channel:
                queue = await channel.declare_queue(name, passive=True)
        except ChannelNotFoundEntity:
            return None
        return queue.declaration_result.message_count

    async def _difference(self, connection: aio_pika.abc.AbstractConnection) -> str | None:
        """Declaring the queue that is there, as the worker does, tells the first argument that differs."""
        try:
            async with connection.channel() as channel:
                await channel.declare_queue(self._queue, durable=True, arguments=arguments_of(self._queue))
        except ChannelPreconditionFailed as refusal:
            return str(refusal.args[-1] if refusal.args else refusal).removeprefix("PRECONDITION_FAILED - ")
        except ChannelAccessRefused:
            return "it may not be declared by this user, so its arguments can't be told"
        return None

    async def aclose(self) -> None:
        """Nothing is kept open."""


class QueueMissing(Exception):
    """Text as AMQP's own."""


def _count(text: str | None) -> int | None:
    return int(text) if text is not None else None
