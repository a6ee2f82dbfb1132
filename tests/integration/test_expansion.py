"""A next version's migration runs while this version works: it adds, and what is there goes on."""

import asyncio
from pathlib import Path

import pytest

from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.settings import Settings
from support.images import jpeg
from support.migrations import next_version
from support.polling import until
from support.system import Caller

WAITING = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
EXPANSION = (
    "ALTER TABLE photos ADD COLUMN weather text",
    "ALTER TABLE photo_status_events ADD COLUMN weather text",
    "ALTER TABLE projects ADD COLUMN weather text",
    "ALTER TABLE outbox ADD COLUMN weather text",
)


async def everything(api: Caller, project: str) -> list[int]:
    """Each kind of call, more often than a statement is run before the server keeps its plan."""
    statuses = []
    for _ in range(7):
        photo = await api.upload(project, jpeg())
        photo_id = photo["id"]
        statuses += [
            (await api.call("GET", path)).status_code
            for path in (
                f"/photos/{photo_id}",
                f"/photos/{photo_id}/history",
                f"/photos/{photo_id}/exif",
                f"/photos?project_id={project}",
                f"/photos?ids={photo_id}",
                "/projects",
                "/outbox",
            )
        ]
        waiting = await api.issue(project, jpeg())
        for method, path, body in (
            ("POST", f"/photos/{waiting['photo_id']}/upload-url", None),
            ("POST", "/photos/confirm", {"photo_ids": [photo_id]}),
            ("DELETE", f"/photos/{waiting['photo_id']}", None),
        ):
            statuses.append((await api.call(method, path, json=body)).status_code)
    return statuses


async def test_what_runs_goes_on_when_tables_get_columns(api: Caller, project: str, db: Database) -> None:
    assert set(await everything(api, project)) == {200, 204}
    for statement in EXPANSION:
        await db.execute(statement)
    assert set(await everything(api, project)) == {200, 204}


async def test_a_call_under_which_a_table_gets_a_column_is_answered(api: Caller, project: str, db: Database) -> None:
    photo = await api.upload(project, jpeg())
    async with db.transaction() as migration:
        await migration.execute("ALTER TABLE photos ADD COLUMN weather text")
        reading = asyncio.create_task(api.call("GET", f"/photos/{photo['id']}"))

        async def waits() -> bool:
            return bool(
                await db.fetch(
                    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
            )

        await until(waits)
    assert (await reading).status_code == 200


async def test_a_migration_that_must_wait_for_a_table_lets_others_by(
    api: Caller, project: str, db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_version(tmp_path, monkeypatch)
    photo = await api.upload(project, jpeg())
    async with db.transaction() as report:
        await report.fetch("SELECT count(*) FROM photos")  # and long after it, the transaction is still open
        migrating = asyncio.create_task(migrate(settings.database_url.get_secret_value()))

        async def waits() -> bool:
            return bool(await db.fetch(WAITING))

        await until(waits)
        # It stands in line behind the migration, which cannot go on before the report's end.
        assert (await api.call("GET", f"/photos/{photo['id']}")).status_code == 200
        assert not migrating.done()
    assert await migrating == "9999"


async def test_a_version_that_is_brought_back_leaves_the_newer_tables_as_they_are(
    api: Caller, project: str, db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = settings.database_url.get_secret_value()
    with monkeypatch.context() as newer:
        next_version(tmp_path, newer)
        assert await migrate(url) == "9999"
    assert await migrate(url) == "9999"
    await db.execute("UPDATE photos SET weather = 'rain'")
    assert set(await everything(api, project)) == {200, 204}
