"""Takes jobs from the queue, lets each be worked off, and keeps its pace while something is away."""

import asyncio
import re
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from photodock.consumer.done import DoneIds
from photodock.consumer.failures import ConsumerError, MalformedJob, PhotodockUnavailable
from photodock.consumer.job import Job
from photodock.consumer.lease import GIVE_BACK_SECONDS, Lease, given_back
from photodock.consumer.messages import job_in
from photodock.consumer.options import ConsumerOptions
from photodock.consumer.photodock import Photodock
from photodock.domain.errors import QueueUnavailable
from photodock.domain.jobs import DetectionJob
from photodock.domain.photo import FailureCode, PhotoStatus
from photodock.domain.values import JsonObject
from photodock.queues.inbox import Inbox, ReceivedMessage
from photodock.queues.job_spans import Destination

log = structlog.get_logger(__name__)

Handler: TypeAlias = Callable[[Job], Awaitable[JsonObject | None]]
"""Returns the detections, or has called `complete` or `fail` itself and returns None."""

LONGEST_PAUSE_SECONDS = 30.0
_PRESIGNED = re.compile(r"https?://\S*X-Amz-\S*")


class Consumer:
    """One consumer of one queue; `run` or `stream`, once."""

    def __init__(
        self, inbox: Inbox, photodock: Photodock, done: DoneIds, options: ConsumerOptions, source: Destination
    ) -> None:
        self._inbox = inbox
        self._source = source
        self._photodock = photodock
        self._done = done
        self._options = options
        self._queue_outages = 0
        self._outages = 0
        """Of photodock, in a row."""

    async def run(self, handler: Handler, stop: asyncio.Event) -> None:
        """Works until `stop` is set; running jobs then have `stop_timeout` to end, and are given back after it."""
        running: set[asyncio.Task[None]] = set()
        try:
            while not stop.is_set():
                for message in await self._messages(self._room - len(running), stop):
                    task = asyncio.create_task(self._handled(message, handler))
                    running.add(task)
                    task.add_done_callback(running.discard)
                await self._until_there_is_room(running, stop)
            await self._receive_no_more()
            if running:
                await asyncio.wait(running, timeout=self._options.stop_timeout)
        finally:
            # Before anything is given back, or a broker could hand it to us again.
            await self._receive_no_more()
            late = set(running)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=GIVE_BACK_SECONDS + 1)

    async def stream(self, stop: asyncio.Event) -> AsyncGenerator[Job, None]:
        """One job after another, until `stop` is set. One left unreported when the next is asked for comes again."""
        while not stop.is_set():
            for message in await self._messages(1, stop):
                async with Lease(self._inbox, message, self._options) as lease:
                    job = await self._begun(lease)
                    if job:
                        yield job
                        _check_ended(job)

    @property
    def _room(self) -> int:
        """While photodock is away single jobs probe it, so that not all of them use up their deliveries."""
        return 1 if self._outages else self._options.concurrency

    async def _until_there_is_room(self, running: set[asyncio.Task[None]], stop: asyncio.Event) -> None:
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while len(running) >= self._room and not stop.is_set():
                await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()

    async def _messages(self, limit: int, stop: asyncio.Event) -> list[ReceivedMessage]:
        """The next messages; none when `stop` was set meanwhile, or when the queue is away."""
        outages = max(self._outages, self._queue_outages)
        if outages:
            await _wait(stop, min(2.0 ** min(outages - 1, 10), LONGEST_PAUSE_SECONDS))
        if stop.is_set():
            return []
        receiving = asyncio.ensure_future(self._inbox.receive(limit=limit))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((receiving, stopping), return_when=asyncio.FIRST_COMPLETED)
            found = await receiving if receiving.done() else []
            self._queue_outages = 0
        except QueueUnavailable as error:
            self._queue_outages += 1
            log.warning("queue_away", reason=error.detail)
            return []
        finally:
            receiving.cancel()
            stopping.cancel()
            await asyncio.gather(receiving, stopping, return_exceptions=True)
        if not stop.is_set():
            return found
        await self._receive_no_more()
        for message in found:
            await given_back(self._inbox, message, 0)
        return []

    async def _receive_no_more(self) -> None:
        try:
            async with asyncio.timeout(GIVE_BACK_SECONDS):
                await self._inbox.receive_no_more()
        except (QueueUnavailable, TimeoutError) as error:
            log.warning("queue_away", reason=str(error) or type(error).__name__)

    async def _handled(self, message: ReceivedMessage, handler: Handler) -> None:
        async with Lease(self._inbox, message, self._options) as lease:
            job = await self._begun(lease)
            if job is None:
                return
            with _named(job), lease.span.current() if lease.span else nullcontext():
                async with job:
                    await self._attempt(handler, job)
                _check_ended(job)

    async def _attempt(self, handler: Handler, job: Job) -> None:
        try:
            async with asyncio.timeout(self._options.job_timeout) as limit:
                detections = await handler(job)
                if detections is not None and not job.reported:
                    await job.complete(detections)
        except TimeoutError:
            if not limit.expired():
                raise
            raise ConsumerError(f"The job took longer than job_timeout, {self._options.job_timeout} s.") from None

    async def _begun(self, lease: Lease) -> Job | None:
        """The job, reported as `processing`. None when there is nothing to do with it, or not now."""
        try:
            parsed = self._traced(job_in(lease.message), lease)
        except MalformedJob as error:
            log.error("job_malformed", reason=str(error), receives=lease.message.receives)
            return None
        outages = self._outages
        with _named(parsed):
            try:
                return await self._wanted(parsed, lease, lambda error: self._failed(error, lease, outages))
            except Exception as error:
                self._failed(error, lease, outages)
        return None

    def _traced(self, parsed: DetectionJob, lease: Lease) -> DetectionJob:
        """With the span that begins here, if one does, in place of the sender's."""
        lease.span = self._source.received(parsed)
        return replace(parsed, traceparent=lease.span.traceparent) if lease.span else parsed

    async def _wanted(self, parsed: DetectionJob, lease: Lease, failed: Callable[[Exception], None]) -> Job | None:
        if await self._done.seen(str(parsed.message_id)):
            log.info("job_seen_before")
            await lease.acknowledge()
            return None
        receives = lease.message.receives
        job = Job(parsed, receives, self._photodock, lambda: self._settle(parsed.message_id, lease), failed)
        if not _awaits_detection(await job.photo()):
            log.info("job_not_wanted")
            await job.drop()
            return None
        # Refused for a photo that was given up as too late; its result is welcome all the same.
        await job.started()
        return job

    async def _settle(self, message_id: UUID, lease: Lease) -> None:
        self._outages = 0
        try:
            await self._done.add(str(message_id))
        # Without it a second delivery is work done twice, no more; and photodock has the report already.
        except Exception as error:
            log.error("done_id_not_kept", exception=_trace_of(error))
        await lease.acknowledge()

    def _failed(self, error: Exception, lease: Lease, outages_before: int) -> None:
        """A detector's bug must not end the others; where it is the job's, that one ends as a dead letter."""
        if isinstance(error, PhotodockUnavailable):
            # Of jobs that fail together only one counts.
            self._outages = max(self._outages, outages_before + 1)
            log.warning("job_put_off", reason=str(error))
        else:
            log.error("job_failed", receives=lease.message.receives, exception=_trace_of(error))


def _check_ended(job: Job) -> None:
    if not (job.reported or job.failed):
        log.error("job_left_unreported", photo_id=str(job.photo_id), receives=job.receives)


def _awaits_detection(photo: JsonObject | None) -> bool:
    """Not a photo that is gone, has its result, or is none; one given up as too late does."""
    if photo is None or not photo.get("download_url"):
        return False
    match photo:
        case {"status": PhotoStatus.FAILED, "error": {"code": code}}:
            return code == FailureCode.DETECTION_TIMEOUT
    return photo.get("status") != PhotoStatus.COMPLETED


def _named(job: Job | DetectionJob) -> AbstractContextManager[None]:
    """The job's ids in each log line, the handler's own included where it logs with structlog."""
    traced = {"trace_id": job.trace_id} if job.trace_id else {}
    return bound_contextvars(
        correlation_id=job.correlation_id, photo_id=str(job.photo_id), message_id=str(job.message_id), **traced
    )


def _trace_of(error: Exception) -> str:
    """As text, because structlog's own rendering may show local variables, and among them a presigned URL."""
    return _PRESIGNED.sub("[presigned URL]", "".join(traceback.format_exception(error)))


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
