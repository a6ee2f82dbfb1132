"""A photo in parts, on the real database and S3 server."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from photodock.bootstrap.core import Core
from photodock.domain.parts import LEAST_PART_SIZE
from photodock.settings import Settings
from photodock.storage.s3 import ObjectHead, ObjectStore
from support.clock import within_one_minute
from support.images import jpeg
from support.parts import LARGE, Sender, sender
from support.serving import serving
from support.store import Store, key_of
from support.system import Caller, sha256


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_photo_in_parts_goes_the_whole_way(photo: Sender, store: Store) -> None:
    started = await photo.start()
    assert (started["part_size"], started["part_count"], started["part_checksums"]) == (LEAST_PART_SIZE, 2, False)
    assert 6 * 86_400 < started["expires_in_seconds"] < 8 * 86_400
    items = (await photo.parts(2, 1))["items"]
    assert [(item["part_number"], item["size"], item["method"]) for item in items] == [
        (2, len(LARGE) - LEAST_PART_SIZE, "PUT"),
        (1, LEAST_PART_SIZE, "PUT"),
    ]
    assert 890 < items[0]["expires_in_seconds"] <= 900
    etags = [{"part_number": item["part_number"], "etag": (await photo.put(item)).headers["etag"]} for item in items]
    assert not await store.has(key_of(photo.issued))
    answer = await photo.complete(parts=etags)
    assert (answer.status_code, answer.json()["status"]) == (200, "uploaded")
    assert answer.json()["exif_data"]["camera_make"] == "Acme"
    assert answer.headers["etag"]
    served = await photo.caller.storage.get(answer.json()["download_url"])
    assert (served.content, served.headers["content-type"]) == (LARGE, "image/jpeg")
    assert await photo.caller.history(photo.photo_id) == [(None, "pending_upload"), ("pending_upload", "uploaded")]


async def test_an_upload_is_resumed_with_what_is_there(photo: Sender) -> None:
    first = await photo.start()
    assert await photo.parts() == {"items": [], "uploaded": []}
    await photo.send(2)
    again = await photo.start()
    assert {**again, "expires_in_seconds": 0, "expires_at": ""} == {**first, "expires_in_seconds": 0, "expires_at": ""}
    [there] = (await photo.parts())["uploaded"]
    assert (there["part_number"], there["size"]) == (2, len(LARGE) - LEAST_PART_SIZE)
    await photo.send(1)
    assert (await photo.complete()).json()["status"] == "uploaded"


async def test_asking_for_urls_puts_the_end_off(photo: Sender, core: Any) -> None:
    before = await photo.start()
    await core.db.execute("UPDATE photos SET url_expires_at = now(), sweep_at = now()")
    await photo.parts(1)
    after = await photo.start()
    assert after["expires_at"] >= before["expires_at"]
    [row] = await core.db.fetch("SELECT sweep_at > now() + interval '15 minutes' AS is_later FROM photos")
    assert row["is_later"]


async def test_parts_with_checksums_are_compared_by_the_store(photo: Sender) -> None:
    assert (await photo.start(part_checksums=True))["part_checksums"] is True
    items = (await photo.parts(1, 2, checksums=True))["items"]
    assert items[0]["headers"] == {"X-Amz-Checksum-Sha256": sha256(photo.part(1))}
    refused = await photo.put(items[0], b"x" * LEAST_PART_SIZE)
    assert (refused.status_code, "BadDigest" in refused.text) == (400, True)
    for item in items:
        assert (await photo.put(item)).status_code == 200
    assert (await photo.complete()).json()["status"] == "uploaded"


async def test_a_part_of_other_bytes_than_its_url_was_last_asked_for_is_told_at_the_end(photo: Sender) -> None:
    await photo.start(part_checksums=True)
    [first, second] = (await photo.parts(1, 2, checksums=True))["items"]
    changed = Sender(photo.caller, photo.issued, LARGE[:-1] + b"x")
    await changed.parts(2, checksums=True)
    for item in (first, second):
        assert (await photo.put(item)).status_code == 200
    assert code(await photo.complete()) == (409, "multipart_incomplete")
    await photo.send(2, checksums=True)
    assert (await photo.complete()).json()["status"] == "uploaded"


async def test_a_part_whose_checksum_is_not_known_any_more_is_asked_for_again(photo: Sender, core: Any) -> None:
    await photo.start(part_checksums=True)
    await photo.send(1, 2, checksums=True)
    await core.db.execute("UPDATE multipart_uploads SET part_checksums = part_checksums - '2'")
    answer = await photo.complete()
    assert (code(answer), ": 2." in answer.json()["detail"]) == ((409, "multipart_incomplete"), True)
    await photo.send(2, checksums=True)
    assert (await photo.complete()).json()["status"] == "uploaded"


async def test_checksums_are_for_uploads_that_were_started_with_them_and_for_all_their_parts(
    photo: Sender, api: Caller, project: str
) -> None:
    await photo.start(part_checksums=True)
    assert code(await photo.call("GET", "/parts?numbers=1")) == (422, "invalid_request")
    plain = await sender(api, project)
    assert (await plain.start())["part_checksums"] is False
    query = {"numbers": "1", "checksums_sha256": sha256(plain.part(1))}
    assert code(await plain.call("GET", "/parts", params=query)) == (422, "invalid_request")
    assert (await plain.start(part_checksums=True))["part_checksums"] is False


@pytest.mark.parametrize(
    "query",
    [
        *("numbers=0", "numbers=1,1", "numbers=3", "numbers=-1", "numbers=1001", "numbers=1,", "numbers=a", "numbers="),
        *(f"numbers={','.join(map(str, range(1, 102)))}", "checksums_sha256=x", "numbers=1&checksums_sha256=x"),
    ],
)
async def test_what_are_no_numbers_of_parts_is_refused(photo: Sender, query: str) -> None:
    await photo.start()
    assert code(await photo.call("GET", f"/parts?{query}")) == (422, "invalid_request")


async def test_a_photo_is_not_completed_while_parts_are_missing(photo: Sender) -> None:
    await photo.start()
    await photo.send(2)
    answer = await photo.complete()
    assert code(answer) == (409, "multipart_incomplete")
    assert "these are missing: 1." in answer.json()["detail"]
    assert (await photo.caller.photo(photo.photo_id))["status"] == "pending_upload"


async def test_parts_that_are_others_than_the_client_means_are_told(photo: Sender) -> None:
    await photo.start()
    await photo.send(1, 2)
    there = (await photo.parts())["uploaded"]
    named = [{"part_number": one["part_number"], "etag": one["etag"]} for one in there]
    for wrong in ([{**named[0], "etag": "0" * 32}, named[1]], named[:1], []):
        assert code(await photo.complete(parts=wrong)) == (409, "multipart_incomplete")
    assert (await photo.complete(parts=named)).json()["status"] == "uploaded"


async def test_a_small_photo_needs_no_parts(api: Caller, project: str) -> None:
    small = await sender(api, project, jpeg())
    answer = await small.call("POST")
    assert code(answer) == (409, "multipart_not_needed")
    assert "5000000" in answer.json()["detail"]


async def test_nothing_can_be_had_of_an_upload_that_was_not_started(photo: Sender) -> None:
    assert code(await photo.call("GET", "/parts")) == (409, "multipart_not_started")
    assert code(await photo.complete()) == (409, "multipart_not_started")
    assert (await photo.call("DELETE")).status_code == 204


async def test_a_completion_may_be_repeated_and_nothing_else_is_left_to_do(photo: Sender) -> None:
    await photo.start()
    await photo.send(1, 2)
    first, second = await photo.complete(), await photo.complete()
    assert (first.status_code, first.json()["id"]) == (second.status_code, second.json()["id"]) == (200, photo.photo_id)
    assert code(await photo.call("POST")) == (409, "invalid_status_transition")
    assert code(await photo.call("GET", "/parts?numbers=1")) == (409, "invalid_status_transition")
    assert (await photo.call("DELETE")).status_code == 204
    assert (await photo.caller.photo(photo.photo_id))["status"] == "uploaded"


async def test_of_completions_at_once_each_is_answered_with_the_photo(photo: Sender) -> None:
    await photo.start()
    await photo.send(1, 2)
    answers = await asyncio.gather(*(photo.complete() for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["status"] for answer in answers} <= {"uploaded", "processing"}
    assert await photo.caller.history(photo.photo_id) == [(None, "pending_upload"), ("pending_upload", "uploaded")]


async def test_an_aborted_upload_leaves_nothing_and_the_photo_may_be_sent_otherwise(
    photo: Sender, uploads_of: Any
) -> None:
    await photo.start()
    [item] = (await photo.parts(1))["items"]
    assert (await photo.put(item)).status_code == 200
    assert len(await uploads_of(photo)) == 1
    assert (await photo.call("DELETE")).status_code == 204
    assert await uploads_of(photo) == []
    assert (await photo.put(item)).status_code == 404
    assert code(await photo.call("GET", "/parts")) == (409, "multipart_not_started")
    assert (await photo.caller.put(photo.issued, LARGE)).status_code == 200
    assert (await photo.caller.confirm(photo.photo_id)).json()["status"] == "uploaded"


async def test_after_an_abort_it_starts_anew(photo: Sender) -> None:
    await photo.start()
    await photo.send(1)
    await photo.call("DELETE")
    await photo.start(part_checksums=True)
    assert (await photo.parts())["uploaded"] == []
    await photo.send(1, 2, checksums=True)
    assert (await photo.complete()).json()["status"] == "uploaded"


@pytest.mark.parametrize("kept", [LARGE, b"no photo".ljust(len(LARGE))], ids=["a photo", "no photo"])
@pytest.mark.parametrize("declared", [True, False], ids=["with checksum", "without"])
async def test_what_parts_make_is_confirmed_as_any_object(
    api: Caller, project: str, store: Store, kept: bytes, declared: bool
) -> None:
    fields = {"checksum_sha256": sha256(kept)} if declared else {}
    photo = await sender(api, project, kept, **fields)
    await photo.start()
    await photo.send(1, 2)
    answer = await photo.complete()
    status = "uploaded" if kept == LARGE else "failed"
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert await store.has(key_of(photo.issued)) == (status == "uploaded")


async def test_a_whole_with_another_checksum_than_declared_is_a_mismatch(
    api: Caller, project: str, store: Store
) -> None:
    """S3 compares no more than the parts: the service reads the whole."""
    photo = await sender(api, project, LARGE, checksum_sha256=sha256(LARGE[:-1] + b"x"))
    await photo.start(part_checksums=True)
    await photo.send(1, 2, checksums=True)
    error = (await photo.complete()).json()["error"]
    assert (error["code"], "SHA-256" in error["detail"]) == ("content_mismatch", True)
    assert not await store.has(key_of(photo.issued))
    asked = {"project_id": project, "checksums": [sha256(LARGE[:-1] + b"x"), sha256(LARGE)]}
    assert (await api.call("POST", "/photos/exists", json=asked)).json()["items"] == []


async def test_a_photo_in_parts_whose_checksum_is_right_exists_afterwards(api: Caller, project: str) -> None:
    photo = await sender(api, project, LARGE, checksum_sha256=sha256(LARGE))
    await photo.start()
    await photo.send(1, 2)
    await photo.complete()
    asked = {"project_id": project, "checksums": [sha256(LARGE)]}
    [found] = (await api.call("POST", "/photos/exists", json=asked)).json()["items"]
    assert found["photo_id"] == photo.photo_id


async def test_a_whole_is_read_once_for_all_who_confirm_it_at_a_time(
    api: Caller, project: str, store: Store, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever may confirm has the service read gigabytes by small requests."""
    photo = await sender(api, project, LARGE, checksum_sha256=sha256(LARGE))
    await photo.start()
    await photo.send(1, 2)
    key = key_of(photo.issued)
    [upload] = [one.upload_id async for one in core.store.open_uploads() if one.key == key]
    await core.store.complete_upload(key, upload, await core.store.list_parts(key, upload), None)
    calls, heads, ranges, all_read = 12, list[str](), list[int](), asyncio.Event()
    read_head, read_range = ObjectStore.read_head, ObjectStore.read_range

    async def counted(store: ObjectStore, key: str, length: int) -> ObjectHead:
        head = await read_head(store, key, length)
        heads.append(key)
        if len(heads) == calls:
            all_read.set()
        return head

    async def held(store: ObjectStore, key: str, start: int, end: int) -> bytes:
        ranges.append(start)
        await all_read.wait()
        return await read_range(store, key, start, end)

    monkeypatch.setattr(ObjectStore, "read_head", counted)
    monkeypatch.setattr(ObjectStore, "read_range", held)
    answers = await asyncio.gather(*(api.confirm(photo.photo_id) for _ in range(calls)))
    assert {answer.json()["status"] for answer in answers} == {"uploaded"}
    assert ranges == sorted(set(ranges))
    assert len(ranges) == 2


