"""One delivery in this consumer's hands: kept from others, and at last acknowledged or given back."""

import asyncio
from types import TracebackType

import structlog

from photodock.consumer.options import ConsumerOptions
from photodock.domain.errors import QueueUnavailable
from photodock.queues.inbox import DeliveryLost, Inbox, ReceivedMessage
from photodock.tracing.spans import OpenSpan

log = structlog.get_logger(__name__)

GIVE_BACK_SECONDS = 5.0
"""The longest that giving back may take: a stopping process has no more, and the message comes again anyhow."""


class Lease:
    """While the block runs the message stays ours, for `job_timeout` at the longest.

    Left without an acknowledgement, it comes again: after a growing delay, or at once when the block was cancelled.
    """

    def __init__(self, inbox: Inbox, message: ReceivedMessage, options: ConsumerOptions) -> None:
        self.message = message
        self._inbox = inbox
        self._options = options
        self._done = False
        self.span: OpenSpan | None = None
        """Of the work on this delivery, where it is traced."""
        self._heartbeat: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Lease":
        interval = self._inbox.heartbeat_seconds
        if interval:
            self._heartbeat = asyncio.create_task(self._keep(interval))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._heartbeat:
            self._heartbeat.cancel()
        if not self._done:
            cancelled = kind is not None and issubclass(kind, asyncio.CancelledError)
            delay = 0 if cancelled else self._options.delay(self.message.receives)
            await given_back(self._inbox, self.message, delay)
        if self.span:
            self.span.end(None if self._done else "given_back")

    async def acknowledge(self) -> None:
        """Without success the message comes again, and is known by then."""
        self._done = True
        try:
            await self._inbox.acknowledge(self.message)
        except QueueUnavailable as error:
            log.warning("job_not_acknowledged", reason=error.detail)

    async def _keep(self, interval: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._options.job_timeout
        while loop.time() < end:
            await asyncio.sleep(interval)
            try:
                await self._inbox.extend(self.message)
            except DeliveryLost as error:
                log.warning("job_lost", reason=error.detail)
                return
            except QueueUnavailable as error:
                # There are two more beats before the message becomes visible.
                log.warning("job_not_extended", reason=error.detail)


async def given_back(inbox: Inbox, message: ReceivedMessage, delay: float) -> None:
    try:
        async with asyncio.timeout(GIVE_BACK_SECONDS):
            await inbox.give_back(message, delay)
    except (QueueUnavailable, TimeoutError) as error:
        log.warning("job_not_given_back", reason=str(error) or type(error).__name__)
