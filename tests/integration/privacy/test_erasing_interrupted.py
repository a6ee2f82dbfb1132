"""An erasure that is killed, meets others, or finds the store or the database away."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from typer.testing import Result

from photodock.administration import sweep_once
from photodock.bootstrap.core import Core
from photodock.bootstrap.worker import erasure
from photodock.domain.errors import DatabaseUnavailable, StorageUnavailable
from photodock.services import erasure as module
from photodock.services.confirmation import ObjectDeletion
from photodock.services.erasure import Erasure
from photodock.settings import Settings
from support.images import jpeg
from support.polling import until
from support.serving import changed
from support.store import Store, key_of
from support.system import Caller
from support.uploads import uploads

NEVER_DONE = """
import asyncio
from photodock.services import erasure as service
from photodock.cli import app

service.BATCH = 1
delete, left = service.erasure.delete_photos, 60

async def delete_some(*args, **options):
    global left
    left -= 1
    if not left:
        await asyncio.Event().wait()
    return await delete(*args, **options)

service.erasure.delete_photos = delete_some
app()
"""
"""One photo a batch, and sixty at the most."""
Run = Callable[..., Awaitable[Result]]
Told = Callable[..., Awaitable[list[dict[str, Any]]]]


async def test_with_the_store_away_the_photos_go_and_their_objects_are_left_to_the_sweeper(
    api: Caller, project: str, store: Store, core: Core, settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = await uploads(api, project, 12)
    away = changed(settings, s3_endpoint_url="http://127.0.0.1:9")
    monkeypatch.setattr("photodock.cli_privacy.load_settings", lambda: away)
    shown = await run("erase", "--user", "anna", "--yes")
    assert (shown.exit_code, "objects noted for the sweeper" in shown.stdout) == (0, True)
    assert shown.stdout.rpartition("not answer: ")[2].splitlines()[0] == "12"
    for photo in photos:
        assert (await api.call("GET", f"/photos/{photo['id']}")).status_code == 404
    assert await store.has(key_of(photos[0]))
    await sweep_once(settings)
    assert [await store.has(key_of(photo)) for photo in photos] == [False] * 12


async def test_a_store_away_is_asked_a_few_times_and_not_for_each_photo(
    api: Caller, project: str, core: Core, service: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def away(key: str) -> bool:
        asked.append(key)
        raise StorageUnavailable("away")

    monkeypatch.setattr(core.store, "delete", away)
    for _ in range(30):
        await api.issue(project, jpeg())
    report = await service.erase("anna", None)
    assert report.objects == {ObjectDeletion.NOTED: 30}
    assert len(asked) <= module.CONCURRENCY


class Killed(BaseException):
    """What no handler of failures catches, as a kill is not caught."""


@pytest.mark.parametrize("call", range(1, 13))
async def test_killed_between_any_two_steps_the_next_run_does_the_rest(
    api: Caller, project: str, core: Core, settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """Steps are what commits: statements and transactions of the database, and the store's answers."""
    monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(module, "HISTORY_BATCH", 4)
    monkeypatch.setattr(module, "CONCURRENCY", 1)
    photos, bens = await uploads(api, project, 3), await api.colleague("ben").issue(project, jpeg())
    await api.colleague("ben").put(bens, jpeg())
    await api.confirm(bens["photo_id"])
    steps = 0

    def dying(step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def taken(*args: Any, **options: Any) -> Any:
            nonlocal steps
            result = await step(*args, **options)
            steps += 1
            if steps == call:
                raise Killed
            return result

        return taken

    with monkeypatch.context() as dangerous:
        for name in ("photos_of", "delete_photos", "delete_quota", "names_in_history"):
            dangerous.setattr(module.erasure, name, dying(getattr(module.erasure, name)))
        dangerous.setattr(core.store, "delete", dying(core.store.delete))
        with pytest.raises(Killed):
            await erasure(settings, core).erase("anna", None)

    assert (await erasure(settings, core).erase("anna", None)).came_meanwhile == 0
    await sweep_once(settings)
    assert [await store.has(key_of(photo)) for photo in photos] == [False] * 3
    for table, column in (("photos", "user_id"), ("photo_status_events", "actor"), ("upload_quota", "user_id")):
        assert await core.db.fetch(f"SELECT 1 FROM {table} WHERE {column} = 'anna'") == []  # noqa: S608


async def test_a_run_that_was_killed_by_the_system_has_lost_nothing(
    api: Caller, project: str, core: Core, told: Told, command: Any
) -> None:
    """The command itself, and SIGKILL as soon as some photos are gone; it never comes to the last ones."""
    for _ in range(3):
        item = {"project_id": project, "file_name": "a.jpg", "file_size": 2_000, "mime_type": "image/jpeg"}
        assert (await api.call("POST", "/photos/upload-urls", json={"items": [item] * 33})).status_code == 200
    ids = {row["id"] for row in await core.db.fetch("SELECT id FROM photos")}
    [before] = await core.db.fetch("SELECT clock_timestamp() AS now")
    process = await command("erase", "--user", "anna", "--yes", code=NEVER_DONE)

    async def some_are_gone() -> bool:
        return await core.db.fetch("SELECT 1 FROM tombstones LIMIT 1") != []

    async def its_sessions_have_ended() -> bool:
        """What it sent last may be committed after its own end."""
        sessions = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND backend_start > $1"
        return await core.db.fetch(sessions, before["now"]) == []

    await until(some_are_gone, seconds=60)
    process.kill()
    await process.communicate()
    assert process.returncode == -signal.SIGKILL
    await until(its_sessions_have_ended)

    left = {row["id"] for row in await core.db.fetch("SELECT id FROM photos")}
    stones = {row["photo_id"] for row in await core.db.fetch("SELECT photo_id FROM tombstones")}
    noted = {row["photo_id"] for row in await core.db.fetch("SELECT photo_id FROM object_deletions")}
    assert (left | stones, left & stones, noted) == (ids, set(), stones)
    _, erased = await told("erase", "--user", "anna", "--yes")
    assert erased["erased"]["photos"] == len(left) > 0
    assert await core.db.fetch("SELECT 1 FROM photos") == []


async def test_photos_made_meanwhile_go_too_or_are_named(
    api: Caller, project: str, core: Core, service: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While her photos are deleted she makes one more: it goes; one after that is counted."""
    await uploads(api, project, 1)
    made: list[str] = []
    delete, delete_quota = core.store.delete, module.erasure.delete_quota

    async def delete_and_meet_another(key: str) -> bool:
        if not made:
            made.append((await api.issue(project, jpeg()))["photo_id"])
        return await delete(key)

    async def delete_quota_and_meet_another(*args: Any) -> int:
        made.append((await api.issue(project, jpeg()))["photo_id"])
        return await delete_quota(*args)

    monkeypatch.setattr(core.store, "delete", delete_and_meet_another)
    monkeypatch.setattr(module.erasure, "delete_quota", delete_quota_and_meet_another)
    report = await service.erase("anna", None)
    assert (report.photos.total(), report.came_meanwhile) == (2, 1)
    assert [(await api.call("GET", f"/photos/{photo_id}")).status_code for photo_id in made] == [404, 200]


async def test_an_upload_under_way_during_the_erasure_is_deleted_when_it_arrives(
    api: Caller, project: str, service: Erasure, store: Store, core: Core, settings: Settings
) -> None:
    issued = await api.issue(project, jpeg())
    await service.erase("anna", None)
    assert (await api.put(issued, jpeg())).status_code == 200
    assert (await api.confirm(issued["photo_id"])).status_code == 404
    await core.db.execute("UPDATE object_deletions SET due_at = now()")
    await sweep_once(settings)
    assert not await store.has(key_of(issued))


async def test_two_erasures_and_a_deletion_at_once_do_each_photo_once(
    api: Caller, project: str, settings: Settings, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    photos = await uploads(api, project, 12)
    both = [erasure(settings, core).erase("anna", None) for _ in range(2)]
    first, second, answer = await asyncio.gather(*both, api.call("DELETE", f"/photos/{photos[7]['id']}"))
    assert first.photos.total() + second.photos.total() == (11 if answer.status_code == 204 else 12)
    [stones] = await core.db.fetch("SELECT count(*) FROM tombstones")
    assert stones["count"] == 12


async def test_a_database_that_goes_away_is_one_sentence_and_the_next_run_goes_on(
    api: Caller, project: str, run: Run, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    await uploads(api, project, 2)

    async def away(*_: object) -> int:
        raise DatabaseUnavailable("The database can't be reached right now. Try again in a few seconds.")

    with monkeypatch.context() as broken:
        broken.setattr(module.erasure, "delete_quota", away)
        shown = await run("erase", "--user", "anna", "--yes")
    assert (shown.exit_code, shown.stderr.startswith("The database can't be reached right now.")) == (1, True)
    _, erased = await told("erase", "--user", "anna", "--yes")
    assert (erased["erased"]["photos"], erased["erased"]["came_meanwhile"]) == (0, 0)
