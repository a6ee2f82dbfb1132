"""The real S3 server, a signer for it and a client without scruples."""

from uuid import uuid4

import httpx
import pytest

from photodock.storage.bucket import Bucket
from photodock.storage.credentials import Credentials, CredentialsProvider
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore


@pytest.fixture
def bucket(s3) -> Bucket:
    return Bucket(s3.bucket, s3.region, s3.endpoint_url, "path")


@pytest.fixture
def presigner(s3, bucket) -> Presigner:
    credentials = Credentials(s3.access_key, s3.secret_key)
    return Presigner(bucket, lambda: credentials)


@pytest.fixture
async def store(s3, bucket):
    store = ObjectStore(bucket, CredentialsProvider.static(s3.access_key, s3.secret_key), delays=())
    yield store
    await store.aclose()


@pytest.fixture
async def http():
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def key() -> str:
    return f"tampering/{uuid4()}.jpg"
