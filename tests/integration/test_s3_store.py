"""The object store, the bucket's making and the credentials' rotation, against a real S3 server."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from uuid import uuid4

import httpx
import pytest
from botocore.exceptions import ClientError
from structlog.testing import capture_logs

from photodock.domain.errors import ObjectNotFound, StorageAccessDenied, StorageUnavailable
from photodock.storage.bucket import Bucket, ensure_bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore
from support.polling import until
from support.ports import refusing_port

BODY = bytes(range(256)) * 16


@pytest.fixture(scope="module")
def bucket(s3) -> Bucket:
    return Bucket(s3.bucket, s3.region, s3.endpoint_url, "path")


@pytest.fixture(scope="module")
def credentials(s3) -> CredentialsProvider:
    return CredentialsProvider.static(s3.access_key, s3.secret_key)


@pytest.fixture
def wrong_credentials(s3) -> CredentialsProvider:
    return CredentialsProvider.static(s3.access_key, "not the secret")


@pytest.fixture
async def store(bucket, credentials):
    store = ObjectStore(bucket, credentials, delays=())
    yield store
    await store.aclose()


@pytest.fixture(scope="module")
async def client(bucket, credentials):
    async with s3_client(credentials, bucket) as client:
        yield client


@pytest.fixture
def key() -> str:
    return f"store/{uuid4()}.jpg"


@pytest.fixture
async def new_bucket(bucket, client):
    """A bucket that does not exist yet; removed after the test with all that is in it."""
    fresh = replace(bucket, name=f"made-{uuid4()}")
    yield fresh
    listed = await client.list_object_versions(Bucket=fresh.name)
    for entry in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
        await client.delete_object(Bucket=fresh.name, Key=entry["Key"], VersionId=entry["VersionId"])
    await client.delete_bucket(Bucket=fresh.name)


class UnreliableServer:
    """Resets the first `failures` connections, then passes bytes through to the real server."""

    def __init__(self, target: str, failures: int) -> None:
        self._target = httpx.URL(target)
        self._failures = failures
        self.connections = 0

    async def __aenter__(self) -> "UnreliableServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.connections <= self._failures:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(self._target.host, self._target.port)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
async def silent_server() -> AsyncIterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed_port() -> Iterator[str]:
    with refusing_port() as port:
        yield f"http://127.0.0.1:{port}"


async def put(client, bucket: Bucket, key: str, body: bytes = BODY, content_type: str = "image/jpeg") -> str:
    return (await client.put_object(Bucket=bucket.name, Key=key, Body=body, ContentType=content_type))["ETag"]


async def test_the_head_tells_size_type_and_etag_with_the_first_bytes(store, client, bucket, key):
    etag = await put(client, bucket, key, content_type="image/png")
    head = await store.read_head(key, 100)
    assert (head.size, head.content_type, head.etag, head.data) == (len(BODY), "image/png", etag, BODY[:100])


async def test_the_head_of_a_shorter_object_is_all_of_it(store, client, bucket, key):
    await put(client, bucket, key)
    head = await store.read_head(key, len(BODY) * 10)
    assert (head.size, head.data) == (len(BODY), BODY)


async def test_the_head_of_an_empty_object_is_empty(store, client, bucket, key):
    await put(client, bucket, key, b"")
    head = await store.read_head(key, 100)
    assert (head.size, head.content_type, head.data) == (0, "image/jpeg", b"")


CUT = (
    b'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-99/1000\r\nContent-Length: 7\r\nETag: "x"\r\n'
    b"Last-Modified: Fri, 27 Nov 2026 05:00:00 GMT\r\n\r\n1234567"
)
NO_SUCH_RANGE = (
    b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Type: application/xml\r\nContent-Length: 40\r\n\r\n"
    b"<Error><Code>InvalidRange</Code></Error>"
)
LONG_HEAD = b"HTTP/1.1 503 Service Unavailable\r\nX: " + b"x" * 1_000_000 + b"\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("answer", [CUT, NO_SUCH_RANGE, LONG_HEAD], ids=["cut", "no such range", "endless"])
async def test_an_answer_that_cannot_be_whole_is_no_reason_to_think_anything_of_the_object(
    bucket, credentials, key, answer
):
    """Whoever believed it would delete a good photo. A HEAD says here that the object has 1,000 bytes."""
    tries = 0

    async def something_in_between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        with suppress(OSError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            tries += request.startswith(b"GET")
            writer.write(answer if request.startswith(b"GET") else b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(something_in_between, "127.0.0.1")
    endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        store = ObjectStore(replace(bucket, endpoint_url=endpoint), credentials, delays=(0,))
        with pytest.raises(StorageUnavailable):
            await store.read_head(key, 100)
        await store.aclose()
    assert tries == (1 if answer is LONG_HEAD else 2), "what was cut is asked for again"


@pytest.mark.parametrize(("start", "end"), [(0, 1), (10, 20), (4000, 9999), (4095, 4096), (4096, 4097), (9000, 9001)])
async def test_a_range_is_cut_to_what_there_is(store, client, bucket, key, start, end):
    await put(client, bucket, key)
    assert await store.read_range(key, start, end) == BODY[start:end]


async def test_a_missing_object_is_told_apart_and_not_retried(bucket, credentials, key):
    store = ObjectStore(bucket, credentials, delays=(60,))
    for reading in (store.read_head(key, 100), store.read_range(key, 0, 100)):
        with pytest.raises(ObjectNotFound):
            await asyncio.wait_for(reading, timeout=40)


async def test_a_refusal_is_logged_once_and_not_retried(bucket, wrong_credentials, s3, key):
    store = ObjectStore(bucket, wrong_credentials, delays=(60,))
    for operation in (store.read_head(key, 100), store.read_range(key, 0, 100), store.delete(key), store.check()):
        with capture_logs() as logs, pytest.raises(StorageAccessDenied) as caught:
            await asyncio.wait_for(operation, timeout=40)
        assert [(line["event"], line["kind"]) for line in logs] == [("storage_access_denied", "SignatureDoesNotMatch")]
        assert s3.access_key not in f"{logs} {caught.value}"
    await store.aclose()


async def test_a_bucket_that_is_not_there_is_a_misconfiguration_and_no_missing_object(bucket, credentials, key):
    store = ObjectStore(replace(bucket, name="no-such-bucket"), credentials, delays=(60,))
    for operation in (store.read_head(key, 100), store.check()):
        with pytest.raises(StorageAccessDenied):
            await asyncio.wait_for(operation, timeout=40)


async def test_a_store_that_is_away_is_tried_again_and_then_given_up(closed_port, bucket, credentials, key):
    store = ObjectStore(replace(bucket, endpoint_url=closed_port), credentials, delays=(0.001, 0.001, 0.001))
    for operation in (store.read_head(key, 100), store.read_range(key, 0, 100), store.delete(key)):
        with capture_logs() as logs, pytest.raises(StorageUnavailable) as caught:
            await operation
        assert type(caught.value) is StorageUnavailable
        assert [line["event"] for line in logs] == ["storage_call_failed"] * 4
    with capture_logs() as logs, pytest.raises(StorageUnavailable):
        await store.check()
    assert len(logs) == 1
    await store.aclose()


async def test_a_store_that_comes_back_in_time_is_not_missed(s3, bucket, credentials, client, key):
    await put(client, bucket, key)
    async with UnreliableServer(s3.endpoint_url, failures=3) as server:
        away = replace(bucket, endpoint_url=server.url)
        store = ObjectStore(away, credentials, delays=(0.01, 0.01, 0.01))
        assert (await store.read_head(key, 10)).data == BODY[:10]
        assert server.connections == 4


async def test_a_store_that_never_answers_is_given_up_after_the_timeout(silent_server, bucket, credentials, key):
    store = ObjectStore(replace(bucket, endpoint_url=silent_server), credentials, delays=(), timeout=0.2)
    for operation in (store.read_head(key, 100), store.delete(key)):
        with pytest.raises(StorageUnavailable):
            await asyncio.wait_for(operation, timeout=40)
    await store.aclose()


async def test_deleting_removes_the_object_and_may_be_repeated(store, client, bucket, key):
    await put(client, bucket, key)
    for _ in range(2):
        await store.delete(key)
        with pytest.raises(ObjectNotFound):
            await store.read_head(key, 1)


async def test_a_plain_bucket_is_never_asked_for_versions(store, client, bucket, key, monkeypatch):
    await put(client, bucket, key)

    async def fail(*_: object) -> None:
        pytest.fail("an unversioned bucket needs no more than s3:DeleteObject")

    monkeypatch.setattr(store, "_delete_versions", fail)
    await store.delete(key)
    with pytest.raises(ObjectNotFound):
        await store.read_head(key, 1)


async def versioned(client, bucket: Bucket) -> None:
    await client.create_bucket(Bucket=bucket.name)
    await client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})


async def test_deleting_leaves_no_version_behind_and_no_other_key_touched(client, new_bucket, credentials):
    await versioned(client, new_bucket)
    for body in (b"first", b"second"):
        await put(client, new_bucket, "photo.jpg", body)
    await client.delete_object(Bucket=new_bucket.name, Key="photo.jpg")
    await put(client, new_bucket, "photo.jpg", b"third")
    await put(client, new_bucket, "photo.jpg.other")
    store = ObjectStore(new_bucket, credentials, delays=())
    for _ in range(2):
        assert await store.delete("photo.jpg")
        listed = await client.list_object_versions(Bucket=new_bucket.name)
        assert [entry["Key"] for entry in listed["Versions"]] == ["photo.jpg.other"]
        assert "DeleteMarkers" not in listed
    await store.aclose()


async def test_who_may_not_list_versions_hides_the_object_and_logs_what_stays(
    client, new_bucket, credentials, monkeypatch
):
    await versioned(client, new_bucket)
    await put(client, new_bucket, "photo.jpg")
    store = ObjectStore(new_bucket, credentials, delays=())

    async def denied(*_: object) -> None:
        refusal = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        raise ClientError(refusal, "ListObjectVersions")

    monkeypatch.setattr(store, "_delete_versions", denied)
    with capture_logs() as logs:
        assert not await store.delete("photo.jpg")
    assert logs[-1]["event"] == "object_versions_kept"
    assert "s3:ListBucketVersions" in logs[-1]["hint"]
    with pytest.raises(ObjectNotFound):
        await store.read_head("photo.jpg", 1)
    await store.aclose()


async def test_a_reachable_bucket_passes_the_check(store):
    with capture_logs() as logs:
        await store.check()
    assert logs == []


async def test_a_store_can_be_closed_twice_and_unused(bucket, credentials, key):
    store = ObjectStore(bucket, credentials)
    await store.aclose()
    await store.delete(key)
    await store.aclose()
    await store.aclose()


async def test_a_bucket_is_made_once_with_its_cors_rule(client, new_bucket, credentials):
    for _ in range(2):
        await ensure_bucket(credentials, new_bucket, allowed_origins=["https://app.example"])
    (rule,) = (await client.get_bucket_cors(Bucket=new_bucket.name))["CORSRules"]
    assert rule["AllowedOrigins"] == ["https://app.example"]
    assert rule["AllowedMethods"] == ["PUT", "GET", "HEAD"]
    assert rule["AllowedHeaders"] == ["content-type", "if-none-match", "x-amz-checksum-sha256"]
    assert rule["ExposeHeaders"] == ["ETag"]
    await ObjectStore(new_bucket, credentials, delays=()).check()


async def test_a_bucket_gives_up_uploads_that_nobody_completes(client, new_bucket, credentials):
    for _ in range(2):
        await ensure_bucket(credentials, new_bucket, allowed_origins=["*"])
    (rule,) = (await client.get_bucket_lifecycle_configuration(Bucket=new_bucket.name))["Rules"]
    assert (rule["Status"], rule["Filter"]) == ("Enabled", {"Prefix": ""})
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 8}


async def test_rules_that_are_there_can_be_kept(client, new_bucket, credentials):
    setting = partial(ensure_bucket, credentials, new_bucket, keep_rules=True)
    assert await setting(allowed_origins=["https://app.example"]) == ["bucket", "cors", "lifecycle"]
    assert await setting(allowed_origins=["https://other.example"]) == []
    (rule,) = (await client.get_bucket_cors(Bucket=new_bucket.name))["CORSRules"]
    assert rule["AllowedOrigins"] == ["https://app.example"]


async def test_a_bucket_outside_us_east_1_is_made_in_its_region(client, new_bucket, credentials):
    await ensure_bucket(credentials, replace(new_bucket, region="eu-west-1"), allowed_origins=["*"])
    await client.head_bucket(Bucket=new_bucket.name)


async def test_only_an_allowed_origin_may_upload_from_a_page(client, new_bucket, credentials):
    await ensure_bucket(credentials, new_bucket, allowed_origins=["https://app.example"])
    preflight = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,if-none-match,x-amz-checksum-sha256",
    }
    url = f"{new_bucket.url}/photo.jpg"
    async with httpx.AsyncClient(trust_env=False) as http:
        allowed = await http.options(url, headers=preflight | {"Origin": "https://app.example"})
        foreign = await http.options(url, headers=preflight | {"Origin": "https://evil.example"})
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Origin" not in foreign.headers


async def test_a_refused_bucket_is_not_taken_for_a_missing_one(bucket, wrong_credentials):
    with pytest.raises(ClientError, match="403"):
        await ensure_bucket(wrong_credentials, bucket, allowed_origins=["*"])


class MetadataService:
    """What a container's role is fetched from (AWS_CONTAINER_CREDENTIALS_FULL_URI); counts how often it is."""

    def __init__(self, keys: SimpleNamespace) -> None:
        self.keys = keys
        self.asked = 0

    async def __aenter__(self) -> "MetadataService":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/role"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        # Within the SDK's last ten minutes, so that it asks again every time.
        ends_at = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
        body = (
            f'{{"AccessKeyId": "{self.keys.access_key}", "SecretAccessKey": "{self.keys.secret_key}",'
            f' "Token": null, "Expiration": "{ends_at}"}}'
        ).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()


