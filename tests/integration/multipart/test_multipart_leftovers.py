"""What is left of uploads in parts when processes die, photos go, or objects come another way: all of it is aborted."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from photodock.bootstrap.core import Core
from photodock.bootstrap.worker import sweeper
from photodock.db import multipart
from photodock.domain.errors import StorageAccessDenied, StorageUnavailable
from photodock.domain.photo import object_key
from photodock.settings import Settings
from photodock.workers.leftovers import GRACE, Leftovers
from support.parts import LARGE, Sender
from support.store import Store, key_of

DAY = timedelta(days=1)


def leftovers(core: Core, later: timedelta = timedelta(0)) -> Leftovers:
    return Leftovers(core.db, core.store, clock=lambda: datetime.now(UTC) + later)


async def rows(core: Core) -> int:
    [row] = await core.db.fetch("SELECT count(*) FROM multipart_uploads")
    return int(row["count"])


async def upload_of(core: Core, photo: Sender) -> multipart.MultipartUpload:
    found = await multipart.get(core.db, UUID(photo.photo_id), photo.caller.organization_id)
    assert found is not None
    return found


async def test_of_starts_at_once_one_upload_survives(photo: Sender, core: Core, uploads_of: Any) -> None:
    started = await asyncio.gather(*(photo.start() for _ in range(6)))
    assert len({one["part_count"] for one in started}) == 1
    assert await uploads_of(photo) == [(await upload_of(core, photo)).s3_upload_id]
    await photo.send(1, 2)
    assert (await photo.complete()).json()["status"] == "uploaded"


async def test_an_upload_that_was_begun_by_a_process_that_died_is_aborted_a_day_later(
    photo: Sender, core: Core, uploads_of: Any
) -> None:
    await core.store.begin_upload(key_of(photo.issued), "image/jpeg", part_checksums=False)
    # What other tests left behind counts as well: this photo's upload is looked for, not the number of aborted ones.
    for younger in (timedelta(0), GRACE - timedelta(minutes=1)):
        await leftovers(core, younger).run_once()
        assert len(await uploads_of(photo)) == 1
    assert await leftovers(core, GRACE + timedelta(minutes=1)).run_once() >= 1
    assert await uploads_of(photo) == []


async def test_uploads_under_way_and_those_of_others_stay_however_old(
    photo: Sender, core: Core, store: Store, uploads_of: Any
) -> None:
    await photo.start()
    foreign = await store.client.create_multipart_upload(Bucket=store.bucket, Key=f"backups/{uuid4()}")
    await leftovers(core, 30 * DAY).run_once()
    assert await uploads_of(photo) == [(await upload_of(core, photo)).s3_upload_id]
    ids = [one.upload_id async for one in core.store.open_uploads()]
    assert foreign["UploadId"] in ids
    await core.store.abort_upload(foreign["Key"], foreign["UploadId"])


async def test_an_upload_of_another_installation_in_the_same_bucket_stays(core: Core) -> None:
    """Its keys have the same form; its projects stand in another database."""
    key = object_key(uuid4(), uuid7(), "image/jpeg", datetime.now(UTC))
    theirs = await core.store.begin_upload(key, "image/jpeg", part_checksums=False)
    await leftovers(core, 30 * DAY).run_once()
    assert theirs in [one.upload_id async for one in core.store.open_uploads()]
    await core.store.abort_upload(key, theirs)


async def test_all_open_uploads_are_listed_page_by_page(core: Core, store: Store, monkeypatch: Any) -> None:
    keys = [f"pages/{uuid4()}" for _ in range(5)]
    begun = {key: await core.store.begin_upload(key, "image/jpeg", part_checksums=False) for key in keys}
    client = await core.store._sdk_client()
    whole = client.list_multipart_uploads

    async def of_two(**request: Any) -> Any:
        return await whole(**request, MaxUploads=2)

    monkeypatch.setattr(client, "list_multipart_uploads", of_two)
    found = {one.key: one.upload_id async for one in core.store.open_uploads()}
    assert begun.items() <= found.items()
    for key, upload_id in begun.items():
        await core.store.abort_upload(key, upload_id)


async def completed_alone(core: Core, photo: Sender) -> None:
    """As by a process that died right afterwards."""
    await photo.start()
    await photo.send(1, 2)
    upload = await upload_of(core, photo)
    found = await core.store.list_parts(upload.s3_key, upload.s3_upload_id)
    await core.store.complete_upload(upload.s3_key, upload.s3_upload_id, found, None)


async def test_killed_after_the_completion_the_clients_repeat_confirms(photo: Sender, core: Core) -> None:
    await completed_alone(core, photo)
    assert (await photo.complete()).json()["status"] == "uploaded"
    assert await rows(core) == 0


async def test_killed_after_the_completion_asking_for_parts_confirms(photo: Sender, core: Core) -> None:
    await completed_alone(core, photo)
    answer = await photo.call("GET", "/parts?numbers=1")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_status_transition")
    assert (await photo.caller.photo(photo.photo_id))["status"] == "uploaded"


async def test_killed_after_the_completion_the_sweeper_confirms_and_forgets(
    photo: Sender, core: Core, settings: Settings
) -> None:
    await completed_alone(core, photo)
    await core.db.execute("UPDATE photos SET sweep_at = now()")
    await sweeper(settings, core).run_once()
    assert (await photo.caller.photo(photo.photo_id))["status"] == "uploaded"
    assert await rows(core) == 0


async def test_an_object_that_came_by_the_upload_url_stays_and_the_parts_go(
    photo: Sender, core: Core, uploads_of: Any
) -> None:
    """The first order of the race: the PUT is there before the completion."""
    await photo.start()
    await photo.send(1, 2)
    other = LARGE[:-1] + b"x"
    assert (await photo.caller.put(photo.issued, other)).status_code == 200
    answer = await photo.complete()
    assert (answer.status_code, answer.json()["status"]) == (200, "uploaded")
    assert (await photo.caller.storage.get(answer.json()["download_url"])).content == other
    assert await uploads_of(photo) == []
    assert await rows(core) == 0


async def test_an_object_that_was_made_of_parts_is_written_over_by_no_upload_url(photo: Sender) -> None:
    """The second order: the completion is there before the PUT."""
    await photo.start()
    await photo.send(1, 2)
    assert (await photo.complete()).json()["status"] == "uploaded"
    assert (await photo.caller.put(photo.issued, LARGE[:-1] + b"x")).status_code == 412
    served = await photo.caller.storage.get((await photo.caller.photo(photo.photo_id))["download_url"])
    assert served.content == LARGE


async def test_of_a_put_and_a_completion_at_once_one_makes_the_object(photo: Sender, uploads_of: Any) -> None:
    await photo.start()
    await photo.send(1, 2)
    other = LARGE[:-1] + b"x"
    sent, completed = await asyncio.gather(photo.caller.put(photo.issued, other), photo.complete())
    assert completed.json()["status"] == "uploaded"
    content = (await photo.caller.storage.get(completed.json()["download_url"])).content
    assert content == (other if sent.status_code == 200 else LARGE)
    assert await uploads_of(photo) == []


async def test_a_photo_that_arrived_otherwise_has_its_parts_aborted_by_the_sweeper(
    photo: Sender, core: Core, uploads_of: Any
) -> None:
    await photo.start()
    await photo.send(1)
    await photo.caller.put(photo.issued, LARGE)
    assert (await photo.caller.confirm(photo.photo_id)).json()["status"] == "uploaded"
    assert len(await uploads_of(photo)) == 1
    assert await leftovers(core).run_once() == 1
    assert (await uploads_of(photo), await rows(core)) == ([], 0)


async def test_a_photo_that_is_given_up_has_its_parts_aborted(
    photo: Sender, core: Core, settings: Settings, uploads_of: Any
) -> None:
    await photo.start()
    await photo.send(1)
    await core.db.execute("UPDATE photos SET url_expires_at = now() - interval '8 days', sweep_at = now()")
    await sweeper(settings, core).run_once()
    assert (await photo.caller.photo(photo.photo_id))["error"]["code"] == "upload_expired"
    assert (await uploads_of(photo), await rows(core)) == ([], 0)
    answer = await photo.call("POST")
    assert (answer.status_code, "fresh upload URL" in answer.json()["detail"]) == (409, True)
    await photo.caller.call("POST", f"/photos/{photo.photo_id}/upload-url")
    await photo.start()
    await photo.send(1, 2)
    assert (await photo.complete()).json()["status"] == "uploaded"


async def test_deleting_a_photo_aborts_its_upload_before_the_answer(
    photo: Sender, core: Core, store: Store, uploads_of: Any
) -> None:
    await photo.start()
    [first, second] = (await photo.parts(1, 2))["items"]
    assert (await photo.put(first)).status_code == 200
    assert (await photo.caller.call("DELETE", f"/photos/{photo.photo_id}")).status_code == 204
    assert await uploads_of(photo) == []
    assert (await photo.put(second)).status_code == 404
    assert (await photo.complete()).status_code == 404
    assert await leftovers(core).run_once() == 1
    assert await rows(core) == 0
    assert not await store.has(key_of(photo.issued))


async def test_of_a_deletion_and_a_completion_at_once_nothing_stays(
    photo: Sender, core: Core, store: Store, uploads_of: Any
) -> None:
    await photo.start()
    await photo.send(1, 2)
    deleted, _ = await asyncio.gather(
        photo.caller.call("DELETE", f"/photos/{photo.photo_id}"), photo.complete(), return_exceptions=True
    )
    assert deleted.status_code == 204
    await core.db.execute("UPDATE object_deletions SET due_at = now()")
    for row in await core.db.fetch("SELECT s3_key FROM object_deletions"):
        await core.store.delete(row["s3_key"])
    await leftovers(core).run_once()
    assert not await store.has(key_of(photo.issued))
    assert (await uploads_of(photo), await rows(core)) == ([], 0)


class Away:
    """The store's calls for parts fail as the test says."""

    def __init__(self, core: Core, error: Exception) -> None:
        self._core, self._error, self.calls = core, error, 0

    async def abort_upload(self, key: str, upload_id: str) -> None:
        self.calls += 1
        raise self._error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core.store, name)


