"""Makes renditions of photos, a few at a time, beside everything else a worker does."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from time import monotonic

import structlog
from structlog.contextvars import bound_contextvars

from photodock.db import renditions
from photodock.db.pool import Database
from photodock.db.renditions import RenditionJob
from photodock.domain.errors import DatabaseUnavailable
from photodock.metrics.definitions import RENDITION_SECONDS
from photodock.services.renditions import Outcome, Renditions
from photodock.tracing.spans import photo_step
from photodock.workers.waiting import wait_for_any

log = structlog.get_logger(__name__)

LEASE_MARGIN = timedelta(seconds=60)
POLL_SECONDS = 1.0
AWAY_SECONDS = 10.0
"""While the store is away, or the machine short of something, the next job would only find the same."""


class RenditionMaker:
    """Takes jobs of renditions, at most `processes` at a time. Any number may run side by side.

    Nothing waits for it, and it waits for nothing but store and database: photos reach their detectors whether
    renditions can be made or not.
    """

    def __init__(
        self, db: Database, service: Renditions, *, processes: int, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._db = db
        self._service = service
        self._processes = processes
        self._poll_seconds = poll_seconds
        self._lease = timedelta(seconds=service.longest_seconds) + LEASE_MARGIN
        self._owed: list[RenditionJob] = []
        """Jobs to be given back as soon as the database is there."""

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, and finishes what it has in hand. When cancelled, its jobs are given back."""
        in_hand: set[asyncio.Task[Outcome | None]] = set()
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                in_hand |= {asyncio.create_task(self._one(job)) for job in await self._taken(len(in_hand))}
                # Once all hands are full nothing more is to be done until one is free.
                patience = None if len(in_hand) >= self._processes else self._poll_seconds
                done, _ = await asyncio.wait(
                    {*in_hand, stopping}, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                in_hand -= done
                if Outcome.AWAY in [task.result() for task in done if task is not stopping]:
                    await wait_for_any(stop, timeout=AWAY_SECONDS)
            await asyncio.gather(*in_hand)
        finally:
            stopping.cancel()
            for task in in_hand:
                task.cancel()
            await asyncio.gather(stopping, *in_hand, return_exceptions=True)

    async def run_once(self) -> list[Outcome | None]:
        """Makes the renditions of as many photos as it may at a time; returns what came of them."""
        return await asyncio.gather(*(self._one(job) for job in await self._taken(0)))

    async def _taken(self, in_hand: int) -> list[RenditionJob]:
        if in_hand >= self._processes:
            return []
        try:
            for job in tuple(self._owed):
                await self._service.give_back(job)
                self._owed.remove(job)
            return await renditions.take(self._db, limit=self._processes - in_hand, lease=self._lease)
        except DatabaseUnavailable as error:
            log.warning("renditions_wait_for_database", kind=type(error.__cause__).__name__)
            return []

    async def _one(self, job: RenditionJob) -> Outcome | None:
        """None: it failed for a reason that is not the photo's, and comes due again after its lease."""
        started = monotonic()
        with bound_contextvars(photo_id=str(job.photo_id)), photo_step("renditions", job.photo_id):
            try:
                outcome = await self._service.make(job)
            except asyncio.CancelledError:
                await self._give_back(job)
                raise
            except DatabaseUnavailable as error:
                log.warning("renditions_wait_for_database", kind=type(error.__cause__).__name__)
                self._owed.append(job)
                return None
            # One photo's failure, or a bug it finds, never stops the others.
            except Exception:
                log.exception("renditions_failed")
                RENDITION_SECONDS.labels("error").observe(monotonic() - started)
                return None
            seconds = monotonic() - started
            RENDITION_SECONDS.labels(outcome.value).observe(seconds)
            log.info("renditions", outcome=outcome.value, seconds=round(seconds, 3))
            return outcome

    async def _give_back(self, job: RenditionJob) -> None:
        with suppress(DatabaseUnavailable, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._service.give_back(job)
