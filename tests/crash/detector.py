"""A detection service on RabbitMQ that notes every message it gets, and has faults of its own."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import aio_pika
import httpx
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from crash.ledger import Job, Ledger
from crash.phones import LetDownError, patiently
from support.system import Caller

CONSUMERS = 10
POLL_SECONDS = 0.05
ANSWER_SECONDS = 5.0
"""What the broker gets for one answer: a killed one leaves connections that say nothing."""
RECONNECT_SECONDS = 0.3
AWAY = (*CONNECTION_EXCEPTIONS, TimeoutError)


def verdict(photo_id: str) -> str:
    """The same for every job of a photo: some photos it cannot process, and some jobs it drops at first."""
    chance = UUID(photo_id).int % 100
    return "failed" if chance < 8 else "forgotten" if chance < 14 else "completed"


class Detector:
    def __init__(self, url: str, queue: str, pipeline: Caller, ledger: Ledger) -> None:
        self._url = url
        self._queue = queue
        self._pipeline = pipeline
        self._ledger = ledger
        self._done: set[str] = set()
        # A broker that dies hands a job to a second consumer while the first one is still at it.
        self._at_it: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def consuming(self) -> AsyncIterator[None]:
        """Works while the block runs."""
        tasks = [asyncio.create_task(self._consume()) for _ in range(CONSUMERS)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=ANSWER_SECONDS)

    async def _consume(self) -> None:
        while True:
            try:
                await self._session()
            except AWAY:
                pass
            except asyncio.CancelledError:
                # The library cancels whoever waits for a connection that its heartbeat ends.
                if (task := asyncio.current_task()) and task.cancelling():
                    raise
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _session(self) -> None:
        connection = await aio_pika.connect(self._url, timeout=ANSWER_SECONDS)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                channel = await connection.channel()
                await channel.set_qos(prefetch_count=1)
                queue = await channel.get_queue(self._queue)
            while True:
                message = await _next(queue)
                if message is None:
                    await asyncio.sleep(POLL_SECONDS)
                    continue
                await self._handle(message)
                async with asyncio.timeout(ANSWER_SECONDS):
                    await message.ack()
        finally:
            with suppress(*AWAY):
                async with asyncio.timeout(1):
                    await connection.close()

    async def _handle(self, message: AbstractIncomingMessage) -> None:
        job = Job(str(message.headers["message_id"]), json.loads(message.body)["photo_id"])
        self._ledger.jobs.append(job)
        async with self._at_it[job.photo_id]:
            if job.message_id in self._done:
                return
            if verdict(job.photo_id) == "forgotten" and job.photo_id not in self._ledger.forgotten:
                self._ledger.forgotten.add(job.photo_id)
            else:
                await self._report(job)
            self._done.add(job.message_id)

    async def _report(self, job: Job) -> None:
        outcome = "failed" if verdict(job.photo_id) == "failed" else "completed"
        said: dict[str, object] = {"error": {"code": "blurred"}} if outcome == "failed" else {"detections": {"roof": 1}}
        steps: tuple[tuple[str, dict[str, object]], ...] = (("processing", {}), (outcome, said))
        try:
            for status, fields in steps:
                answer = await self._tell(job.photo_id, status, fields)
                if answer.status_code != 200:
                    self._refused(job, status, answer)
                    return
        except LetDownError as error:
            self._ledger.mishaps.append(f"a report was not taken: {error}")
        else:
            self._ledger.reported[job.photo_id] = outcome

    async def _tell(self, photo_id: str, status: str, fields: Mapping[str, object]) -> httpx.Response:
        return await patiently(lambda: self._pipeline.report(photo_id, status, **fields), 200, 404, 409)

    def _refused(self, job: Job, status: str, answer: httpx.Response) -> None:
        # Deleted meanwhile; or the second of two jobs comes too late, and that is as it should be.
        legitimate = (
            self._ledger.uploads[job.photo_id].deletion_asked
            if answer.status_code == 404
            else job.photo_id in self._ledger.reported
        )
        if not legitimate:
            self._ledger.mishaps.append(f"{status} of {job.photo_id} was refused: {answer.text[:300]}")


async def _next(queue: AbstractQueue) -> AbstractIncomingMessage | None:
    return await queue.get(no_ack=False, fail=False, timeout=ANSWER_SECONDS)
