"""The dead letters of a RabbitMQ queue: those in `{queue}-dead`."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue, HeadersType
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelNotFoundEntity, DeliveryError

from photodock.queues.dead_letters import DeadLetter, NoDeadLetterQueue, Redriven
from photodock.queues.rabbitmq import address, end
from photodock.queues.rabbitmq_failures import unavailable


class RabbitDeadLetters:
    """`url` as for `RabbitQueue`. Needs to read `{queue}-dead`, and for `redrive` to write to the default exchange.

    Each call connects anew; `timeout` in seconds is for connecting and for each of the broker's answers.
    """

    def __init__(self, url: str, *, timeout: float = 5.0) -> None:
        self._url, self._queue = address(url)
        self._timeout = timeout

    async def letters(self, limit: int) -> AsyncGenerator[DeadLetter, None]:
        async with self._opened() as (_, dead):
            for _ in range(await self._count(dead, limit)):
                if message := await self._get(dead):
                    yield _letter(message)
            # None was acknowledged: with the connection's end all of them are back, in their order.

    async def redrive(self, limit: int | None) -> Redriven:
        moved = 0
        async with self._opened() as (channel, dead):
            # As many as there are now, so that one that dies again at once is not carried round and round.
            for _ in range(await self._count(dead, limit)):
                letter = await self._get(dead)
                if letter is None:
                    break
                try:
                    await channel.default_exchange.publish(
                        _copy(letter), self._queue, mandatory=True, timeout=self._timeout
                    )
                except DeliveryError as error:
                    return Redriven(moved, f"The queue does not take them ({type(error).__name__}).")
                async with asyncio.timeout(self._timeout):
                    await letter.ack()  # only now: the queue has it
                moved += 1
        return Redriven(moved)

    async def aclose(self) -> None:
        """Nothing is kept open."""

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[AbstractChannel, AbstractQueue]]:
        try:
            async with asyncio.timeout(self._timeout):
                connection = await aio_pika.connect(self._url, client_properties={"connection_name": "photodock dlq"})
            try:
                async with asyncio.timeout(self._timeout):
                    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
                    dead = await channel.get_queue(f"{self._queue}-dead")
                yield channel, dead
            finally:
                await end(connection)
        except ChannelNotFoundEntity as error:
            raise NoDeadLetterQueue(
                f"The queue has no dead-letter queue: there is no {self._queue}-dead. The worker makes it together "
                "with the queue, unless somebody else has made the queue."
            ) from error
        except CONNECTION_EXCEPTIONS as error:
            raise unavailable(error) from error

    async def _count(self, dead: AbstractQueue, limit: int | None) -> int:
        there = dead.declaration_result.message_count or 0
        return there if limit is None else min(there, limit)

    async def _get(self, dead: AbstractQueue) -> AbstractIncomingMessage | None:
        return await dead.get(fail=False, timeout=self._timeout)


def _letter(message: AbstractIncomingMessage) -> DeadLetter:
    deaths = message.headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths else None
    first = message.headers.get("x-first-death-reason")
    return DeadLetter(
        message.body.decode(errors="replace"),
        {name: value for name, value in _own_headers(message).items() if isinstance(value, str)},
        first_reason=first if isinstance(first, str) else None,
        last_reason=str(last["reason"]) if isinstance(last, dict) and "reason" in last else None,
    )


def _own_headers(message: AbstractIncomingMessage) -> HeadersType:
    """Without the broker's: deliveries are counted anew."""
    return {name: value for name, value in message.headers.items() if not name.startswith("x-")}


def _copy(letter: AbstractIncomingMessage) -> aio_pika.Message:
    return aio_pika.Message(
        letter.body,
        headers=_own_headers(letter),
        content_type=letter.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=letter.message_id,
        correlation_id=letter.correlation_id,
    )
