"""Deleting: the photo is gone for everyone, its object leaves the store, and nothing personal stays."""

import asyncio
from uuid import UUID

import pytest

from photodock.db import uploaded
from photodock.db.moves import Move
from photodock.db.pool import Database
from photodock.db.uploaded import Found
from photodock.domain.errors import DatabaseUnavailable
from photodock.domain.identity import Trace
from photodock.domain.photo import UPLOADED
from photodock.settings import Settings
from support.calls import ABOUT_A_PHOTO, SCOPES, Call
from support.images import jpeg
from support.polling import until
from support.serving import changed, running
from support.store import Store, key_of
from support.system import Caller

TRACES_OF_A_PERSON = ("anna", "my-key", "roof of mrs smith", "52.5163", "Acme")


async def test_after_deletion_nothing_is_left_but_a_tombstone(
    api: Caller, project: str, db: Database, store: Store
) -> None:
    photo = await api.upload(
        project, jpeg(), key="my-key", file_name="roof of mrs smith.jpg", client_metadata={"latitude": 52.5163}
    )
    photo_id, key = UUID(photo["id"]), key_of(photo)

    answer = await api.call("DELETE", f"/photos/{photo_id}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert not await store.has(key)
    assert await db.fetch("SELECT 1 FROM photos WHERE id = $1", photo_id) == []
    assert await db.fetch("SELECT 1 FROM outbox WHERE photo_id = $1", photo_id) == []
    [stone] = await db.fetch("SELECT * FROM tombstones WHERE photo_id = $1", photo_id)
    assert set(stone.keys()) == {
        *("photo_id", "organization_id", "project_id", "s3_key", "url_expires_at", "deleted_at")
    }
    assert (stone["organization_id"], stone["s3_key"]) == (api.organization_id, key)


async def test_nothing_personal_of_a_deleted_photo_stays_in_any_table(api: Caller, project: str, db: Database) -> None:
    photo = await api.upload(
        project, jpeg(), key="my-key", file_name="roof of mrs smith.jpg", client_metadata={"latitude": 52.5163}
    )
    await api.call("DELETE", f"/photos/{photo['id']}")

    for table in ("photos", "photo_status_events", "outbox", "tombstones", "object_deletions"):
        rows = await db.fetch(
            f"SELECT to_jsonb(t)::text AS row FROM {table} t WHERE organization_id = $1",  # noqa: S608  (names of ours)
            api.organization_id,
        )
        for row in rows:
            assert not any(trace in row["row"] for trace in TRACES_OF_A_PERSON), table
    events = await db.fetch("SELECT actor, to_status FROM photo_status_events WHERE photo_id = $1", UUID(photo["id"]))
    assert [(row["actor"], row["to_status"]) for row in events] == [(None, "pending_upload"), (None, "uploaded")]


async def test_a_second_look_is_scheduled_after_the_last_urls_end(api: Caller, project: str, db: Database) -> None:
    photo = await api.upload(project, jpeg())
    await api.call("DELETE", f"/photos/{photo['id']}")
    row = await db.fetchrow(
        "SELECT s3_key, due_at > url_expires_at AS later FROM object_deletions WHERE photo_id = $1", UUID(photo["id"])
    )
    assert row is not None
    assert (row["s3_key"], row["later"]) == (key_of(photo), True)


@pytest.fixture(scope="module")
async def deleted_by(running_api: Caller) -> tuple[Caller, str, str]:
    """A caller with every scope, a project and the id of a deleted photo."""
    caller = running_api.stranger().colleague("anna", SCOPES)
    project_id = await caller.make_project()
    photo_id = (await caller.upload(project_id, jpeg()))["id"]
    assert (await caller.call("DELETE", f"/photos/{photo_id}")).status_code == 204
    return caller, project_id, photo_id


@pytest.mark.parametrize("call", ABOUT_A_PHOTO, ids=str)
async def test_a_deleted_photo_is_not_found_anywhere(deleted_by: tuple[Caller, str, str], call: Call) -> None:
    caller, project_id, photo_id = deleted_by
    answer = await call.by(caller, photo_id=photo_id, project_id=project_id)
    assert (answer.status_code, answer.json()["code"]) == (404, "photo_not_found")


async def test_a_deleted_photo_leaves_the_list(api: Caller, project: str) -> None:
    kept, gone = await api.upload(project, jpeg()), await api.upload(project, jpeg())
    await api.call("DELETE", f"/photos/{gone['id']}")
    listed = (await api.call("GET", f"/photos?project_id={project}")).json()["items"]
    assert [photo["id"] for photo in listed] == [kept["id"]]


async def test_a_photo_whose_upload_never_came_can_be_deleted(api: Caller, project: str) -> None:
    issued = await api.issue(project, jpeg())
    assert (await api.call("DELETE", f"/photos/{issued['photo_id']}")).status_code == 204


async def test_an_upload_after_the_deletion_is_watched_by_the_second_look(
    api: Caller, project: str, db: Database, store: Store
) -> None:
    issued = await api.issue(project, jpeg())
    await api.call("DELETE", f"/photos/{issued['photo_id']}")
    assert (await api.put(issued, jpeg())).status_code == 200
    assert await store.has(key_of(issued))
    rows = await db.fetch("SELECT 1 FROM object_deletions WHERE s3_key = $1", key_of(issued))
    assert len(rows) == 1


async def test_deleting_while_storage_is_away_still_answers_204(
    settings: Settings, api: Caller, project: str, db: Database, unused_port: int
) -> None:
    photo = await api.upload(project, jpeg())
    away = changed(settings, s3_endpoint_url=f"http://127.0.0.1:{unused_port}")
    async with running(away) as elsewhere:
        same = Caller(elsewhere.http, elsewhere.storage, api.organization_id)
        assert (await same.call("DELETE", f"/photos/{photo['id']}")).status_code == 204

    row = await db.fetchrow(
        "SELECT due_at <= now() AS due FROM object_deletions WHERE photo_id = $1", UUID(photo["id"])
    )
    assert row is not None
    assert row["due"], "the sweeper deletes it as soon as the store is back"
    assert (await api.call("GET", f"/photos/{photo['id']}")).status_code == 404


async def test_a_deletion_stands_even_if_the_database_goes_before_the_second_look_is_noted(
    api: Caller, project: str, db: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise DatabaseUnavailable("away")

    photo = await api.upload(project, jpeg())
    monkeypatch.setattr("photodock.db.sweep.schedule_deletion", away)
    assert (await api.call("DELETE", f"/photos/{photo['id']}")).status_code == 204
    assert not await store.has(key_of(photo))
    assert len(await db.fetch("SELECT 1 FROM object_deletions WHERE photo_id = $1", UUID(photo["id"]))) == 1


async def test_a_deletion_that_waited_for_a_confirm_erases_its_actor_too(
    api: Caller, project: str, db: Database
) -> None:
    """The confirm commits while the deletion waits for the row: its history must not outlive the photo with a name."""
    photo_id = UUID((await api.issue(project, jpeg()))["photo_id"])
    async with db.transaction() as tx:
        change = Move(to=UPLOADED, actor="anna")
        assert await uploaded.mark_uploaded(
            tx, photo_id, change, Found(1, 1, None), s3_uri="s3://x/y", trace=Trace("1")
        )
        deletion = asyncio.create_task(api.call("DELETE", f"/photos/{photo_id}"))
        await until(lambda: waits_for_a_lock(db))
    assert (await deletion).status_code == 204

    events = await db.fetch("SELECT actor, to_status FROM photo_status_events WHERE photo_id = $1", photo_id)
    assert [(row["actor"], row["to_status"]) for row in events] == [(None, "pending_upload"), (None, "uploaded")]


async def waits_for_a_lock(db: Database) -> bool:
    sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return await db.fetch(sql) != []


async def test_of_ten_deletions_at_once_one_succeeds(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    answers = await asyncio.gather(*(api.call("DELETE", f"/photos/{photo['id']}") for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204, *[404] * 9]
