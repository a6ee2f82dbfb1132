"""What is added to a signed upload, or asked of its URL instead of an upload, is refused by the S3 server itself."""

import httpx
import pytest

from photodock.domain.errors import ObjectNotFound
from support.presigned import BODY, OTHER_BODY_OF_SAME_SIZE, issue, uploaded

UNSIGNED = {
    "X-Amz-Acl": "public-read",
    "X-Amz-Grant-Read": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"',
    "X-Amz-Grant-Full-Control": "id=0123456789abcdef",
    "X-Amz-Copy-Source": "/{bucket}/{victim}",
    "X-Amz-Meta-Name": "value",
    "X-Amz-Tagging": "a=b",
    "X-Amz-Storage-Class": "GLACIER",
    "X-Amz-Website-Redirect-Location": "https://evil.example/",
    "X-Amz-Server-Side-Encryption": "aws:kms",
    "X-Amz-Server-Side-Encryption-Customer-Algorithm": "AES256",
    "X-Amz-Object-Lock-Mode": "COMPLIANCE",
    "X-Amz-Object-Lock-Legal-Hold": "ON",
    "X-Amz-Write-Offset-Bytes": "0",
    "X-Amz-Checksum-Crc32": "AAAAAA==",
    "X-Amz-Sdk-Checksum-Algorithm": "CRC32",
    "X-Amz-Expected-Bucket-Owner": "123456789012",
    "X-Amz-Security-Token": "another",
    "X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "X-Amz-Decoded-Content-Length": "10",
    "X-Amz-Trailer": "x-amz-checksum-crc32",
}


@pytest.mark.parametrize("name", UNSIGNED)
async def test_a_header_of_s3_that_was_not_signed_is_refused(presigner, s3, store, http, key, name):
    victim = f"{key}.victim"
    await uploaded(http, presigner, victim)

    issued = issue(presigner, key)
    value = UNSIGNED[name].format(bucket=s3.bucket, victim=victim)
    answer = await http.put(issued.url, content=BODY, headers=issued.headers | {name: value})

    assert answer.status_code >= 400
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)
    assert (await store.read_head(victim, len(BODY))).data == BODY


@pytest.mark.parametrize(
    "added",
    [
        *("acl", "tagging", "retention", "legal-hold", "uploads", "partNumber=1&uploadId=1", "versionId=null"),
        *("x-amz-acl=public-read", "X-Amz-Acl=public-read", "response-content-type=text%2Fhtml", "x-id=PutObject"),
    ],
)
async def test_a_url_with_something_added_is_refused(presigner, store, http, key, added):
    issued = issue(presigner, key)
    for method in ("PUT", "GET", "POST"):
        answer = await http.request(method, f"{issued.url}&{added}", content=BODY, headers=issued.headers)
        assert answer.status_code in (400, 403, 405)
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


async def test_an_upload_url_neither_reads_nor_deletes_what_is_there(presigner, store, http, key):
    issued = issue(presigner, key)
    await http.put(issued.url, content=BODY, headers=issued.headers)
    for method in ("GET", "HEAD", "POST", "DELETE", "PATCH"):
        for headers in ({}, issued.headers):
            answer = await http.request(method, issued.url, headers=headers)
            assert answer.status_code in (403, 405)
            assert BODY not in answer.content
    assert (await store.read_head(key, len(BODY))).data == BODY


async def test_a_url_of_one_key_writes_no_other(presigner, store, http, key):
    victim = key.replace("tampering/", "other-project/")
    await uploaded(http, presigner, victim)
    issued = issue(presigner, key, checksum_sha256=None)
    for path in (victim, f"tampering/../{victim}", f"tampering/%2e%2e/{victim}", f"/{victim}", f"{victim}/", "new.jpg"):
        url = issued.url.replace(key, path)
        # As it stands: an HTTP client would tidy the path up.
        request = http.build_request("PUT", url, content=OTHER_BODY_OF_SAME_SIZE, headers=issued.headers)
        request.url = httpx.URL(url, raw_path=url.partition("://")[2].partition("/")[2].join(("/", "")).encode())
        assert (await http.send(request)).status_code in (400, 403)
    assert (await store.read_head(victim, len(BODY))).data == BODY
    for absent in (key, "new.jpg"):
        with pytest.raises(ObjectNotFound):
            await store.read_head(absent, 1)
