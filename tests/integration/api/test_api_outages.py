"""Storage or database away: the right error, nothing changed, and everything goes on afterwards."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import obstore
import pytest
import structlog

from conftest import database_named
from photodock.db.pool import Database
from photodock.settings import Settings
from support.calls import CALLS
from support.images import jpeg
from support.polling import until
from support.serving import changed, running
from support.system import Caller

SECONDS = 30.0
"""No request may hang longer in an outage that shows itself at once: each would wait for twice as long."""


def assert_unavailable(answer: Any, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["correlation_id"] == answer.headers["x-request-id"]


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each key was asked for, retries included."""
    asked: Counter[str] = Counter()
    get_async = obstore.get_async

    async def counted(store: Any, key: str, **options: Any) -> Any:
        asked[key] += 1
        return await get_async(store, key, **options)

    monkeypatch.setattr(obstore, "get_async", counted)
    return asked


async def confirm_with(settings: Settings, api: Caller, photo_id: str) -> Any:
    async with running(settings) as elsewhere:
        async with asyncio.timeout(SECONDS):
            return await Caller(elsewhere.http, elsewhere.storage, api.organization_id).confirm(photo_id)


async def test_storage_away_is_503_and_the_next_confirm_goes_on(
    settings: Settings, api: Caller, project: str, attempts: Counter[str], unused_port: int
) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    before = await api.photo(issued["photo_id"])
    away = changed(settings, s3_endpoint_url=f"http://127.0.0.1:{unused_port}")

    assert_unavailable(await confirm_with(away, api, issued["photo_id"]), "storage_unavailable")

    assert list(attempts.values()) == [1 + len(settings.retry_delays)]
    assert await api.photo(issued["photo_id"]) == before
    assert (await api.confirm(issued["photo_id"])).json()["status"] == "uploaded"


@pytest.mark.parametrize("wrong", ["secret", "access key", "bucket"])
async def test_storage_that_refuses_us_is_503_not_retried_and_logged_as_a_misconfiguration(
    settings: Settings,
    api: Caller,
    project: str,
    attempts: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    if wrong == "bucket":
        settings = changed(settings, s3_bucket="no-such-bucket")
    else:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY" if wrong == "secret" else "AWS_ACCESS_KEY_ID", "wrong")

    with structlog.testing.capture_logs() as lines:
        assert_unavailable(await confirm_with(settings, api, issued["photo_id"]), "storage_unavailable")

    assert list(attempts.values()) == [1]
    [line] = [line for line in lines if line["event"] == "storage_access_denied"]
    assert line["log_level"] == "error"
    assert "s3:ListBucket" in line["hint"]
    assert (await api.photo(issued["photo_id"]))["status"] == "pending_upload"


async def test_storage_away_takes_nothing_from_what_needs_no_storage(
    settings: Settings, project: str, api: Caller, unused_port: int
) -> None:
    photo = await api.upload(project, jpeg())
    away = changed(settings, s3_endpoint_url=f"http://127.0.0.1:{unused_port}")
    async with running(away) as elsewhere:
        caller = Caller(elsewhere.http, elsewhere.storage, api.organization_id)
        assert (await caller.request_upload(project, jpeg())).status_code == 200
        assert (await caller.confirm(photo["id"])).status_code == 200
        assert (await caller.photo(photo["id"]))["status"] == "uploaded"
        ready = await caller.http.get("/readyz")
        assert (ready.status_code, ready.json()["parts"]["storage"]) == (200, "storage_unavailable")


@pytest.fixture
async def without_database(settings: Settings, unused_port: int) -> AsyncIterator[Caller]:
    url = f"postgresql://photodock:secret-password@127.0.0.1:{unused_port}/photodock"
    patient = {"database_acquire_timeout": 2 * SECONDS, "database_connect_timeout": 2 * SECONDS}
    async with running(changed(settings, database_url=url, **patient)) as caller:
        yield caller.colleague("anna", ("photos:read", "photos:write", "photos:admin", "photos:pipeline"))


async def test_a_database_away_is_503_for_every_call(without_database: Caller) -> None:
    photo_id = project_id = "0198c2b4-7b1e-7c34-9a5f-0d6f1b2c3d4e"
    for call in CALLS:
        async with asyncio.timeout(SECONDS):
            answer = await call.by(without_database, photo_id=photo_id, project_id=project_id)
        assert_unavailable(answer, "database_unavailable")
        assert "secret-password" not in answer.text


@pytest.mark.parametrize(
    "change", [("photodock:", "photodock:wrong"), ("photodock:", "nobody:")], ids=["wrong password", "unknown user"]
)
async def test_a_database_that_does_not_let_us_in_is_503(settings: Settings, change: tuple[str, str]) -> None:
    url = settings.database_url.get_secret_value().replace(*change, 1)
    async with running(changed(settings, database_url=url)) as caller:
        assert_unavailable(await caller.call("GET", "/projects"), "database_unavailable")


async def test_an_unknown_database_is_503(settings: Settings) -> None:
    url = database_named(settings.database_url.get_secret_value(), "no_such_database")
    async with running(changed(settings, database_url=url)) as caller:
        assert_unavailable(await caller.call("GET", "/projects"), "database_unavailable")


async def test_a_database_too_slow_is_503(settings: Settings, api: Caller, project: str, db: Database) -> None:
    """Another transaction holds the row for longer than a statement may take."""
    issued = await api.issue(project, jpeg())
    async with running(changed(settings, database_timeout=0.3)) as caller, db.transaction() as tx:
        await tx.execute("SELECT 1 FROM photos WHERE id = $1 FOR UPDATE", issued["photo_id"])
        same = Caller(caller.http, caller.storage, api.organization_id)
        assert_unavailable(await same.call("POST", f"/photos/{issued['photo_id']}/upload-url"), "database_unavailable")
    assert (await api.photo(issued["photo_id"]))["upload_id"] == issued["upload_id"]


async def test_connections_that_died_are_replaced(settings: Settings, api: Caller, project: str, db: Database) -> None:
    """A failover ends every connection; the pool makes new ones by itself."""
    photo = await api.upload(project, jpeg())
    await db.execute(
        # It returns when they have gone: those that go later would take a later test's calls with them.
        "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )

    async def answers() -> bool:
        answer = await api.call("GET", f"/photos/{photo['id']}")
        assert answer.status_code in (200, 503)
        return answer.status_code == 200

    await until(answers)


async def test_a_database_without_tables_is_not_ready(settings: Settings) -> None:
    url = database_named(settings.database_url.get_secret_value(), "postgres")
    async with running(changed(settings, database_url=url)) as caller:
        ready = await caller.http.get("/readyz")
        assert (ready.status_code, ready.json()["parts"]["database"]) == (503, "migrations_missing")
        assert (await caller.http.get("/healthz")).json() == {"status": "ok"}


async def test_a_process_is_ready_while_the_next_versions_tables_are_there(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment migrates first: were the old processes unready then, nobody would answer for a while."""
    monkeypatch.setattr("photodock.services.health.NEWEST_REVISION", "0001")
    async with running(changed(settings, database_url=database_url)) as caller:
        assert (await caller.http.get("/readyz")).json()["parts"]["database"] == "ok"


async def test_all_is_ready(settings: Settings, database_url: str) -> None:
    whole = {"ready": True, "parts": {"database": "ok", "storage": "ok", "queue": "ok"}}
    async with running(changed(settings, database_url=database_url)) as caller:

        async def is_ready() -> bool:
            """Each part has two seconds for its answer."""
            ready = await caller.http.get("/readyz")
            return (ready.status_code, ready.json()) == (200, whole)

        await until(is_ready)
