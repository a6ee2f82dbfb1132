"""A bucket of this folder's own, because the search looks at all of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from conftest import S3, administer, database_named
from photodock.bootstrap.core import Core, opened_core
from photodock.domain.photo import object_key
from photodock.embedded.postgres import PostgresServer
from photodock.services.orphan_findings import Days, Finding, Kind
from photodock.services.orphans import Orphans
from photodock.settings import Settings
from photodock.storage.bucket import Bucket, ensure_bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from support.serving import serving
from support.store import Store
from support.system import SECRET, Caller

DATABASE = "shared_by_orphan_tests"


@pytest.fixture(scope="session")
async def whole_store(s3: S3) -> AsyncIterator[Store]:
    bucket = Bucket("orphans", s3.region, s3.endpoint_url, "path")
    credentials = CredentialsProvider.static(s3.access_key, s3.secret_key)
    await ensure_bucket(credentials, bucket, allowed_origins=["*"])
    async with s3_client(credentials, bucket) as client:
        yield Store(client, bucket.name)


@pytest.fixture
async def store(whole_store: Store) -> AsyncIterator[Store]:
    """Empty at the beginning of each test."""
    yield whole_store
    listed = await whole_store.client.list_objects_v2(Bucket=whole_store.bucket)
    for found in listed.get("Contents", ()):
        await whole_store.client.delete_object(Bucket=whole_store.bucket, Key=found["Key"])
    # SeaweedFS keeps empty folders, and lists them.
    listed = await whole_store.client.list_objects_v2(Bucket=whole_store.bucket, Delimiter="/")
    for folder in listed.get("CommonPrefixes", ()):
        await whole_store.client.delete_object(Bucket=whole_store.bucket, Key=folder["Prefix"])


@pytest.fixture(scope="session")
async def settings(postgres: PostgresServer, template: str, s3: S3, whole_store: Store) -> AsyncIterator[Settings]:
    await administer(postgres.database_url, f"CREATE DATABASE {DATABASE} TEMPLATE {template}")
    yield Settings(
        environment="tests",
        database_url=database_named(postgres.database_url, DATABASE),
        s3_bucket=whole_store.bucket,
        s3_region=s3.region,
        s3_endpoint_url=s3.endpoint_url,
        jwt_secret=SECRET,
        retry_delays=(),
        multipart_min_size=5_000_000,
    )
    await administer(postgres.database_url, f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.fixture(scope="session")
async def opened(settings: Settings, s3: S3) -> AsyncIterator[tuple[Core, Caller]]:
    callers = serving(settings)
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as monkeypatch:
            # Only while they start: tests of other folders must not find keys in the environment.
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
            core = await stack.enter_async_context(opened_core(settings))
            caller = await anext(callers)
        yield core, caller
        await anext(callers, None)


@pytest.fixture
def core(opened: tuple[Core, Caller]) -> Core:
    return opened[0]


@pytest.fixture
def api(opened: tuple[Core, Caller], store: Store) -> Caller:
    return opened[1].stranger()


@pytest.fixture
async def project(api: Caller) -> str:
    return await api.make_project()


@pytest.fixture
def rows(core: Core, api: Caller) -> Callable[[str], Awaitable[list[Any]]]:
    """The organization's rows of a table."""
    return lambda table: core.db.fetch(
        f"SELECT *, clock_timestamp() AS now FROM {table} WHERE organization_id = $1",  # noqa: S608  (a table of ours)
        api.organization_id,
    )


@dataclass
class Search:
    """The service on a clock that can be put forward, and the findings by key."""

    core: Core
    ahead: timedelta = timedelta(0)

    @property
    def service(self) -> Orphans:
        return Orphans(
            self.core.db,
            self.core.store,
            self.core.confirmation,
            detection_types=("damage",),
            clock=lambda: datetime.now(UTC) + self.ahead,
        )

    async def findings(self, days: Days | None = None) -> list[Finding]:
        return [finding async for finding in self.service.search(days or Days())]

    async def kinds(self, days: Days | None = None) -> dict[str, Kind]:
        return {finding.key: finding.kind for finding in await self.findings(days)}


@pytest.fixture
def search(core: Core) -> Search:
    return Search(core)


@pytest.fixture
def key_in(project: str) -> Callable[..., str]:
    """The key of a photo that nobody knows."""

    def make(day: datetime | None = None, mime_type: str = "image/jpeg", project_id: str | None = None) -> str:
        return object_key(UUID(project_id or project), uuid7(), mime_type, day or datetime.now(UTC))

    return make


@pytest.fixture
def forget(core: Core, api: Caller) -> Callable[..., Any]:
    """What a restore from a backup does to the photos that are younger than it."""

    async def forget(*photo_ids: str) -> None:
        ids = [UUID(photo_id) for photo_id in photo_ids]
        await core.db.execute("DELETE FROM photo_status_events WHERE photo_id = ANY($1)", ids)
        await core.db.execute("DELETE FROM photos WHERE id = ANY($1)", ids)

    return forget
