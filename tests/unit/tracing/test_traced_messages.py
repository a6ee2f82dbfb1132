"""Messages continue the traces of their photos, and detectors those of the messages."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from photodock.domain.jobs import DetectionJob, Priority
from photodock.queues.job_spans import Destination, TracedQueue
from photodock.tracing import spans
from photodock.tracing.ids import root_of
from support.spans_seen import Seen, trace_of
from unit.tracing.conftest import FOREIGN, FOREIGN_TRACE


def job(photo: UUID, traceparent: str | None) -> DetectionJob:
    return DetectionJob(uuid4(), photo, "s3://bucket/key.jpg", ("damage",), Priority.NORMAL, "request-1", traceparent)


class Broker:
    """Takes every other job."""

    def __init__(self) -> None:
        self.jobs: list[DetectionJob] = []

    async def publish(self, jobs: Any) -> list[str | None]:
        self.jobs += jobs
        return [None if number % 2 == 0 else "Refused" for number in range(len(jobs))]

    async def check(self) -> None: ...

    async def aclose(self) -> None: ...


@pytest.mark.parametrize(
    ("url", "system", "name"),
    [
        ("https://sqs.eu-central-1.amazonaws.com/123456789012/jobs", "aws_sqs", "jobs"),
        ("amqp://user:secret@mq.example.com/vhost?queue=roofs", "rabbitmq", "roofs"),
    ],
)
def test_messages_continue_their_photos_traces_and_detectors_the_messages(
    seen: Seen, url: str, system: str, name: str
) -> None:
    first, second, broker = uuid4(), uuid4(), Broker()
    queue = TracedQueue(broker, url)
    reasons = asyncio.run(queue.publish([job(first, FOREIGN), job(second, None)]))
    assert reasons == [None, "Refused"]
    sent, refused = seen.all
    assert (trace_of(sent), trace_of(refused)) == (FOREIGN_TRACE, root_of(second).trace_id)
    assert (sent.status.is_ok, refused.status.is_ok) == (True, False)
    assert sent.name == f"send {name}"
    assert sent.attributes is not None
    assert (sent.attributes["messaging.system"], sent.attributes["messaging.destination.name"]) == (system, name)
    assert "secret" not in sent.to_json()

    received = Destination.at(url).received(broker.jobs[0])
    assert received is not None
    with received.current():
        assert spans.trace_id() == f"{FOREIGN_TRACE:032x}"
    received.end()
    process = seen.all[-1]
    assert process.parent is not None
    assert sent.context is not None
    assert (trace_of(process), process.parent.span_id) == (FOREIGN_TRACE, sent.context.span_id)


def test_without_traces_a_message_has_no_span() -> None:
    assert Destination.at("https://sqs.example.com/1/jobs").received(job(uuid4(), FOREIGN)) is None
