"""Each attack on an upload URL is refused by the S3 server itself, and leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from photodock.domain.errors import ObjectNotFound
from photodock.storage.credentials import Credentials
from photodock.storage.presigner import Presigner
from support.presigned import BODY, OTHER_BODY_OF_SAME_SIZE, issue, outcome
from support.system import sha256


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body[:1000]
    yield body[1000:]


@pytest.mark.parametrize("checksum", [sha256(BODY), None], ids=["with checksum", "without checksum"])
async def test_an_upload_as_declared_arrives_and_is_served_as_declared(presigner, store, http, key, checksum):
    issued = issue(presigner, key, checksum_sha256=checksum)
    answer = await http.put(issued.url, content=BODY, headers=issued.headers)
    assert answer.status_code == 200
    head = await store.read_head(key, len(BODY) + 1)
    assert (head.size, head.content_type, head.data) == (len(BODY), "image/jpeg", BODY)
    assert head.etag == answer.headers["ETag"]

    url = presigner.get(
        key, content_type="image/jpeg", file_name="Dach Süd.jpg", expires_in_seconds=60, now=datetime.now(UTC)
    )
    served = await http.get(url)
    assert served.content == BODY
    assert served.headers["Content-Type"] == "image/jpeg"
    assert served.headers["Content-Disposition"] == (
        "attachment; filename=\"Dach S_d.jpg\"; filename*=UTF-8''Dach%20S%C3%BCd.jpg"
    )


@pytest.mark.parametrize("name", ["ä ö/+~!'()*&=@:,;$?#%.jpg", "屋根/🏠.jpg", "a//b", "100%25.jpg"])
async def test_a_key_with_any_character_is_signed_as_the_server_reads_it(presigner, http, key, name):
    awkward = f"{key}/{name}"
    issued = issue(presigner, awkward)
    assert (await http.put(issued.url, content=BODY, headers=issued.headers)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"content": BODY[:-1]}, (403, "SignatureDoesNotMatch")),
        ({"content": BODY + b"!"}, (403, "SignatureDoesNotMatch")),
        ({"content": b""}, (403, "SignatureDoesNotMatch")),
        ({"content": OTHER_BODY_OF_SAME_SIZE}, (400, "BadDigest")),
        ({"headers": {"Content-Type": "text/html"}}, (403, "SignatureDoesNotMatch")),
        ({"headers": {"Content-Type": "image/png"}}, (403, "SignatureDoesNotMatch")),
        ({"headers": {"If-None-Match": '"other"'}}, (403, "SignatureDoesNotMatch")),
        ({"headers": {"X-Amz-Checksum-Sha256": sha256(OTHER_BODY_OF_SAME_SIZE)}}, (403, "SignatureDoesNotMatch")),
        ({"headers": {"X-Amz-Acl": "public-read"}}, (403, "SignatureDoesNotMatch")),
        ({"method": "GET"}, (403, "SignatureDoesNotMatch")),
        ({"method": "DELETE"}, (403, "SignatureDoesNotMatch")),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_another_request_than_the_signed_one_is_refused(presigner, store, http, key, changed, refusal):
    issued = issue(presigner, key)
    headers = issued.headers | changed.get("headers", {})
    method, content = changed.get("method", "PUT"), changed.get("content", BODY)
    assert outcome(await http.request(method, issued.url, content=content, headers=headers)) == refusal
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


@pytest.mark.parametrize("left_out", ["Content-Type", "If-None-Match", "X-Amz-Checksum-Sha256"])
async def test_a_signed_header_cannot_be_left_out(presigner, store, http, key, left_out):
    issued = issue(presigner, key)
    headers = {name: value for name, value in issued.headers.items() if name != left_out}
    assert outcome(await http.put(issued.url, content=BODY, headers=headers)) == (403, "SignatureDoesNotMatch")
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


async def test_a_body_of_untold_length_is_refused(presigner, store, http, key):
    issued = issue(presigner, key)
    answer = await http.put(issued.url, content=in_chunks(BODY), headers=issued.headers)
    assert outcome(answer) == (403, "SignatureDoesNotMatch")
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


async def test_an_upload_that_breaks_off_leaves_nothing(presigner, store, key):
    issued = issue(presigner, key)
    address = httpx.URL(issued.url)
    headers = issued.headers | {"Host": address.netloc.decode(), "Content-Length": str(len(BODY))}
    lines = [f"PUT {address.raw_path.decode()} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + BODY[:-100])
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), timeout=20)
    writer.close()
    await writer.wait_closed()
    assert b" 200 " not in answer[:20]
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


async def test_a_second_write_is_refused_and_the_first_stays(presigner, store, http, key):
    first = issue(presigner, key)
    assert (await http.put(first.url, content=BODY, headers=first.headers)).status_code == 200
    assert outcome(await http.put(first.url, content=BODY, headers=first.headers)) == (412, "PreconditionFailed")
    other = issue(presigner, key, checksum_sha256=sha256(OTHER_BODY_OF_SAME_SIZE))
    answer = await http.put(other.url, content=OTHER_BODY_OF_SAME_SIZE, headers=other.headers)
    assert outcome(answer) == (412, "PreconditionFailed")
    assert (await store.read_head(key, len(BODY))).data == BODY


async def test_an_expired_url_is_refused(presigner, store, http, key):
    issued = issue(presigner, key, now=datetime.now(UTC) - timedelta(seconds=61), expires_in_seconds=60)
    # That header is the one of S3's own that a URL may meet unsigned; the URL's own date is what counts.
    for added in ({}, {"X-Amz-Date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")}):
        answer = await http.put(issued.url, content=BODY, headers=issued.headers | added)
        assert outcome(answer) == (403, "AccessDenied")
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


@pytest.mark.parametrize(
    ("signed", "forged"),
    [
        ("X-Amz-Expires=900", "X-Amz-Expires=604800"),
        (".jpg?", ".png?"),
        ("SignedHeaders=content-length%3B", "SignedHeaders="),
        ("%3Bif-none-match", ""),
        ("%3Bx-amz-checksum-sha256", ""),
        ("X-Amz-Algorithm=", "x-id=PutObject&X-Amz-Algorithm="),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256&", ""),
    ],
)
async def test_a_url_that_was_edited_is_refused(presigner, store, http, key, signed, forged):
    issued = issue(presigner, key)
    assert signed in issued.url
    answer = await http.put(issued.url.replace(signed, forged), content=BODY, headers=issued.headers)
    assert answer.status_code in (400, 403)
    for name in (key, key.replace(".jpg", ".png")):
        with pytest.raises(ObjectNotFound):
            await store.read_head(name, 1)


async def test_a_url_signed_with_a_wrong_secret_is_refused(s3, bucket, store, http, key):
    issued = issue(Presigner(bucket, lambda: Credentials(s3.access_key, "not the secret")), key)
    answer = await http.put(issued.url, content=BODY, headers=issued.headers)
    assert outcome(answer) == (403, "SignatureDoesNotMatch")
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)
