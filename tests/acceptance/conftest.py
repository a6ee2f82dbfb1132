"""The whole system as real processes, on the servers of this session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from conftest import S3, TEMPLATE, Sqs, administer, database_named
from photodock.embedded.postgres import PostgresServer
from support.audit import assert_sound
from support.processes import Backend
from support.system import Caller
from support.whole import System, running_system


@asynccontextmanager
async def fresh_backend(postgres: PostgresServer, s3: S3, sqs: Sqs) -> AsyncIterator[Backend]:
    """A database and a queue of their own, on servers that are shared."""
    name = f"acceptance_{uuid4().hex[:12]}"  # no count: this module may be imported under two names
    await administer(postgres.database_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield Backend(
        database_url=database_named(postgres.database_url, name),
        s3_endpoint_url=s3.endpoint_url,
        s3_bucket=s3.bucket,
        s3_access_key=s3.access_key,
        s3_secret_key=s3.secret_key,
        sqs_endpoint_url=sqs.endpoint_url,
        queue_url=sqs.create_queue(name.replace("_", "-")),
        region=s3.region,
    )
    await administer(postgres.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def shared_system(
    postgres: PostgresServer, template: str, s3: S3, sqs: Sqs, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    folder: Path = tmp_path_factory.mktemp("system")
    async with (
        fresh_backend(postgres, s3, sqs) as backend,
        # `debug`, so that whatever could leak is written.
        running_system(folder, backend, {"PHOTODOCK_LOG_LEVEL": "debug"}) as system,
    ):
        yield system
        await assert_sound(system.db, system.deployment)


@pytest.fixture
def system(shared_system: System) -> System:
    """The system that most tests share, and in it an organization that no other test knows."""
    shared_system.api = shared_system.api.stranger()
    return shared_system


@pytest.fixture
def api(system: System) -> Caller:
    return system.api


@pytest.fixture
async def project(api: Caller) -> str:
    return await api.make_project()
