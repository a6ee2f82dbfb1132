"""A system on servers of its own, one of which is away at times."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from photodock.db.migrate import migrate
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.seaweedfs import SeaweedServer
from support.audit import assert_sound
from support.outages import Servers
from support.processes import Backend
from support.whole import System, running_system

SETTINGS = {"PHOTODOCK_DATABASE_TIMEOUT": "3s", "PHOTODOCK_S3_TIMEOUT": "1s"}


@pytest.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    folder = tmp_path_factory.mktemp("outages")
    found = Servers(
        PostgresServer(folder / "postgres", folder / "logs", fast=True),
        SeaweedServer(folder / "store", folder / "logs"),
        MiniStackServer(folder / "queue", folder / "logs"),
    )
    every = (found.store, found.queue, found.postgres)
    try:
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in every))
        yield found
    finally:
        for server in every:
            server.stop()


@pytest.fixture(scope="session")
async def lone_system(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    await migrate(servers.postgres.database_url)
    backend = Backend(
        database_url=servers.postgres.database_url,
        s3_endpoint_url=servers.store.endpoint_url,
        s3_bucket=servers.store.bucket,
        s3_access_key=servers.store.access_key,
        s3_secret_key=servers.store.secret_key,
        sqs_endpoint_url=servers.queue.endpoint_url,
        queue_url=servers.queue.create_queues("detection"),
    )
    async with running_system(tmp_path_factory.mktemp("system"), backend, SETTINGS) as system:
        yield system
        await assert_sound(system.db, system.deployment)


@pytest.fixture
def system(lone_system: System) -> System:
    lone_system.api = lone_system.api.stranger()
    return lone_system