@pytest.mark.parametrize(
    ("error", "wait"),
    [(StorageUnavailable("away"), timedelta(minutes=1)), (StorageAccessDenied("no"), timedelta(hours=1))],
    ids=["away", "refusing"],
)
async def test_with_the_store_away_the_sweeper_comes_back_later(
    photo: Sender, core: Core, uploads_of: Any, error: Exception, wait: timedelta
) -> None:
    await photo.start()
    await core.db.execute("DELETE FROM photos")
    now = datetime.now(UTC)
    away: Any = Away(core, error)
    part = Leftovers(core.db, away, clock=lambda: now)
    assert (await part.run_once(), away.calls) == (0, 1)
    now += wait - timedelta(seconds=1)
    assert (await part.run_once(), away.calls) == (0, 1)
    now += timedelta(seconds=2)
    part._store = core.store
    assert await part.run_once() == 1
    assert (await uploads_of(photo), await rows(core)) == ([], 0)


async def test_an_upload_that_the_bucket_gave_up_starts_anew(photo: Sender, core: Core, uploads_of: Any) -> None:
    await photo.start()
    await photo.send(1)
    upload = await upload_of(core, photo)
    await core.store.abort_upload(upload.s3_key, upload.s3_upload_id)
    answer = await photo.call("GET", "/parts?numbers=2")
    assert (answer.status_code, answer.json()["code"]) == (409, "multipart_not_started")
    await photo.start()
    assert (await upload_of(core, photo)).s3_upload_id != upload.s3_upload_id
    await photo.send(1, 2)
    assert (await photo.complete()).json()["status"] == "uploaded"


async def test_a_photo_that_goes_while_its_upload_begins_leaves_none(
    photo: Sender, core: Core, uploads_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = type(core.store).begin_upload

    async def deleted_meanwhile(store: Any, key: str, content_type: str, **options: Any) -> str:
        begun = await begin(store, key, content_type, **options)
        await photo.caller.call("DELETE", f"/photos/{photo.photo_id}")
        return begun

    monkeypatch.setattr(type(core.store), "begin_upload", deleted_meanwhile)
    assert (await photo.call("POST")).status_code == 404
    assert (await uploads_of(photo), await rows(core)) == ([], 0)


async def test_whoever_sees_the_photo_confirmed_keeps_no_personal_rest(photo: Sender, core: Core) -> None:
    """The checksums of parts go with the photo, though the row waits for the sweeper."""
    await photo.start(part_checksums=True)
    await photo.parts(1, checksums=True)
    assert (await upload_of(core, photo)).part_checksums
    await photo.caller.call("DELETE", f"/photos/{photo.photo_id}")
    [row] = await core.db.fetch("SELECT part_checksums FROM multipart_uploads")
    assert row["part_checksums"] is None
