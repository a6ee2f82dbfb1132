"""A part's URL takes the signed bytes for its own part of its own upload; the S3 server itself refuses all else."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from photodock.domain.errors import ObjectNotFound, PartsRefused, UploadOver
from photodock.domain.parts import LEAST_PART_SIZE
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore
from support.presigned import BODY, OTHER_BODY_OF_SAME_SIZE, issue, outcome
from support.system import sha256

MISMATCH = (403, "SignatureDoesNotMatch")


@dataclass
class Upload:
    """One multipart upload of a key, and URLs for its parts."""

    presigner: Presigner
    store: ObjectStore
    key: str
    id: str

    def url(self, **changes: Any) -> Any:
        arguments: dict[str, Any] = {
            "upload_id": self.id,
            "number": 1,
            "content_length": len(BODY),
            "checksum_sha256": None,
            "expires_in_seconds": 900,
            "now": datetime.now(UTC),
        }
        return self.presigner.put_part(self.key, **(arguments | changes))

    async def parts(self) -> list[tuple[int, int]]:
        return [(part.number, part.size) for part in await self.store.list_parts(self.key, self.id)]

    async def complete(self) -> None:
        await self.store.complete_upload(self.key, self.id, await self.store.list_parts(self.key, self.id), None)


@pytest.fixture
async def upload(presigner, store, key):
    begun = await store.begin_upload(key, "image/jpeg", part_checksums=False)
    yield Upload(presigner, store, key, begun)
    await store.abort_upload(key, begun)


@pytest.fixture
async def checked(presigner, store, key):
    """An upload whose parts have checksums."""
    begun = await store.begin_upload(key, "image/jpeg", part_checksums=True)
    yield Upload(presigner, store, key, begun)
    await store.abort_upload(key, begun)


async def test_a_part_arrives_as_signed_and_the_object_as_declared(upload, store, http, key):
    issued = upload.url()
    answer = await http.put(issued.url, content=BODY, headers=issued.headers)
    assert answer.status_code == 200
    assert await upload.parts() == [(1, len(BODY))]
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)
    await upload.complete()
    head = await store.read_head(key, len(BODY))
    assert (head.size, head.content_type, head.data) == (len(BODY), "image/jpeg", BODY)
    assert head.etag.strip('"').endswith("-1")


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"content": BODY[:-1]}, MISMATCH),
        ({"content": BODY + b"!"}, MISMATCH),
        ({"content": b""}, MISMATCH),
        ({"content": OTHER_BODY_OF_SAME_SIZE}, (400, "BadDigest")),
        ({"headers": {"X-Amz-Checksum-Sha256": sha256(OTHER_BODY_OF_SAME_SIZE)}}, MISMATCH),
        ({"headers": {"X-Amz-Copy-Source": "/another/object"}}, MISMATCH),
        ({"headers": {"X-Amz-Acl": "public-read"}}, MISMATCH),
        ({"left_out": "X-Amz-Checksum-Sha256"}, MISMATCH),
        *(({"method": method}, MISMATCH) for method in ("GET", "POST", "DELETE")),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_another_request_than_the_signed_one_is_refused(checked, http, changed, refusal):
    issued = checked.url(checksum_sha256=sha256(BODY))
    headers = issued.headers | changed.get("headers", {})
    headers.pop(changed.get("left_out"), None)
    method, content = changed.get("method", "PUT"), changed.get("content", BODY)
    assert outcome(await http.request(method, issued.url, content=content, headers=headers)) == refusal
    assert await checked.parts() == []


@pytest.mark.parametrize(
    ("signed", "forged"),
    [
        ("partNumber=1&", "partNumber=2&"),
        ("partNumber=1&", ""),
        ("uploadId=", "uploadId=x"),
        ("X-Amz-Expires=900", "X-Amz-Expires=604800"),
        (".jpg?", ".png?"),
        ("SignedHeaders=content-length%3B", "SignedHeaders="),
        ("%3Bx-amz-checksum-sha256", ""),
        ("X-Amz-Algorithm=", "acl&X-Amz-Algorithm="),
        ("X-Amz-Algorithm=", "x-id=UploadPart&X-Amz-Algorithm="),
    ],
)
async def test_a_url_that_was_edited_is_refused(checked, http, signed, forged):
    issued = checked.url(checksum_sha256=sha256(BODY))
    assert signed in issued.url
    answer = await http.put(issued.url.replace(signed, forged), content=BODY, headers=issued.headers)
    assert answer.status_code in (400, 403)
    assert await checked.parts() == []


async def test_a_part_cannot_be_made_a_whole_object_nor_an_object_a_part(upload, store, http, key):
    issued, whole = upload.url(), issue(upload.presigner, key)
    query = f"partNumber=1&uploadId={upload.id}&"
    without = issued.url.replace(query, "")
    assert without != issued.url
    assert outcome(await http.put(without, content=BODY, headers=issued.headers)) == MISMATCH
    as_part = await http.put(whole.url.replace("?", f"?{query}"), content=BODY, headers=whole.headers)
    assert outcome(as_part) == MISMATCH
    assert await upload.parts() == []
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


async def test_an_expired_url_is_refused(upload, http):
    issued = upload.url(now=datetime.now(UTC) - timedelta(seconds=61), expires_in_seconds=60)
    assert outcome(await http.put(issued.url, content=BODY, headers=issued.headers)) == (403, "AccessDenied")
    assert await upload.parts() == []


async def test_a_url_of_an_upload_that_is_over_writes_nothing(upload, store, http, key):
    issued = upload.url()
    await http.put(issued.url, content=BODY, headers=issued.headers)
    other = upload.url(number=2)
    await upload.complete()
    for url in (issued, other):
        answer = await http.put(url.url, content=OTHER_BODY_OF_SAME_SIZE, headers=url.headers)
        assert outcome(answer) == (404, "NoSuchUpload")
    assert (await store.read_head(key, len(BODY))).data == BODY
    await store.delete(key)
    assert outcome(await http.put(issued.url, content=BODY, headers=issued.headers)) == (404, "NoSuchUpload")
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


async def test_a_completion_writes_over_nothing(upload, store, http, key):
    issued = upload.url()
    await http.put(issued.url, content=BODY, headers=issued.headers)
    there = issue(upload.presigner, key, checksum_sha256=sha256(OTHER_BODY_OF_SAME_SIZE))
    assert (await http.put(there.url, content=OTHER_BODY_OF_SAME_SIZE, headers=there.headers)).status_code == 200
    with pytest.raises(UploadOver):
        await upload.complete()
    assert (await store.read_head(key, len(BODY))).data == OTHER_BODY_OF_SAME_SIZE


async def test_completions_at_the_same_time_make_one_object(upload, store, http, key):
    """How many of them the server answers with success is its own affair: they name the same parts."""
    issued = upload.url()
    await http.put(issued.url, content=BODY, headers=issued.headers)
    parts = await store.list_parts(key, upload.id)
    results = await asyncio.gather(
        *(store.complete_upload(key, upload.id, parts, None) for _ in range(4)), return_exceptions=True
    )
    assert None in results
    assert {type(result) for result in results if result is not None} <= {UploadOver}
    with pytest.raises(UploadOver):
        await store.complete_upload(key, upload.id, parts, None)
    assert (await store.read_head(key, len(BODY))).data == BODY


async def test_parts_that_are_too_small_or_not_there_make_no_object(upload, store, http, key):
    for number in (1, 2):
        issued = upload.url(number=number)
        assert (await http.put(issued.url, content=BODY, headers=issued.headers)).status_code == 200
    with pytest.raises(PartsRefused):
        await upload.complete()
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


async def test_a_part_may_be_sent_again_and_the_last_one_counts(upload, store, http, key):
    """The URL admits that: what is there in the end is named when it is completed, and looked at when confirmed."""
    for body in (BODY, BODY):
        issued = upload.url()
        assert (await http.put(issued.url, content=body, headers=issued.headers)).status_code == 200
    assert await upload.parts() == [(1, len(BODY))]
    await upload.complete()
    assert (await store.read_head(key, len(BODY))).data == BODY


async def test_a_checksum_at_the_end_that_is_not_the_parts_makes_no_object(checked, store, http, key):
    issued = checked.url(checksum_sha256=sha256(BODY))
    assert (await http.put(issued.url, content=BODY, headers=issued.headers)).status_code == 200
    parts = await store.list_parts(key, checked.id)
    with pytest.raises(PartsRefused):
        await store.complete_upload(key, checked.id, parts, [sha256(OTHER_BODY_OF_SAME_SIZE)])
    await store.complete_upload(key, checked.id, parts, [sha256(BODY)])
    assert (await store.read_head(key, len(BODY))).data == BODY
    assert len(BODY) < LEAST_PART_SIZE, "the only part is the last one, which may be small"
