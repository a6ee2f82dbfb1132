"""A real pgbouncer in transaction mode before the database: no session is the service's own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import structlog

from conftest import S3, administer
from integration.feed.conftest import Site, feeding, told
from integration.workers.conftest import FakeQueue, eventually, gallery, running
from photodock.administration import migrate_database
from photodock.bootstrap.core import listener
from photodock.db import changes
from photodock.db.health import NEWEST_REVISION
from photodock.db.listener import Listener, NoListener
from photodock.db.pool import Database
from photodock.embedded.pgbouncer import PoolerServer
from photodock.settings import Settings, SettingsError, load_settings
from photodock.workers.relay import Relay
from support.clock import within_one_minute
from support.images import jpeg
from support.serving import changed, serving
from support.system import SECRET, Caller

__all__ = ["eventually", "gallery", "running"]


@pytest.fixture
def settings(pooler: PoolerServer, s3: S3, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    return Settings(
        environment="tests",
        database_url=pooler.database_url,
        database_pooler="transaction",
        s3_bucket=s3.bucket,
        s3_region=s3.region,
        s3_endpoint_url=s3.endpoint_url,
        jwt_secret=SECRET,
        upload_urls_per_minute=25,
    )


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Caller]:
    async for caller in serving(settings):
        yield caller


async def test_many_requests_at_once_share_a_few_sessions_and_the_quota_stays_exact(api: Caller) -> None:
    project = await api.make_project()
    await within_one_minute()
    answers = await asyncio.gather(*(api.request_upload(project, jpeg()) for _ in range(60)))
    assert Counter(answer.status_code for answer in answers) == {200: 25, 429: 35}


async def test_a_photo_goes_all_its_way_through_the_pooler(api: Caller) -> None:
    project = await api.make_project()
    photos = await asyncio.gather(*(api.upload(project, jpeg()) for _ in range(12)))
    assert {photo["status"] for photo in photos} == {"uploaded"}
    deleted = await asyncio.gather(*(api.call("DELETE", f"/photos/{photo['id']}") for photo in photos))
    assert {answer.status_code for answer in deleted} == {204}


@asynccontextmanager
async def opened(pooler: PoolerServer) -> AsyncIterator[Database]:
    db = Database(pooler.database_url, pooled=True)
    try:
        yield db
    finally:
        await db.close()


async def test_no_setting_is_left_behind_in_the_shared_sessions(pooler: PoolerServer, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    before = await connection.fetchval("SHOW statement_timeout")
    async with opened(pooler) as db:
        found = await asyncio.gather(*(db.fetchrow("SELECT current_setting('statement_timeout')") for _ in range(8)))
    await connection.close()
    assert {row[0] for row in found if row} == {before}


@pytest.mark.parametrize(("limit", "told"), [("0", True), ("9s", False)])
async def test_only_statements_without_any_limit_are_told_of(
    pooler: PoolerServer, database_url: str, limit: str, told: bool
) -> None:
    name = database_url.rpartition("/")[2]
    await administer(database_url, f"ALTER DATABASE {name} SET statement_timeout = '{limit}'")
    with structlog.testing.capture_logs() as logs:
        async with opened(pooler) as db:
            await db.execute("SELECT 1")
    assert ("database_without_statement_timeout" in [line["event"] for line in logs]) is told


async def test_without_a_direct_way_jobs_are_found_by_polling(
    pooler: PoolerServer, gallery: Any, running: Any, eventually: Callable[..., Awaitable[None]]
) -> None:
    queue = FakeQueue()
    async with opened(pooler) as db:
        relay = Relay(db, queue, NoListener(), detection_timeout=timedelta(hours=1), poll_seconds=0.05)
        async with running(relay):
            photo = await gallery.uploaded()

            async def sent() -> bool:
                return [job.photo_id for job in queue.jobs] == [photo.id]

            await eventually(sent)


@pytest.mark.parametrize(("direct", "poll_seconds"), [(True, 600), (False, 0.05)], ids=["direct", "by polling"])
async def test_changes_are_heard_past_the_pooler_and_read_through_it(
    pooler: PoolerServer, database_url: str, direct: bool, poll_seconds: float
) -> None:
    listener = Listener(database_url, changes.CHANNEL) if direct else NoListener()
    async with opened(pooler) as db, feeding(db, listener, poll_seconds=poll_seconds) as streams:
        site = Site(db, uuid4(), uuid4())
        await db.execute("INSERT INTO projects VALUES ($1, $2, 'roofs')", site.project_id, site.organization_id)
        stream = await streams.open(site.who(), site.project_id, None)
        first = await site.change()
        assert await told(stream, 1) == [first]
        position = stream.position()
        missed = [await site.change() for _ in range(10)]
        again = await streams.open(site.who(), None, position)
        assert await told(again, 10) == missed
        stream.close()
        again.close()


def test_the_worker_listens_past_the_pooler_or_not_at_all(settings: Settings, database_url: str) -> None:
    assert isinstance(listener(settings, changes.CHANNEL), NoListener)
    direct = changed(settings, database_direct_url=database_url)
    assert direct.direct_url is not None
    assert direct.direct_url.get_secret_value() == database_url
    assert not isinstance(listener(direct, changes.CHANNEL), NoListener)


async def test_migrations_go_past_the_pooler_or_not_at_all(settings: Settings, database_url: str) -> None:
    with pytest.raises(SettingsError, match="PHOTODOCK_DATABASE_DIRECT_URL"):
        await migrate_database(settings)
    assert await migrate_database(changed(settings, database_direct_url=database_url)) == NEWEST_REVISION


def test_a_direct_address_that_is_none_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTODOCK_DATABASE_URL", "postgresql://u@h/d")
    monkeypatch.setenv("PHOTODOCK_DATABASE_DIRECT_URL", "mysql://somewhere")
    with pytest.raises(SettingsError, match="PHOTODOCK_DATABASE_DIRECT_URL"):
        load_settings()
