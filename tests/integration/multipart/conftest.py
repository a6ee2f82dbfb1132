"""The store behind the service, and what it holds of uploads that are not complete."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from conftest import S3
from photodock.bootstrap.core import Core, opened_core
from photodock.settings import Settings
from photodock.storage.bucket import Bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from support.parts import Sender, sender
from support.store import Store, key_of
from support.system import Caller

OpenUploads = Callable[[Sender], Awaitable[list[str]]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"multipart_min_size": 5_000_000})


@pytest.fixture
async def core(settings: Settings) -> AsyncIterator[Core]:
    async with opened_core(settings) as core:
        yield core


@pytest.fixture
async def store(s3: S3) -> AsyncIterator[Store]:
    bucket = Bucket(s3.bucket, s3.region, s3.endpoint_url, "path")
    async with s3_client(CredentialsProvider.static(s3.access_key, s3.secret_key), bucket) as client:
        yield Store(client, s3.bucket)


@pytest.fixture
async def photo(api: Caller, project: str) -> Sender:
    """A large photo, nothing of which has been sent."""
    return await sender(api, project)


@pytest.fixture
def uploads_of(core: Core) -> OpenUploads:
    """The ids of the store's own open uploads under the photo's key."""

    async def found(photo: Sender) -> list[str]:
        key = key_of(photo.issued)
        return [one.upload_id async for one in core.store.open_uploads() if one.key == key]

    return found
