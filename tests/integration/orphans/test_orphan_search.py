"""The bucket held against the table."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from photodock.bootstrap.core import Core
from photodock.db import moves
from photodock.db.moves import Move
from photodock.domain.errors import StorageAccessDenied, StorageUnavailable
from photodock.domain.object_key import TRIAL_PREFIX
from photodock.domain.photo import UPLOAD_EXPIRED
from photodock.domain.renditions import rendition_keys
from photodock.services.orphan_findings import Days, Kind, Outcome
from photodock.storage.bucket import Bucket
from photodock.storage.s3 import ObjectStore
from photodock.workers.leftovers import Leftovers
from support.images import jpeg, png
from support.parts import sender
from support.store import Store, key_of
from support.system import Caller

KEPT_DAYS = ((2026, 1, 1), (2026, 10, 31), (2026, 11, 1), (2026, 12, 31, 23), (2027, 1, 1))
TWO_DAYS = timedelta(days=2)


async def given_up(api: Caller, project: str, core: Core) -> dict[str, Any]:
    issued = await api.issue(project, jpeg())
    assert await moves.move(core.db, UUID(issued["photo_id"]), Move(to=UPLOAD_EXPIRED, actor="sweeper"))
    await api.put(issued, jpeg())
    return issued


async def test_every_object_has_its_kind(
    api: Caller, project: str, core: Core, search: Any, store: Store, key_in: Callable[..., str]
) -> None:
    known = key_of(await api.upload(project, jpeg()))
    awaited = await api.issue(project, jpeg())
    await api.put(awaited, jpeg())
    late = await given_up(api, project, core)
    deleted = await api.upload(project, jpeg())
    await api.call("DELETE", f"/photos/{deleted['id']}")
    mismatched = await api.issue(project, jpeg())
    await store.put(key_of(mismatched), b"text")
    await api.confirm(mismatched["photo_id"])
    orphan, lost = key_in(), key_in(project_id=str(uuid4()))
    foreign = [f"{project}/readme.txt", f"{project}/2026/11/22/roof.jpg", f"{project}/2026/02/30/{uuid4()}.jpg"]
    for key in (
        key_of(deleted),
        key_of(mismatched),
        orphan,
        lost,
        *foreign,
        "root.txt",
        "backup/a.jpg",
        "backup/b.jpg",
        f"{TRIAL_PREFIX}a.jpg",  # not shown: the doctor's own affair
    ):
        await store.put(key, jpeg())

    assert await search.kinds() == {
        known: Kind.KNOWN,
        key_of(awaited): Kind.KNOWN,
        key_of(late): Kind.GIVEN_UP,
        key_of(deleted): Kind.UNWANTED,
        key_of(mismatched): Kind.UNWANTED,
        orphan: Kind.ORPHAN,
        lost: Kind.WITHOUT_PROJECT,
        **dict.fromkeys(foreign, Kind.FOREIGN),
        "root.txt": Kind.FOREIGN,
        "backup/": Kind.FOREIGN,
    }


async def test_an_object_made_of_parts_is_found_and_adopted_and_parts_alone_are_none(
    api: Caller, project: str, core: Core, search: Any, forget: Any
) -> None:
    photo = await sender(api, project)
    started = await sender(api, project)
    for one in (photo, started):
        await one.start()
        await one.send(1)
    await photo.send(2)
    await photo.complete()
    key = key_of(photo.issued)
    assert await search.kinds() == {key: Kind.KNOWN}
    await forget(photo.photo_id, started.photo_id)
    findings = await search.findings()
    assert [(finding.key, finding.kind) for finding in findings] == [(key, Kind.ORPHAN)]
    assert await search.service.adopt(findings) == Counter({Outcome.ADOPTED: 1})
    assert (await api.photo(photo.photo_id))["status"] == "uploaded"
    await Leftovers(core.db, core.store).run_once()


async def test_renditions_are_what_their_photo_is(
    api: Caller,
    project: str,
    core: Core,
    search: Any,
    store: Store,
    key_in: Callable[..., str],
    forget: Callable[..., Any],
) -> None:
    """No orphan is adopted for one: nobody uploaded it."""
    known, deleted = await api.upload(project, jpeg()), await api.upload(project, png(), mime_type="image/png")
    await api.call("DELETE", f"/photos/{deleted['id']}")
    lost = await api.upload(project, jpeg())
    await forget(lost["id"])
    expected = {key_of(known): Kind.KNOWN, key_of(lost): Kind.ORPHAN}
    for key, kind in (
        (key_of(known), Kind.KNOWN),
        (key_of(deleted), Kind.UNWANTED),
        (key_of(lost), Kind.RENDITION),
        (key_in(project_id=str(uuid4())), Kind.RENDITION),
    ):
        for rendition in rendition_keys(key):
            await store.put(rendition, b"webp", "image/webp")
            expected[rendition] = kind
    foreign = [key_of(known).replace(".jpg", ending) for ending in (".huge.webp", ".preview.jpg", ".webp")]
    for key in foreign:
        await store.put(key, b"webp")
        expected[key] = Kind.FOREIGN

    assert await search.kinds() == expected
    findings = await search.findings()
    search.ahead = TWO_DAYS
    assert await search.service.adopt(findings) == Counter({Outcome.ADOPTED: 1})
    adopted = await search.kinds()
    assert [adopted[key] for key in rendition_keys(key_of(lost))] == [Kind.KNOWN] * 2
    assert await search.service.delete(await search.findings()) == Counter({Outcome.DELETED: 4})
    assert set(await search.kinds()) == {
        *(key_of(known), *rendition_keys(key_of(known)), key_of(lost), *rendition_keys(key_of(lost)), *foreign)
    }


async def test_a_finding_tells_size_and_age(search: Any, store: Store, key_in: Callable[..., str]) -> None:
    await store.put(key_in(), jpeg())
    [finding] = await search.findings()
    assert finding.size == len(jpeg())
    assert abs(finding.last_modified - datetime.now(UTC)) < timedelta(minutes=1)


async def test_an_empty_bucket_has_no_findings(search: Any) -> None:
    assert await search.findings() == []


async def test_a_search_may_be_of_some_days_alone(search: Any, store: Store, key_in: Callable[..., str]) -> None:
    keys = [key_in(datetime(*day, tzinfo=UTC)) for day in KEPT_DAYS]
    await asyncio.gather(*(store.put(key, b"x") for key in keys))
    for days, found in (
        (Days(), [0, 1, 2, 3, 4]),
        (Days(since=date(2026, 10, 31)), [1, 2, 3, 4]),
        (Days(since=date(2026, 11, 1)), [2, 3, 4]),
        (Days(until=date(2026, 10, 31)), [0, 1]),
        (Days(since=date(2026, 10, 31), until=date(2026, 11, 1)), [1, 2]),
        (Days(since=date(2026, 12, 31), until=date(2026, 12, 31)), [3]),
        (Days(since=date(2027, 1, 2)), []),
        (Days(until=date(2020, 1, 1)), []),
        (Days(since=date.min, until=date.max), [0, 1, 2, 3, 4]),
    ):
        assert sorted(await search.kinds(days)) == sorted(keys[index] for index in found), days


async def test_listings_go_on_from_page_to_page(
    search: Any, store: Store, key_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of 2 instead of 1,000, of keys and of projects, and as many keys looked up at once."""
    page, requests = ObjectStore._page, []

    async def small_page(self: ObjectStore, request: dict[str, Any]) -> Any:
        requests.append(request)
        return await page(self, {**request, "MaxKeys": 2})

    monkeypatch.setattr(ObjectStore, "_page", small_page)
    monkeypatch.setattr("photodock.services.orphans.BATCH", 2)
    other = [str(uuid4()) for _ in range(4)]
    keys = [*(key_in() for _ in range(5)), *(key_in(project_id=project_id) for project_id in other)]
    await asyncio.gather(*(store.put(key, b"x") for key in keys))
    assert Counter(await search.kinds()) == dict.fromkeys(keys[:5], Kind.ORPHAN) | dict.fromkeys(
        keys[5:], Kind.WITHOUT_PROJECT
    )
    assert len(requests) >= 3 + 3 + 4


