"""The API in this process, on the real database and store."""

from collections.abc import AsyncIterator

import pytest

from conftest import S3, Sqs
from photodock.settings import Settings
from support.serving import serving
from support.system import SECRET, Caller


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
def sqs_settings(settings: Settings, sqs: Sqs) -> Settings:
    return settings.model_copy(update={"sqs_endpoint_url": sqs.endpoint_url})
