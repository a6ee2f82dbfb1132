"""RabbitMQ 3.10 and newer, over AMQP 0-9-1."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    ChannelClosed,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    DeliveryError,
    PublishError,
)
from aiormq.exceptions import ChannelAccessRefused
from pamqp.common import FieldTable
from yarl import URL

from photodock.domain.jobs import DetectionJob
from photodock.domain.retry import retrying
from photodock.queues.rabbitmq_failures import chief, retryable, unavailable

log = structlog.get_logger(__name__)

DEFAULT_QUEUE = "photodock-detection"
MAX_DELIVERIES = 5
"""Deliveries of a job without an acknowledgement before it moves to the dead-letter queue."""
MAX_BYTES = 16_777_216
"""RabbitMQ 4's default `max_message_size`, for a body. A larger one ends the channel, and with it the other jobs'."""

_HEARTBEAT_SECONDS = 10
_CLOSE_SECONDS = 1.0
_closing: set[asyncio.Task[None]] = set()
"""Kept, or the loop might forget them before they are done."""


@dataclass(frozen=True, slots=True)
class _Link:
    """`channel` is for publishing alone: a refused declaration would end it."""

    connection: AbstractConnection
    channel: AbstractChannel

    @property
    def usable(self) -> bool:
        return self.connection.connected.is_set() and not self.channel.is_closed


class RabbitQueue:
    """A `JobQueue` on one RabbitMQ queue.

    `url` is `amqp://user:password@host:5672/vhost?queue=name`, or `amqps://` for TLS; without `queue` the queue is
    `DEFAULT_QUEUE`. Without a vhost, or with `/` for one (`%2F`), it is the default vhost. Raises ValueError.

    The queue, its dead-letter exchange and its dead-letter queue (both `{queue}-dead`) are made when they are missing.
    A queue that was made with other arguments, or that we may not declare, is used as it is.

    `connect_timeout` is for all that is needed before the first message, `confirm_timeout` for the broker's answer to
    one, both in seconds. Jobs without an answer are sent again after each of `retry_delays`, on a new connection;
    a job that the broker refuses is left to the caller.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_timeout: float = 3.0,
        confirm_timeout: float = 5.0,
        retry_delays: Sequence[float] = (1.0, 2.0, 4.0),
    ) -> None:
        self._url, self._queue = address(url)
        self._connect_timeout = connect_timeout
        self._confirm_timeout = confirm_timeout
        self._retry_delays = retry_delays
        self._link: _Link | None = None
        self._opening = asyncio.Lock()
        self._sending = asyncio.Lock()
        self._reported = False

    async def publish(self, jobs: Sequence[DetectionJob]) -> list[str | None]:
        reasons: dict[UUID, str | None] = {job.message_id: "MessageTooLong" for job in jobs if _is_too_long(job)}
        # A job that is handed over twice is one message.
        unsent = {job.message_id: job for job in jobs if job.message_id not in reasons}
        try:
            await retrying(lambda: self._send(unsent, reasons), self._retry_delays, retryable)
        except CONNECTION_EXCEPTIONS as error:
            outage = unavailable(error)
            if None not in reasons.values():
                raise outage from error
            reasons |= dict.fromkeys(unsent, outage.detail)
        return [reasons[job.message_id] for job in jobs]

    async def _send(self, unsent: dict[UUID, DetectionJob], reasons: dict[UUID, str | None]) -> None:
        """Sends `unsent`, and moves each job that the broker answered to `reasons`. Raises what kept it from others."""
        # One batch at a time: the library tells returned messages apart by their id alone.
        async with self._sending:
            if not unsent:
                return
            link = await self._opened()
            sent = list(unsent.values())
            answers = await asyncio.gather(
                *(self._confirmed(link.channel, job) for job in sent), return_exceptions=True
            )
            faults: list[BaseException] = []
            for job, answer in zip(sent, answers, strict=True):
                if isinstance(answer, BaseException):
                    faults.append(answer)
                else:
                    reasons[job.message_id] = answer
                    del unsent[job.message_id]
            if faults or "NO_ROUTE" in reasons.values():
                # After the queue was deleted, the next connection makes it again.
                await self._drop(link)
            if faults:
                raise chief(faults)

    async def _confirmed(self, channel: AbstractChannel, job: DetectionJob) -> str | None:
        """Sends one job and waits for the broker's answer to it: None, or why the broker does not take it."""
        try:
            await channel.default_exchange.publish(
                _message(job), self._queue, mandatory=True, timeout=self._confirm_timeout
            )
        except PublishError:
            return "NO_ROUTE"
        except DeliveryError:
            return "NACK"
        return None

    async def check(self) -> None:
        try:
            link = await self._opened()
            async with asyncio.timeout(self._connect_timeout), link.connection.channel() as channel:
                await channel.declare_queue(self._queue, passive=True)
        except CONNECTION_EXCEPTIONS as error:
            if self._link:
                await self._drop(self._link)
            raise unavailable(error) from error

    async def aclose(self) -> None:
        if self._link:
            await self._drop(self._link)

    async def _opened(self) -> _Link:
        async with self._opening:
            if self._link and not self._link.usable:
                await self._drop(self._link)
            if self._link is None:
                async with asyncio.timeout(self._connect_timeout):
                    self._link = await self._open()
            return self._link

    async def _open(self) -> _Link:
        connection = await aio_pika.connect(self._url, client_properties={"connection_name": "photodock"})
        try:
            await self._declare(connection)
            channel = connection.channel(publisher_confirms=True, on_return_raises=True)
            await channel.initialize()
        except BaseException:
            await end(connection)
            raise
        return _Link(connection, channel)

    async def _declare(self, connection: AbstractConnection) -> None:
        """Makes the queue and its dead letters' exchange and queue, or finds them. Each refusal ends a channel."""
        try:
            async with connection.channel() as channel:
                await channel.declare_queue(self._queue, durable=True, arguments=arguments_of(self._queue))
        except (ChannelAccessRefused, ChannelPreconditionFailed) as refusal:
            await self._find(connection, refusal)
            return
        dead = f"{self._queue}-dead"
        async with connection.channel() as channel:
            exchange = await channel.declare_exchange(dead, aio_pika.ExchangeType.FANOUT, durable=True)
            queue = await channel.declare_queue(dead, durable=True, arguments={"x-queue-type": "quorum"})
            await queue.bind(exchange)

    async def _find(self, connection: AbstractConnection, refusal: ChannelClosed) -> None:
        """Somebody else made the queue, and what becomes of its dead letters is theirs to say."""
        try:
            async with connection.channel() as channel:
                await channel.declare_queue(self._queue, passive=True)
        except ChannelNotFoundEntity:
            raise refusal from None
        if not self._reported:
            self._reported = True
            log.warning("queue_used_as_it_is", queue=self._queue, reason=str(refusal))

    async def _drop(self, link: _Link) -> None:
        if self._link is link:
            self._link = None
        await end(link.connection)