async def test_a_store_that_is_away_or_refuses_ends_the_search(core: Core, search: Any, store: Store) -> None:
    for endpoint, name, error in (
        ("http://127.0.0.1:9", store.bucket, StorageUnavailable),
        (store.client.meta.endpoint_url, "no-such-bucket", StorageAccessDenied),
    ):
        away = ObjectStore(Bucket(name, "us-east-1", endpoint, "path"), core.credentials, delays=())
        search.core = type(core)(core.db, core.credentials, away, core.presigner, core.confirmation)
        with pytest.raises(error):
            await search.findings()
        await away.aclose()


class TestAdopting:
    async def test_photos_lost_in_a_restore_are_photos_again(
        self, api: Caller, project: str, search: Any, forget: Any, rows: Any
    ) -> None:
        before = [await api.upload(project, jpeg()) for _ in range(9)]
        before.append(await api.upload(project, png(), mime_type="image/png"))
        kept = await api.upload(project, jpeg())
        await forget(*(photo["id"] for photo in before))

        findings = await search.findings()
        assert Counter(finding.kind for finding in findings) == {Kind.ORPHAN: 10, Kind.KNOWN: 1}
        assert await search.service.adopt(findings) == {Outcome.ADOPTED: 10}

        same = ("id", "project_id", "mime_type", "file_size", "width", "height", "s3_url", "exif_data", "status")
        for photo in before:
            after = await api.photo(photo["id"])
            assert {name: after[name] for name in same} == {name: photo[name] for name in same}
            made = timedelta(milliseconds=UUID(photo["id"]).int >> 80)
            assert time_of(after["created_at"]) == datetime.fromtimestamp(0, UTC) + made, "its id tells"
            assert after["file_name"] == key_of(photo).rpartition("/")[2]
            assert after["detection"]["types"] == ["damage"]
        jobs = await rows("outbox")
        assert sorted(str(row["photo_id"]) for row in jobs) == sorted(photo["id"] for photo in (*before, kept))
        assert set((await search.kinds()).values()) == {Kind.KNOWN}

    async def test_the_history_says_that_a_photo_was_adopted(
        self, api: Caller, project: str, search: Any, forget: Any, rows: Any
    ) -> None:
        photo = await api.upload(project, jpeg())
        await forget(photo["id"])
        await search.service.adopt(await search.findings())
        items = (await api.call("GET", f"/photos/{photo['id']}/history")).json()["items"]
        assert [(item["from"], item["to"], item["actor"], item["reason"]) for item in items] == [
            (None, "pending_upload", "adopted", "row made again from the object"),
            ("pending_upload", "uploaded", "adopted", "upload confirmed"),
        ]
        [row] = await rows("photos")
        assert row["user_id"] == "adopted"

    async def test_a_repeat_changes_nothing(
        self, api: Caller, project: str, search: Any, forget: Any, rows: Any
    ) -> None:
        photo = await api.upload(project, jpeg())
        await forget(photo["id"])
        findings = await search.findings()
        await asyncio.gather(*(search.service.adopt(findings) for _ in range(3)))
        await search.service.adopt(findings)
        assert [to for _, to in await api.history(photo["id"])] == ["pending_upload", "uploaded"]
        assert len(await rows("outbox")) == 1

    async def test_what_came_after_all_is_a_photo_again(
        self, api: Caller, project: str, core: Core, search: Any
    ) -> None:
        issued = await given_up(api, project, core)
        assert await search.service.adopt(await search.findings()) == {Outcome.ADOPTED: 1}
        assert (await api.photo(issued["photo_id"]))["status"] == "uploaded"

    async def test_what_came_after_all_and_is_something_else_fails_its_photo(
        self, api: Caller, project: str, core: Core, search: Any, store: Store
    ) -> None:
        issued = await given_up(api, project, core)
        await store.put(key_of(issued), b"text")
        assert await search.service.adopt(await search.findings()) == {Outcome.MISMATCHED: 1}
        assert (await api.photo(issued["photo_id"]))["error"]["code"] == "content_mismatch"

    async def test_what_is_no_photo_stays_as_it_is(
        self, search: Any, store: Store, key_in: Callable[..., str], rows: Any
    ) -> None:
        objects = {
            key_in(mime_type=named): (data, stored)
            for data, stored, named in (
                (b"text", "image/jpeg", "image/jpeg"),
                (b"", "image/jpeg", "image/jpeg"),
                (jpeg(), "image/png", "image/jpeg"),
                (png(), "image/png", "image/jpeg"),
                (jpeg(), "image/jpeg", "image/png"),
                (b"GIF89a", "image/gif", "image/jpeg"),
            )
        }
        for key, (data, stored) in objects.items():
            await store.put(key, data, stored)
        assert await search.service.adopt(await search.findings()) == {Outcome.NO_PHOTO: len(objects)}
        assert [await store.has(key) for key in objects] == [True] * len(objects)
        assert await rows("photos") == []

    async def test_the_photos_of_deleted_users_stay_deleted(
        self, api: Caller, project: str, search: Any, store: Store, forget: Any, rows: Any
    ) -> None:
        """Found as an orphan, and deleted before it was adopted."""
        photo = await api.upload(project, jpeg())
        [known] = await search.findings()
        await api.call("DELETE", f"/photos/{photo['id']}")
        await store.put(key_of(photo), jpeg())
        orphan = type(known)(known.key, Kind.ORPHAN, known.size, known.last_modified)

        assert await search.service.adopt([orphan]) == {Outcome.MOVED_ON: 1}

        assert await rows("photos") == []
        assert await search.kinds() == {key_of(photo): Kind.UNWANTED}

    async def test_an_object_that_has_gone_meanwhile_leaves_nothing(
        self, search: Any, store: Store, key_in: Callable[..., str], rows: Any
    ) -> None:
        key = key_in()
        await store.put(key, jpeg())
        findings = await search.findings()
        await store.client.delete_object(Bucket=store.bucket, Key=key)
        assert await search.service.adopt(findings) == {Outcome.MOVED_ON: 1}
        assert await rows("photos") == []

    async def test_no_other_kind_is_adopted(
        self, api: Caller, project: str, search: Any, store: Store, key_in: Callable[..., str]
    ) -> None:
        await api.upload(project, jpeg())
        for key in (key_in(project_id=str(uuid4())), f"{project}/roof.jpg", "roof.jpg"):
            await store.put(key, jpeg())
        assert await search.service.adopt(await search.findings()) == {}

    async def test_a_process_that_dies_in_between_leaves_the_rest_to_the_sweeper(
        self,
        api: Caller,
        project: str,
        core: Core,
        search: Any,
        forget: Any,
        monkeypatch: pytest.MonkeyPatch,
        rows: Any,
    ) -> None:
        photo = await api.upload(project, jpeg())
        await forget(photo["id"])
        findings = await search.findings()

        async def killed(*_: Any, **__: Any) -> None:
            raise StorageUnavailable("away")

        with monkeypatch.context() as patched:
            patched.setattr(type(core.confirmation), "confirm", killed)
            with pytest.raises(StorageUnavailable):
                await search.service.adopt(findings)
        [row] = await rows("photos")
        assert row["status"] == "pending_upload"
        assert timedelta(0) < row["sweep_at"] - row["now"] < timedelta(minutes=6)


