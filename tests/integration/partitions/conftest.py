"""The service with a network of its own to each of its backends, which fails on command."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from conftest import S3, Sqs
from integration.rabbitmq.conftest import queue_name, rabbitmq
from integration.workers.conftest import running
from photodock.settings import Settings
from support.proxy import SILENT, Fault, Proxy
from support.serving import serving
from support.system import SECRET, Caller

__all__ = ["queue_name", "rabbitmq", "running"]

DATABASE_SECONDS = 30.0
"""For the settings below: 2 for a connection, or 1 and a second more for a statement, and slack for slow machines. What
waits for what is not set here waits longer: 60 seconds and more."""
STORE_SECONDS = 30.0
"""Likewise: 3 for an S3 call with all its tries."""
PROBE_SECONDS = 30.0
"""A probe takes two, where its parts would take 60."""
RECOVERY_SECONDS = 30.0
"""From the end of a fault until requests succeed again."""

FAULTS = {
    "silence": SILENT,
    "cut in the middle of an answer": Fault(answer=3),
    "silence in the middle of an answer": Fault(answer=3, then="silence"),
}


def faults(*others: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", [*FAULTS.values(), *others], ids=[*FAULTS, *map(str, others)])


@dataclass(frozen=True)
class Network:
    """The ways to PostgreSQL, S3 and SQS."""

    database: Proxy
    store: Proxy
    sqs: Proxy


@pytest.fixture
async def network(database_url: str, s3: S3, sqs: Sqs) -> AsyncIterator[Network]:
    found = Network(Proxy(database_url), Proxy(s3.endpoint_url), Proxy(sqs.endpoint_url))
    async with AsyncExitStack() as stack:
        for proxy in (found.database, found.store, found.sqs):
            await proxy.open()
            stack.push_async_callback(proxy.close)
        yield found


@pytest.fixture
def settings(
    database_url: str, s3: S3, sqs: Sqs, network: Network, queue_name: str, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    return Settings(
        environment="tests",
        database_url=network.database.in_place_of(database_url),
        database_pool_size=4,
        database_timeout=1,
        database_connect_timeout=1,
        database_acquire_timeout=2,
        s3_bucket=s3.bucket,
        s3_region=s3.region,
        s3_endpoint_url=network.store.in_place_of(s3.endpoint_url),
        s3_public_endpoint_url=s3.endpoint_url,
        s3_connect_timeout=0.8,
        s3_timeout=0.8,
        s3_total_timeout=3,
        sqs_endpoint_url=network.sqs.in_place_of(sqs.endpoint_url),
        queue_url=network.sqs.in_place_of(sqs.create_queue(queue_name)),
        queue_timeout=0.8,
        queue_connect_timeout=2,
        retry_delays=(0.05, 0.1),
        jwt_secret=SECRET,
        upload_urls_per_minute=1_000,
        webhook_keys="A" * 43,
    )


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Caller]:
    async for caller in serving(settings):
        yield caller


@pytest.fixture
async def project(api: Caller) -> str:
    return await api.make_project()


def problem(answer: httpx.Response) -> tuple[int, str, bool]:
    """Status, code, and whether the client is told when to come again."""
    return answer.status_code, answer.json().get("code", ""), int(answer.headers.get("retry-after", "0")) > 0
