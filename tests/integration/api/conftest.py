"""One system for this folder, and for each test an organization of its own, as in production.

A test that looks at whole tables, or needs other settings, makes what it needs itself.
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from conftest import S3, TEMPLATE, administer, database_named
from photodock.db.pool import Database
from photodock.embedded.postgres import PostgresServer
from photodock.settings import Settings
from photodock.storage.bucket import Bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from support.ports import refusing_port
from support.reads import Reads
from support.serving import serving
from support.store import Store
from support.system import SECRET, Caller

SHARED = "shared_by_api_tests"


@pytest.fixture(autouse=True)
def keys_of_the_store(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)


@pytest.fixture(scope="session")
async def settings(postgres: PostgresServer, template: str, s3: S3) -> AsyncIterator[Settings]:
    await administer(postgres.database_url, f"CREATE DATABASE {SHARED} TEMPLATE {TEMPLATE}")
    yield Settings(
        environment="tests",
        database_url=database_named(postgres.database_url, SHARED),
        s3_bucket=s3.bucket,
        s3_region=s3.region,
        s3_endpoint_url=s3.endpoint_url,
        jwt_secret=SECRET,
        retry_delays=(0.01, 0.02),
        upload_urls_per_minute=1_000,
        multipart_min_size=1_024,
        cors_allowed_origins=("https://app.example",),
        webhook_keys="A" * 43,
    )
    await administer(postgres.database_url, f"DROP DATABASE {SHARED} WITH (FORCE)")


@pytest.fixture(scope="session")
async def running_api(settings: Settings, s3: S3) -> AsyncIterator[Caller]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        # Only while it starts: tests of other folders must not find keys in the environment.
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
        callers = serving(settings)
        caller = await anext(callers)
    yield caller
    await anext(callers, None)


@pytest.fixture
def api(running_api: Caller) -> Caller:
    # The service is shared, and a test elsewhere may have sent this process a signal to stop.
    running_api.http._transport.app.state.stopping.clear()
    return running_api.stranger()


@pytest.fixture(scope="session")
async def db(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url.get_secret_value())
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def store(s3: S3) -> AsyncIterator[Store]:
    bucket = Bucket(s3.bucket, s3.region, s3.endpoint_url, "path")
    async with s3_client(CredentialsProvider.static(s3.access_key, s3.secret_key), bucket) as client:
        yield Store(client, s3.bucket)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    return Reads.watched(monkeypatch)


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with refusing_port() as port:
        yield port
