"""The kit's three entrances: an iterator, a coroutine, and a whole program."""

import asyncio
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from photodock.consumer.consumer import Consumer, Handler
from photodock.consumer.done import DoneIds, RecentIds
from photodock.consumer.job import Job
from photodock.consumer.options import ConsumerOptions
from photodock.consumer.photodock import Photodock, Token
from photodock.queues.by_url import inbox_at
from photodock.queues.job_spans import Destination

__all__ = ["Handler", "consume", "jobs", "run"]


async def jobs(
    queue_url: str,
    *,
    photodock_url: str,
    token: Token,
    done: DoneIds | None = None,
    stop: asyncio.Event | None = None,
    options: ConsumerOptions | None = None,
) -> AsyncGenerator[Job, None]:
    """One job after another, until `stop` is set.

    Each is to be ended by `complete` or `fail`, best within `async with job:`. One that is not comes again when the
    next is asked for, and when the loop is left. Arguments as for `consume`.
    """
    async with (
        _opened(queue_url, photodock_url, token, done, options) as consumer,
        aclosing(consumer.stream(stop or asyncio.Event())) as stream,
    ):
        async for job in stream:
            yield job


async def consume(
    handler: Handler,
    queue_url: str,
    *,
    photodock_url: str,
    token: Token,
    done: DoneIds | None = None,
    stop: asyncio.Event | None = None,
    options: ConsumerOptions | None = None,
) -> None:
    """Lets `handler` work off each job until `stop` is set; what a handler raises ends no more than its job.

    `queue_url` is SQS's `https://…` or `amqp://…?queue=name`; `photodock_url` is where the API is. `token` has the
    scope `photos:pipeline`; where it must be renewed, give a function that returns the present one. `done` remembers
    jobs that are done, in this process unless another memory is given. Raises ValueError for an address that is none.
    """
    async with _opened(queue_url, photodock_url, token, done, options) as consumer:
        await consumer.run(handler, stop or asyncio.Event())


def run(
    handler: Handler,
    queue_url: str,
    *,
    photodock_url: str,
    token: Token,
    done: DoneIds | None = None,
    options: ConsumerOptions | None = None,
) -> None:
    """`consume` until SIGINT or SIGTERM: a detector's whole program. In the main thread only."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await consume(
            handler, queue_url, photodock_url=photodock_url, token=token, done=done, stop=stop, options=options
        )

    asyncio.run(until_signalled())


@asynccontextmanager
async def _opened(
    queue_url: str, photodock_url: str, token: Token, done: DoneIds | None, given: ConsumerOptions | None
) -> AsyncIterator[Consumer]:
    options = given or ConsumerOptions()
    inbox = inbox_at(
        queue_url,
        concurrency=options.concurrency,
        poll_seconds=options.poll_seconds,
        visibility_seconds=options.visibility_seconds,
        region=options.region,
        endpoint_url=options.sqs_endpoint_url,
    )
    try:
        photodock = Photodock(photodock_url, token, max_photo_bytes=options.max_photo_bytes)
        try:
            yield Consumer(inbox, photodock, done or RecentIds(), options, Destination.at(queue_url))
        finally:
            await photodock.aclose()
    finally:
        await inbox.aclose()
