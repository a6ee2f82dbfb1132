"""The API in this process, on the real database and store."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from conftest import S3, Sqs
from photodock.embedded.pgbouncer import PROGRAM, PoolerServer
from photodock.settings import Settings
from support.packages import require
from support.serving import serving
from support.system import SECRET, Caller

SERVER_CONNECTIONS = 2
"""Behind the pooler, for sixteen of the service: nearly every statement meets a session that another one left."""


@pytest.fixture
def settings(database_url: str, s3: S3, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    return Settings(
        environment="tests",
        database_url=database_url,
        s3_bucket=s3.bucket,
        s3_region=s3.region,
        s3_endpoint_url=s3.endpoint_url,
        jwt_secret=SECRET,
        retry_delays=(0.05, 0.1),
        cors_allowed_origins=("https://app.example",),
    )


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Caller]:
    async for caller in serving(settings):
        yield caller


@pytest.fixture
async def project(api: Caller) -> str:
    return await api.make_project()


@pytest.fixture
def pooler(database_url: str, tmp_path: Path) -> Iterator[PoolerServer]:
    """In transaction mode."""
    require("pgbouncer", PROGRAM)
    tmp_path.chmod(0o755)
    with PoolerServer(tmp_path / "pooler", tmp_path / "logs", database_url, pool_size=SERVER_CONNECTIONS) as server:
        yield server


@pytest.fixture
def sqs_settings(settings: Settings, sqs: Sqs) -> Settings:
    return settings.model_copy(update={"sqs_endpoint_url": sqs.endpoint_url})
