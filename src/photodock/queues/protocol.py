"""What the service asks of a message broker."""

from collections.abc import Sequence
from typing import Protocol

from photodock.domain.jobs import DetectionJob


class JobQueue(Protocol):
    """Where detection jobs go. An implementation is safe to use from many tasks of one event loop.

    A confirmed job is stored by the broker: it survives the broker's restart and is delivered at least once. Sending
    the same job again is always allowed and keeps its `message_id`, by which consumers know a job they have seen.

    On the wire a job is `DetectionJob.body()` as JSON, and `DetectionJob.attributes()` beside it as text (attributes
    in SQS, headers in RabbitMQ).
    """

    async def publish(self, jobs: Sequence[DetectionJob]) -> list[str | None]:
        """Hands the jobs over; for each of them, in order, None when the broker confirmed it, or why it did not.

        A reason is a short phrase that holds no secret and nothing of the job. One job's failure never holds back
        the others. Raises QueueUnavailable when the broker confirmed none of them because it could not be reached,
        or refuses all that we send; some may have arrived nevertheless.
        """
        ...

    async def check(self) -> None:
        """Returns when the queue is there and may be used, without retrying; else raises QueueUnavailable."""
        ...

    async def aclose(self) -> None:
        """Ends the connections. The queue is not used afterwards."""
        ...
