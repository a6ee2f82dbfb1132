"""What a consumer can be told besides the addresses."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """All times in seconds."""

    concurrency: int = 1
    """Jobs at work at a time; the iterator form has one."""
    job_timeout: float = 1_500
    """A job that takes longer is cancelled and comes again. RabbitMQ's own limit is 30 minutes, the pause before a
    redelivery included; photodock sends a job again after `PHOTODOCK_DETECTION_TIMEOUT`."""
    stop_timeout: float = 8
    """What running jobs get after a stop before they are given back; process managers expect an end within 10."""
    first_delay: float = 10
    """Before the second delivery of a job that was given back. Doubled each time."""
    longest_delay: float = 240
    visibility_seconds: int = 60
    """SQS: how long a job stays hidden when its consumer is killed. Extended while it runs."""
    poll_seconds: int = 20
    """One wait for a job; SQS's longest is 20."""
    max_photo_bytes: int = 67_108_864
    """Of a larger photo is reported `failed` with `too_many_bytes`. photodock takes in 50 MiB unless set otherwise."""
    region: str | None = None
    """SQS: where the queue's URL does not tell it."""
    sqs_endpoint_url: str | None = None
    """SQS: where its server is not at the queue's URL."""

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError("concurrency must be 1 or more")

    def delay(self, receives: int) -> float:
        """Before the next delivery of a job that has been received `receives` times."""
        return min(self.first_delay * 2.0 ** min(receives - 1, 30), self.longest_delay)