async def end(connection: AbstractConnection) -> None:
    """Asks the broker for an orderly end; one that does not answer is left to the heartbeat."""
    closing = asyncio.create_task(connection.close())
    _closing.add(closing)
    closing.add_done_callback(_closing.discard)
    await asyncio.wait([closing], timeout=_CLOSE_SECONDS)


def address(url: str) -> tuple[URL, str]:
    """Where the broker is, and the queue's name. Raises ValueError, whose text repeats nothing of the URL."""
    try:
        found = URL(url)
        usable = found.scheme in {"amqp", "amqps"} and bool(found.host)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must look like amqp://user:password@host:5672/vhost?queue=name") from None
    query = {"queue": DEFAULT_QUEUE, "heartbeat": str(_HEARTBEAT_SECONDS)} | dict(found.query)
    queue = query.pop("queue")
    # AMQP's limit for a name is 255 bytes; the dead letters' is the longer one.
    if not queue or len(f"{queue}-dead".encode()) > 255:
        raise ValueError("must name a queue of 1 to 250 bytes in ?queue=")
    return found.with_query(query), queue


def arguments_of(queue: str) -> FieldTable:
    """See https://www.rabbitmq.com/docs/quorum-queues: confirmed messages are on the disks of a majority."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": MAX_DELIVERIES - 1,  # it counts the returns that a message survives
        "x-dead-letter-exchange": f"{queue}-dead",
        # A dead letter leaves the queue when the other has confirmed it. Only allowed together with the next.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def _body(job: DetectionJob) -> bytes:
    return json.dumps(job.body(), separators=(",", ":")).encode()


def _is_too_long(job: DetectionJob) -> bool:
    return len(_body(job)) > MAX_BYTES


def _message(job: DetectionJob) -> aio_pika.Message:
    return aio_pika.Message(
        _body(job),
        headers=dict(job.attributes()),
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=str(job.message_id),
        correlation_id=job.correlation_id,
    )