class TestDeleting:
    async def test_orphans_and_unwanted_objects_are_deleted_and_no_others(
        self, api: Caller, project: str, core: Core, search: Any, store: Store, key_in: Callable[..., str]
    ) -> None:
        known = key_of(await api.upload(project, jpeg()))
        late = key_of(await given_up(api, project, core))
        deleted = await api.upload(project, jpeg())
        await api.call("DELETE", f"/photos/{deleted['id']}")
        doomed = [key_of(deleted), key_in(project_id=str(uuid4())), *(key_in() for _ in range(9))]
        foreign = [f"{project}/roof.jpg", "roof.jpg", "backup/roof.jpg"]
        for key in (*doomed, *foreign):
            await store.put(key, jpeg())
        search.ahead = TWO_DAYS

        findings = await search.findings()
        assert sorted(finding.key for finding in search.service.deletable(findings)) == sorted(doomed)
        assert await search.service.delete(findings) == {Outcome.DELETED: len(doomed)}

        assert [await store.has(key) for key in doomed] == [False] * len(doomed)
        assert [await store.has(key) for key in (known, late, *foreign)] == [True] * 5

    @pytest.mark.parametrize(("hours", "left"), [(23, True), (25, False)])
    async def test_objects_younger_than_a_day_are_never_deleted(
        self, search: Any, store: Store, key_in: Callable[..., str], hours: int, left: bool
    ) -> None:
        key = key_in()
        await store.put(key, jpeg())
        search.ahead = timedelta(hours=hours)
        await search.service.delete(await search.findings())
        assert await store.has(key) == left

    async def test_what_was_adopted_since_the_search_is_kept(
        self, search: Any, store: Store, key_in: Callable[..., str]
    ) -> None:
        key = key_in()
        await store.put(key, jpeg())
        search.ahead = TWO_DAYS
        findings = await search.findings()
        await search.service.adopt(findings)
        assert await search.service.delete(findings) == {Outcome.MOVED_ON: 1}
        assert await store.has(key)


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)
