"""Objects that are not what was declared, and confirms that meet something else on their way."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from photodock.db.pool import Database
from support.images import jpeg, png
from support.reads import Reads
from support.store import Store, key_of
from support.system import Caller

TEXT = b"This is a text, whatever its name says.".ljust(2_000)


@dataclass(frozen=True)
class Wrong:
    """What is put under a key for which `jpeg()` was declared, and a piece of the sentence that says so."""

    name: str
    data: Callable[[], bytes]
    content_type: str
    says: str


WRONG = (
    Wrong("longer", lambda: jpeg() + b"\0", "image/jpeg", f"{len(jpeg()) + 1} bytes; {len(jpeg())} were declared"),
    Wrong("empty", lambda: b"", "image/jpeg", "0 bytes"),
    Wrong("another type", jpeg, "image/png", "stored as image/png; image/jpeg"),
    Wrong("a PNG", lambda: png(8, 8, least_bytes=len(jpeg()))[: len(jpeg())], "image/jpeg", "content is image/png"),
    Wrong("a text", lambda: TEXT[: len(jpeg())].ljust(len(jpeg())), "image/jpeg", "no known image"),
)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
async def test_an_object_that_is_not_what_was_declared_fails_the_photo_and_goes(
    api: Caller, project: str, db: Database, store: Store, wrong: Wrong
) -> None:
    issued = await api.issue(project, jpeg())
    photo_id, key = issued["photo_id"], key_of(issued)
    await store.put(key, wrong.data(), wrong.content_type)

    answer = await api.confirm(photo_id)

    photo = answer.json()
    assert (answer.status_code, photo["status"], photo["error"]["code"]) == (200, "failed", "content_mismatch")
    assert wrong.says in photo["error"]["detail"]
    assert photo["failed_at"] is not None
    assert (photo["uploaded_at"], photo["download_url"], photo["width"], photo["exif_data"]) == (None, None, None, None)
    assert photo["detection"]["status"] == "pending"
    assert not await store.has(key)
    assert await db.fetch("SELECT 1 FROM outbox WHERE photo_id = $1", UUID(photo_id)) == []
    assert await api.history(photo_id) == [(None, "pending_upload"), ("pending_upload", "failed")]


@pytest.mark.parametrize(
    ("data", "declared"),
    [(png(), "image/jpeg"), (TEXT, "image/jpeg"), (jpeg(), "image/png")],
    ids=["png", "text", "jpeg"],
)
async def test_the_upload_url_alone_does_not_let_another_content_through(
    api: Caller, project: str, data: bytes, declared: str
) -> None:
    photo = await api.upload(project, data, mime_type=declared)
    assert (photo["status"], photo["error"]["code"]) == ("failed", "content_mismatch")


async def test_a_second_look_follows_a_mismatch_because_a_url_outlives_its_photo(
    api: Caller, project: str, db: Database
) -> None:
    photo = await api.upload(project, TEXT)
    row = await db.fetchrow(
        "SELECT d.due_at > p.url_expires_at AS later, d.s3_key = p.s3_key AS same FROM object_deletions d"
        " JOIN photos p ON p.id = d.photo_id WHERE p.id = $1",
        UUID(photo["id"]),
    )
    assert row is not None
    assert (row["later"], row["same"]) == (True, True)


async def test_a_mismatch_is_final(api: Caller, project: str) -> None:
    issued = await api.issue(project, TEXT)
    await api.put(issued, TEXT)
    await api.confirm(issued["photo_id"])

    for answer in (
        await api.confirm(issued["photo_id"]),
        await api.call("POST", f"/photos/{issued['photo_id']}/upload-url"),
        await api.pipeline().report(issued["photo_id"], "processing"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_status_transition")
    assert len(await api.history(issued["photo_id"])) == 2


async def test_a_mismatch_found_after_the_photo_was_given_up(api: Caller, project: str, db: Database) -> None:
    issued = await api.issue(project, TEXT)
    await api.put(issued, TEXT)
    await db.execute(
        "UPDATE photos SET status = 'failed', error_code = 'upload_expired' WHERE id = $1", UUID(issued["photo_id"])
    )
    photo = (await api.confirm(issued["photo_id"])).json()
    assert photo["error"]["code"] == "content_mismatch"
    assert (await api.history(issued["photo_id"]))[-1] == ("failed", "failed")


async def test_a_photo_deleted_while_it_is_confirmed_stays_deleted(
    api: Caller, project: str, db: Database, reads: Reads
) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    reads.after_head = lambda: api.call("DELETE", f"/photos/{issued['photo_id']}")

    answer = await api.confirm(issued["photo_id"])

    assert (answer.status_code, answer.json()["code"]) == (404, "photo_not_found")
    assert await db.fetch("SELECT 1 FROM outbox WHERE photo_id = $1", UUID(issued["photo_id"])) == []


async def test_a_photo_deleted_before_its_object_was_read_is_not_found(api: Caller, project: str, reads: Reads) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    reads.before_head = lambda: api.call("DELETE", f"/photos/{issued['photo_id']}")
    answer = await api.confirm(issued["photo_id"])
    assert (answer.status_code, answer.json()["code"]) == (404, "photo_not_found")


@pytest.mark.parametrize("moment", ["before_head", "after_head"])
async def test_of_two_confirms_that_find_a_mismatch_both_answer_with_it(
    api: Caller, project: str, reads: Reads, moment: str
) -> None:
    issued = await api.issue(project, TEXT)
    await api.put(issued, TEXT)
    setattr(reads, moment, lambda: api.confirm(issued["photo_id"]))

    answer = await api.confirm(issued["photo_id"])

    assert (answer.status_code, answer.json()["error"]["code"]) == (200, "content_mismatch")
    assert len(reads.heads) == 2
    assert len(await api.history(issued["photo_id"])) == 2


async def test_an_accepted_photo_is_not_failed_by_a_slower_confirm(
    api: Caller, project: str, store: Store, reads: Reads
) -> None:
    """The slower one read the object in a moment when it was wrong."""
    issued = await api.issue(project, jpeg())
    await store.put(key_of(issued), TEXT)

    async def meanwhile() -> None:
        await store.put(key_of(issued), jpeg())
        assert (await api.confirm(issued["photo_id"])).json()["status"] == "uploaded"

    reads.after_head = meanwhile
    answer = await api.confirm(issued["photo_id"])

    assert (answer.status_code, answer.json()["status"]) == (200, "uploaded")
    assert await store.has(key_of(issued))


async def test_20_concurrent_confirms_of_a_mismatch_make_one_line_of_history(api: Caller, project: str) -> None:
    issued = await api.issue(project, TEXT)
    await api.put(issued, TEXT)
    answers = await asyncio.gather(*(api.confirm(issued["photo_id"]) for _ in range(20)))
    statuses = {answer.status_code for answer in answers}
    assert 200 in statuses
    assert statuses <= {200, 409}
    assert len(await api.history(issued["photo_id"])) == 2