async def test_another_organization_and_unknown_ids_find_nothing(photo: Sender) -> None:
    await photo.start()
    stranger = photo.caller.stranger()
    for photo_id in (photo.photo_id, str(uuid4())):
        other = Sender(stranger, {"photo_id": photo_id})
        for method, path in (("POST", ""), ("GET", "/parts?numbers=1"), ("POST", "/complete"), ("DELETE", "")):
            assert code(await other.call(method, path)) == (404, "photo_not_found")
    assert (await photo.parts())["uploaded"] == []


async def test_parts_cost_no_quota(photo: Sender) -> None:
    await photo.start()
    answer = await photo.call("GET", "/parts?numbers=1,2")
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("ratelimit")]
    assert answer.headers["cache-control"] == "no-store"


async def test_starting_costs_quota_as_a_url_does_and_a_repeat_is_free(settings: Settings) -> None:
    await within_one_minute()
    async for api in serving(settings.model_copy(update={"upload_urls_per_minute": 4})):
        project = await api.make_project()
        first, second = [await sender(api, project) for _ in range(2)]
        answers = [await photo.call("POST") for photo in (first, first, second)]
        left = [(answer.status_code, answer.headers.get("ratelimit-remaining")) for answer in answers]
        assert left == [(200, "1"), (200, None), (200, "0")]
        assert (await first.call("DELETE")).status_code == 204
        refused = await first.call("POST")
        assert code(refused) == (429, "rate_limited")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("4", "0")
        assert (await second.call("POST")).status_code == 200
