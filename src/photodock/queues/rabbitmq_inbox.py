"""Receiving from a RabbitMQ queue."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from photodock.domain.errors import QueueUnavailable
from photodock.queues.inbox import DeliveryLost, ReceivedMessage
from photodock.queues.rabbitmq import address, end
from photodock.queues.rabbitmq_failures import unavailable

log = structlog.get_logger(__name__)

MAX_HELD = 32
"""Messages held back for later at a time, besides those in work; more of them keep others from coming."""


@dataclass(slots=True)
class _Link:
    """One connection, and the messages that it brought: they can be acknowledged on no other."""

    number: int
    connection: AbstractConnection
    channel: AbstractChannel
    queue: AbstractQueue
    arrived: asyncio.Queue[AbstractIncomingMessage | None] = field(default_factory=asyncio.Queue)
    """None: the broker ended the channel or a consumer."""
    in_hand: dict[str, AbstractIncomingMessage] = field(default_factory=dict)
    slots: set[str] = field(default_factory=set)
    """The tags of its consumers, each with a prefetch of one: so many messages may be in hand."""

    async def arrive(self, message: AbstractIncomingMessage) -> None:
        self.arrived.put_nowait(message)

    def broken(self, *_: object) -> None:
        self.arrived.put_nowait(None)

    async def open_slot(self) -> None:
        self.slots.add(await self.queue.consume(self.arrive))

    async def close_slot(self, tag: str) -> None:
        self.slots.discard(tag)
        await self.queue.cancel(tag)

    async def next(self, seconds: float) -> AbstractIncomingMessage | None:
        """None after `seconds` without one. Raises ConnectionResetError when no more will come this way."""
        try:
            async with asyncio.timeout(seconds):
                message = await self.arrived.get()
        except TimeoutError:
            return None
        if message is None:
            raise ConnectionResetError
        return message

    def take(self, message: AbstractIncomingMessage) -> ReceivedMessage:
        receipt = f"{self.number}-{message.delivery_tag}"
        self.in_hand[receipt] = message
        headers = message.headers
        return ReceivedMessage(
            message.body.decode(errors="replace"),
            receipt,
            _returns(headers.get("x-delivery-count")) + 1,
            {name: value for name, value in headers.items() if isinstance(value, str)},
        )


def _returns(counted: object) -> int:
    """The broker counts them; a classic queue does not, and there the header is whatever its sender wrote."""
    return counted if isinstance(counted, int) and counted >= 0 else 0


class RabbitInbox:
    """An `Inbox` on one RabbitMQ queue, whose URL is as for `RabbitQueue`. Declares nothing: it needs to read only.

    At most `concurrency` messages are in hand at a time. A message that is given back for later is held here, because
    the broker would deliver it again at once; meanwhile another takes its place.

    No heartbeat is needed: a message belongs to its connection. But the broker ends a channel that holds one longer
    than its `consumer_timeout` (30 minutes unless set otherwise), and all its messages come again. Timeouts in seconds.
    """

    heartbeat_seconds = None

    def __init__(
        self,
        url: str,
        *,
        concurrency: int = 1,
        poll_seconds: float = 20.0,
        connect_timeout: float = 3.0,
        answer_timeout: float = 5.0,
    ) -> None:
        self._url, self._queue = address(url)
        self._concurrency = concurrency
        self._poll_seconds = poll_seconds
        self._connect_timeout = connect_timeout
        self._answer_timeout = answer_timeout
        self._link: _Link | None = None
        self._numbers = count(1)
        self._holding: set[asyncio.Task[None]] = set()
        self._takes_more = True

    async def receive(self, *, limit: int) -> list[ReceivedMessage]:
        try:
            with _outages():
                link = self._link or await self._opened()
                first = await link.next(self._poll_seconds)
                if first is None:
                    await self._check(link)
                    return []
        except QueueUnavailable:
            await self._drop()
            raise
        messages = [link.take(first)]
        while len(messages) < limit and not link.arrived.empty():
            if (another := link.arrived.get_nowait()) is None:
                link.broken()  # for the next call
                break
            messages.append(link.take(another))
        return messages

    async def extend(self, message: ReceivedMessage) -> None:
        self._delivered(message)

    async def acknowledge(self, message: ReceivedMessage) -> None:
        link, delivered = self._delivered(message)
        with _outages():
            await self._answered(delivered.ack())
        link.in_hand.pop(message.receipt, None)

    async def give_back(self, message: ReceivedMessage, delay_seconds: float) -> None:
        link, delivered = self._delivered(message)
        del link.in_hand[message.receipt]
        replaced = self._takes_more and delay_seconds > 0 and len(self._holding) < MAX_HELD
        returning = asyncio.create_task(self._return(link, delivered, delay_seconds, replaced=replaced))
        self._holding.add(returning)
        returning.add_done_callback(self._holding.discard)

    async def _return(
        self, link: _Link, delivered: AbstractIncomingMessage, delay_seconds: float, *, replaced: bool
    ) -> None:
        try:
            with _outages():
                if replaced:
                    await self._answered(link.open_slot())
                await asyncio.sleep(delay_seconds)
                if replaced and delivered.consumer_tag is not None:
                    # Its slot is the one too many now; with the message still in it nothing else can come there.
                    await self._answered(link.close_slot(delivered.consumer_tag))
                await self._answered(delivered.reject(requeue=True))
        except QueueUnavailable as error:
            # The connection is gone, and the broker has the message back already.
            log.info("held_message_returned_early", reason=error.detail)

    async def receive_no_more(self) -> None:
        self._takes_more = False
        link = self._link
        if link is None:
            return
        with _outages():
            for tag in list(link.slots):
                await self._answered(link.close_slot(tag))
            while not link.arrived.empty():
                if unstarted := link.arrived.get_nowait():
                    await self._answered(unstarted.reject(requeue=True))

    async def aclose(self) -> None:
        for holding in self._holding:
            holding.cancel()
        if self._holding:
            await asyncio.wait(self._holding, timeout=1.0)
        await self._drop()

    def _delivered(self, message: ReceivedMessage) -> tuple[_Link, AbstractIncomingMessage]:
        if self._link is None or message.receipt not in self._link.in_hand:
            raise DeliveryLost("The queue has taken the message back: its connection is gone.")
        return self._link, self._link.in_hand[message.receipt]

    async def _opened(self) -> _Link:
        async with asyncio.timeout(self._connect_timeout):
            connection = await aio_pika.connect(self._url, client_properties={"connection_name": "photodock consumer"})
            try:
                self._link = await self._consuming(connection)
            except BaseException:
                await end(connection)
                raise
        return self._link

    async def _consuming(self, connection: AbstractConnection) -> _Link:
        channel = await connection.channel()
        # For each consumer, not for all of them together.
        await channel.set_qos(prefetch_count=1)
        link = _Link(next(self._numbers), connection, channel, await channel.get_queue(self._queue))
        channel.close_callbacks.add(link.broken)
        # Somebody deleted the queue, or its leader moved: the channel stays, and would be silent.
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(link.broken)
        for _ in range(self._concurrency):
            await link.open_slot()
        return link

    async def _check(self, link: _Link) -> None:
        await self._answered(link.channel.declare_queue(self._queue, passive=True))

    async def _answered(self, call: Awaitable[object]) -> None:
        async with asyncio.timeout(self._answer_timeout):
            await call

    async def _drop(self) -> None:
        link, self._link = self._link, None
        if link:
            await end(link.connection)


@contextmanager
def _outages() -> Iterator[None]:
    """What goes wrong on the way to the broker, in our own words."""
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # A connection that ends cancels whoever waits for an answer on it; nobody cancelled us.
        raise unavailable(ConnectionResetError()) from None
    except CONNECTION_EXCEPTIONS as error:
        raise unavailable(error) from error
