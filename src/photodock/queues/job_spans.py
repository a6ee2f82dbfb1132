"""A queue whose jobs are told of in traces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from photodock.domain.jobs import DetectionJob
from photodock.queues.protocol import JobQueue
from photodock.queues.rabbitmq import address
from photodock.tracing.spans import OpenSpan, received, sent


@dataclass(frozen=True, slots=True)
class Destination:
    """A queue as traces name it, without anything of its address."""

    system: str
    name: str

    @classmethod
    def at(cls, queue_url: str) -> "Destination":
        """Raises ValueError."""
        if queue_url.startswith(("amqp:", "amqps:")):
            return cls("rabbitmq", address(queue_url)[1])
        return cls("aws_sqs", urlsplit(queue_url).path.rpartition("/")[2])

    def received(self, job: DetectionJob) -> OpenSpan | None:
        """None without traces."""
        return received(job, self.system, self.name)


class TracedQueue:
    """A `JobQueue`: another one, and a span for each attempt to hand over a job, which the message carries on."""

    def __init__(self, queue: JobQueue, queue_url: str) -> None:
        self._queue = queue
        self._to = Destination.at(queue_url)

    async def publish(self, jobs: Sequence[DetectionJob]) -> list[str | None]:
        spans = [sent(job, self._to.system, self._to.name) for job in jobs]
        carried = [
            replace(job, traceparent=span.traceparent) if span else job for job, span in zip(jobs, spans, strict=True)
        ]
        reasons: list[str | None] = ["error"] * len(jobs)
        try:
            reasons = await self._queue.publish(carried)
        finally:
            for span, reason in zip(spans, reasons, strict=True):
                if span:
                    span.end(reason)
        return reasons

    async def check(self) -> None:
        await self._queue.check()

    async def aclose(self) -> None:
        await self._queue.aclose()
