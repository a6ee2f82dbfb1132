"""The RabbitMQ adapter against faults that no local broker can be made to have."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.exceptions import AMQPConnectionError, ChannelInvalidStateError
from aiormq.exceptions import ChannelAccessRefused, ConnectionInternalError
from structlog.testing import capture_logs

from photodock.domain.errors import QueueUnavailable
from photodock.domain.jobs import DetectionJob, Priority
from photodock.queues.rabbitmq import RabbitQueue

Answer = Callable[[str], Any]


def jobs(count: int = 1) -> list[DetectionJob]:
    return [DetectionJob(uuid4(), uuid4(), "s3://b/k", ("damage",), Priority.NORMAL, "r") for _ in range(count)]


class FakeBroker:
    """Connection, channel and exchange in one; `answer(message_id)` is what it says to a message."""

    is_closed = False

    def __init__(self) -> None:
        self.answer: Answer = lambda message_id: None
        self.refusal: Exception | None = None
        self.connections = 0
        self.ended = 0
        self.sent: list[str] = []
        self.connected = asyncio.Event()
        self.connected.set()
        self.default_exchange = self

    async def connect(self, url: Any, **_: Any) -> "FakeBroker":
        self.connections += 1
        if self.refusal:
            raise self.refusal
        return self

    def channel(self, **_: Any) -> Any:
        broker = self

        @asynccontextmanager
        async def entered() -> AsyncIterator[FakeBroker]:
            yield broker

        context: Any = entered()
        context.is_closed = False
        context.initialize = self.initialize
        context.default_exchange = self
        return context

    async def initialize(self) -> None: ...

    async def declare_queue(self, *_: Any, **__: Any) -> "FakeBroker":
        return self

    async def declare_exchange(self, *_: Any, **__: Any) -> "FakeBroker":
        return self

    async def bind(self, *_: Any) -> None: ...

    async def publish(self, message: Any, *_: Any, **__: Any) -> None:
        self.sent.append(message.message_id)
        await asyncio.sleep(0)
        answer = self.answer(message.message_id)
        if isinstance(answer, BaseException):
            raise answer

    async def close(self) -> None:
        self.ended += 1


@pytest.fixture
async def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    made = FakeBroker()
    monkeypatch.setattr(aio_pika, "connect", made.connect)
    return made


def queue(delays: tuple[float, ...] = (0.0, 0.0, 0.0)) -> RabbitQueue:
    return RabbitQueue("amqp://mq.example/", retry_delays=delays)


def certificate_fault() -> AMQPConnectionError:
    fault = AMQPConnectionError("certificate verify failed")
    fault.__cause__ = ssl.SSLCertVerificationError("x")
    return fault


@pytest.mark.parametrize(
    "fault",
    [
        AMQPConnectionError("gone"),
        ConnectionInternalError("INTERNAL_ERROR - x"),
        ChannelInvalidStateError("closed"),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_passing_fault_is_retried_after_each_delay_on_a_new_connection(broker, fault):
    broker.answer = lambda message_id: fault if broker.connections < 4 else None
    sending = queue()
    assert await sending.publish(jobs()) == [None]
    assert (broker.connections, broker.ended) == (4, 3)
    await sending.aclose()
    assert broker.ended == 4


async def test_only_jobs_without_an_answer_are_sent_again(broker):
    first, second, third = jobs(3)
    lost = str(second.message_id)
    broker.answer = lambda message_id: (
        ConnectionResetError() if broker.connections == 1 and message_id == lost else None
    )
    assert await queue().publish([first, second, third]) == [None, None, None]
    assert broker.sent == [str(first.message_id), lost, str(third.message_id), lost]


async def test_a_fault_that_stays_is_reported_after_the_last_delay(broker):
    broker.refusal = ConnectionRefusedError()
    with pytest.raises(QueueUnavailable, match=r"can't be reached \(ConnectionRefusedError\)"):
        await queue().publish(jobs())
    assert broker.connections == 4


async def test_a_certificate_that_is_not_trusted_is_a_misconfiguration(broker):
    broker.refusal = certificate_fault()
    with capture_logs() as logs, pytest.raises(QueueUnavailable, match=r"refuses our.*\(SSLCertVerificationError\)"):
        await queue().publish(jobs())
    assert broker.connections == 1
    assert [(line["event"], line["log_level"]) for line in logs] == [("queue_misconfigured", "error")]


async def test_the_refusal_that_closed_the_channel_is_the_one_that_is_told(broker):
    refusal = ChannelAccessRefused("ACCESS_REFUSED - write access to exchange refused for user 'x'")
    sent = jobs(3)
    broker.answer = lambda message_id: (
        refusal if message_id == str(sent[1].message_id) else ChannelInvalidStateError("channel closed")
    )
    with pytest.raises(QueueUnavailable, match=r"refuses our requests \(ACCESS_REFUSED\)"):
        await queue().publish(sent)
    assert broker.connections == 1


async def test_a_connection_that_the_heartbeat_ends_is_no_cancellation_of_ours(broker):
    broker.answer = lambda message_id: asyncio.CancelledError()
    with pytest.raises(QueueUnavailable, match=r"can't be reached \(ConnectionResetError\)"):
        await queue(()).publish(jobs())


async def test_a_cancelled_publish_ends_as_one_and_the_queue_goes_on(broker):
    sending = queue()
    publishing = asyncio.create_task(sending.publish(jobs()))
    while not broker.sent:
        await asyncio.sleep(0)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing
    assert await sending.publish(jobs()) == [None]


async def test_a_fault_of_our_own_is_not_taken_for_an_outage(broker):
    broker.answer = lambda message_id: ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await queue().publish(jobs())
    assert broker.connections == 1


async def test_a_broker_that_ends_nothing_is_left_to_itself_after_a_second(broker, monkeypatch):
    monkeypatch.setattr("photodock.queues.rabbitmq._CLOSE_SECONDS", 0.01)
    never = asyncio.Event()
    monkeypatch.setattr(broker, "close", never.wait)
    sending = queue()
    await sending.check()
    async with asyncio.timeout(30):
        await sending.aclose()
    never.set()
