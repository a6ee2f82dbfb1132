"""The API in this process, what a worker makes renditions with, and the store behind both."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from conftest import S3
from photodock.bootstrap.core import Core, opened_core
from photodock.bootstrap.worker import renditions
from photodock.settings import Settings
from photodock.storage.bucket import Bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from photodock.workers.renditions import RenditionMaker
from support.store import Store, key_of
from support.system import Caller


@pytest.fixture
async def core(settings: Settings) -> AsyncIterator[Core]:
    async with opened_core(settings) as core:
        yield core


@pytest.fixture
def maker(core: Core, settings: Settings) -> RenditionMaker:
    return RenditionMaker(core.db, renditions(settings, core), processes=2, poll_seconds=0.05)


@pytest.fixture
async def store(s3: S3) -> AsyncIterator[Store]:
    bucket = Bucket(s3.bucket, s3.region, s3.endpoint_url, "path")
    async with s3_client(CredentialsProvider.static(s3.access_key, s3.secret_key), bucket) as client:
        yield Store(client, s3.bucket)


@pytest.fixture
def made(api: Caller, project: str, maker: RenditionMaker) -> Callable[..., Awaitable[dict[str, Any]]]:
    """A photo that was uploaded, as it is when its renditions have been tried."""

    async def upload(data: bytes, **fields: Any) -> dict[str, Any]:
        photo = await api.upload(project, data, **fields)
        assert len(await maker.run_once()) == 1
        return await api.photo(photo["id"])

    return upload


@pytest.fixture
def objects(store: Store) -> Callable[[dict[str, Any]], Awaitable[set[str]]]:
    """What stands in the bucket beside the photo, by the ends of the keys behind its id."""

    async def found(photo: dict[str, Any]) -> set[str]:
        stem = key_of(photo).rpartition(".")[0]
        listed = await store.client.list_objects_v2(Bucket=store.bucket, Prefix=stem)
        return {entry["Key"].removeprefix(stem) for entry in listed.get("Contents", ())}

    return found


@pytest.fixture
def jobs(core: Core) -> Callable[..., Awaitable[list[int]]]:
    """How often each job of the photo was tried; empty when there is none."""

    async def found(photo: dict[str, Any]) -> list[int]:
        rows = await core.db.fetch("SELECT attempts FROM rendition_jobs WHERE photo_id = $1", UUID(photo["id"]))
        return [row["attempts"] for row in rows]

    return found


@pytest.fixture
def leases_end(core: Core) -> Callable[[], Awaitable[int]]:
    """As time would do it."""
    return lambda: core.db.execute("UPDATE rendition_jobs SET due_at = clock_timestamp()")


async def fetched(api: Caller, photo: dict[str, Any], name: str) -> httpx.Response:
    """The rendition, by its URL."""
    [one] = [one for one in photo["renditions"] if one["name"] == name]
    answer = await api.storage.get(one["url"])
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == one["file_size"]
    return answer
