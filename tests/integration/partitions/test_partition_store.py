"""The network to S3 is slow, silent or cuts: what needs the store says so in time, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from conftest import S3
from integration.partitions.conftest import FAULTS, STORE_SECONDS, Network, faults, problem
from photodock.db.pool import Database
from photodock.domain.errors import ObjectNotFound, StorageUnavailable
from photodock.settings import Settings
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.s3 import ObjectStore
from support.images import jpeg
from support.proxy import Fault
from support.serving import changed
from support.system import Caller

AWAY = (503, "storage_unavailable", True)
IN_THE_BODY = Fault(answer=900)
STALLED_BODY = Fault(answer=900, then="silence")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Here PostgreSQL's network is well: a machine that is busy with something else is no fault of it."""
    return changed(settings, database_timeout=10, database_connect_timeout=10, database_acquire_timeout=20)


async def in_time(call: Any) -> httpx.Response:
    async with asyncio.timeout(STORE_SECONDS):
        answer: httpx.Response = await call
    return answer


async def put(api: Caller, project: str) -> str:
    """A photo whose object is in the store."""
    issued = await api.issue(project, jpeg())
    assert (await api.put(issued, jpeg())).status_code == 200
    return str(issued["photo_id"])


@faults(IN_THE_BODY, STALLED_BODY)
async def test_a_confirmation_is_answered_in_time_and_succeeds_right_afterwards(
    api: Caller, project: str, network: Network, fault: Fault
) -> None:
    photos = [await put(api, project) for _ in range(8)]
    async with network.store.suffering(fault):
        answers = await asyncio.gather(*(in_time(api.confirm(photo_id)) for photo_id in photos))
        assert [problem(answer) for answer in answers] == [AWAY] * len(photos)
        assert {(await api.photo(photo_id))["status"] for photo_id in photos} == {"pending_upload"}
        assert (await api.request_upload(project, jpeg())).status_code == 200
    answers = await asyncio.gather(*(in_time(api.confirm(photo_id)) for photo_id in photos))
    assert [answer.json()["status"] for answer in answers] == ["uploaded"] * len(photos)


@faults()
async def test_a_deletion_is_answered_in_time_and_made_up_for_later(
    api: Caller, project: str, network: Network, db: Database, fault: Fault
) -> None:
    photo_id = (await api.upload(project, jpeg()))["id"]
    async with network.store.suffering(fault):
        assert (await in_time(api.call("DELETE", f"/photos/{photo_id}"))).status_code == 204
    assert (await api.call("GET", f"/photos/{photo_id}")).status_code == 404
    assert await db.fetchrow("SELECT 1 FROM object_deletions WHERE photo_id = $1", photo_id)


async def test_a_store_that_is_slow_is_no_store_that_is_away(api: Caller, project: str, network: Network) -> None:
    photo_id = await put(api, project)
    async with network.store.suffering(Fault(delay=0.1)):
        assert (await in_time(api.confirm(photo_id))).json()["status"] == "uploaded"
        assert (await in_time(api.call("DELETE", f"/photos/{photo_id}"))).status_code == 204


@pytest.fixture
async def patient_store(settings: Settings, s3: S3) -> AsyncIterator[ObjectStore]:
    """With waits that add up to minutes, if nothing ended them."""
    store = ObjectStore(
        Bucket(s3.bucket, s3.region, settings.s3_endpoint_url, "path"),
        CredentialsProvider.static(s3.access_key, s3.secret_key),
        delays=(60,),
        timeout=60,
        total_timeout=1.5,
    )
    yield store
    await store.aclose()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_call_ends_in_time_whatever_its_tries_would_take(
    patient_store: ObjectStore, network: Network, fault: Fault
) -> None:
    async def listed() -> None:
        async for _ in patient_store.list_objects("no-such-prefix/"):
            pass

    async with network.store.suffering(fault), asyncio.timeout(STORE_SECONDS):
        failures = await asyncio.gather(
            patient_store.read_head("key", 10),
            patient_store.read_range("key", 0, 10),
            patient_store.delete("key"),
            listed(),
            return_exceptions=True,
        )
    assert [type(failure) for failure in failures] == [StorageUnavailable] * 4
    with pytest.raises(ObjectNotFound):
        await patient_store.read_head("key", 10)
    await listed()


async def test_a_trickle_is_given_up_like_silence(s3: S3, settings: Settings, network: Network) -> None:
    """Each piece comes in time, but never the whole: the SDK's own limit would never be met."""

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(1)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nX: ")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        except OSError:
            writer.close()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store = ObjectStore(
        Bucket(s3.bucket, s3.region, f"http://127.0.0.1:{port}", "path"),
        CredentialsProvider.static(s3.access_key, s3.secret_key),
        delays=(),
        timeout=0.5,
    )
    for call in (lambda: store.read_head("key", 10), lambda: store.delete("key")):
        with pytest.raises(StorageUnavailable):
            async with asyncio.timeout(STORE_SECONDS):
                await call()
    await store.aclose()
    server.close()