async def test_rotated_credentials_serve_signer_reader_and_deleter_without_a_restart(
    s3, bucket, client, key, monkeypatch
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    await put(client, bucket, key)
    old = SimpleNamespace(access_key=s3.access_key, secret_key="revoked")
    async with MetadataService(old) as metadata, httpx.AsyncClient(trust_env=False) as http:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", metadata.url)
        provider = await CredentialsProvider.from_chain()
        presigner = Presigner(bucket, provider.current)
        store = ObjectStore(bucket, provider, delays=())

        async def download() -> int:
            url = presigner.get(
                key, content_type="image/jpeg", file_name="a", expires_in_seconds=900, now=datetime.now(UTC)
            )
            return (await http.get(url)).status_code

        assert await download() == 403
        for operation in (store.read_head(key, 1), store.delete(key)):
            with pytest.raises(StorageAccessDenied):
                await operation

        metadata.keys = s3
        await provider.refresh()
        assert await download() == 200

        async def is_read() -> bool:
            """obstore keeps what it was given for a tenth of a second, however soon it ends."""
            with suppress(StorageAccessDenied):
                return (await store.read_head(key, 1)).size == len(BODY)
            return False

        await until(is_read)
        await store.delete(key)
        with pytest.raises(ObjectNotFound):
            await store.read_head(key, 1)
        await store.aclose()
