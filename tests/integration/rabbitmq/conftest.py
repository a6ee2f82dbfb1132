"""A RabbitMQ of the tests' own, installed when it is missing, and what a consumer sees of it."""

import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from integration.workers.conftest import eventually, gallery, gate_to, listener, relay_to, running
from photodock.domain.jobs import DetectionJob, Priority
from photodock.embedded.rabbitmq import PROGRAM, Permissions, RabbitServer
from photodock.queues.rabbitmq import RabbitQueue
from support.packages import require

__all__ = ["eventually", "gallery", "gate_to", "listener", "relay_to", "running"]

# As docs/rabbitmq.md gives them, for this folder's queues.
NAMES = "jobs-[0-9a-f]+"
USERS = {
    "maker": Permissions(f"^{NAMES}(-dead)?$", rf"^(amq\.default|{NAMES}(-dead)?)$", f"^{NAMES}(-dead)?$"),
    "sender": Permissions("^$", r"^amq\.default$", "^$"),
    "detector": Permissions("^$", "^$", f"^{NAMES}$"),
}


@pytest.fixture(scope="session")
def rabbitmq(servers_dir: Path) -> Iterator[RabbitServer]:
    require("rabbitmq-server", PROGRAM)
    with RabbitServer(servers_dir / "rabbitmq", servers_dir / "logs", users=USERS) as server:
        yield server


@pytest.fixture
def queue_name() -> str:
    return f"jobs-{uuid4().hex}"


@pytest.fixture
async def channel(rabbitmq: RabbitServer) -> AsyncIterator[AbstractChannel]:
    """A consumer's own way to the broker."""
    async with await aio_pika.connect(rabbitmq.url()) as connection, connection.channel() as channel:
        yield channel


Open = Callable[..., Any]


@pytest.fixture
def opened(rabbitmq: RabbitServer, queue_name: str) -> Open:
    @asynccontextmanager
    async def queue(*, url: str | None = None, user: str = "photodock", **options: Any) -> AsyncIterator[RabbitQueue]:
        settings = {"retry_delays": (0.05, 0.1)} | options
        made = RabbitQueue(url or rabbitmq.url(user, queue=queue_name), **settings)
        try:
            yield made
        finally:
            await made.aclose()

    return queue


Receive = Callable[..., Awaitable[list[AbstractIncomingMessage]]]


@pytest.fixture
def receive(rabbitmq: RabbitServer, queue_name: str) -> Receive:
    """Takes all messages out of the queue; fails when they are not `count`, if that is given."""

    async def messages(count: int | None = None, name: str = queue_name) -> list[AbstractIncomingMessage]:
        found: list[AbstractIncomingMessage] = []
        async with await aio_pika.connect(rabbitmq.url()) as connection, connection.channel() as channel:
            queue = await channel.get_queue(name)
            while (message := await queue.get(no_ack=True, fail=False)) is not None:
                found.append(message)
        assert count in {None, len(found)}
        return found

    return messages


def own_headers(message: AbstractIncomingMessage) -> dict[str, Any]:
    """Without those that the broker adds."""
    return {name: value for name, value in message.headers.items() if not name.startswith("x-")}


def photo_ids(messages: list[AbstractIncomingMessage]) -> list[str]:
    return sorted(json.loads(message.body)["photo_id"] for message in messages)


def message_ids(messages: list[AbstractIncomingMessage]) -> list[str | None]:
    return sorted(message.message_id or "" for message in messages)


def job(**changes: Any) -> DetectionJob:
    facts: dict[str, Any] = {
        "message_id": uuid4(),
        "photo_id": uuid4(),
        "s3_url": "s3://bucket/key.jpg",
        "detection_types": ("damage", "material"),
        "priority": Priority.HIGH,
        "correlation_id": "request-1",
    }
    return DetectionJob(**(facts | changes))


def kill(server: RabbitServer) -> None:
    assert server.process is not None
    assert server.process.pid is not None
    os.killpg(server.process.pid, signal.SIGKILL)
    server.stop()
