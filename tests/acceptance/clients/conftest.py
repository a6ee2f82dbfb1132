"""The running system for clients that are programs of their own, and a web page's origin that it lets in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from acceptance.conftest import fresh_backend
from conftest import S3, Sqs
from photodock.embedded.ports import free_port
from photodock.embedded.postgres import PostgresServer
from photodock.storage.bucket import Bucket, ensure_bucket
from photodock.storage.credentials import CredentialsProvider
from support.audit import assert_sound
from support.whole import System, running_system


@dataclass(frozen=True)
class Installation:
    """`page_origin` is where the tests' web pages may be served: neither the API nor the store refuses it."""

    system: System
    page_origin: str


@pytest.fixture(scope="session")
async def installation(
    postgres: PostgresServer, template: str, s3: S3, sqs: Sqs, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    page_origin = f"http://127.0.0.1:{free_port()}"
    store = replace(s3, bucket="photodock-clients")
    bucket = Bucket(store.bucket, store.region, store.endpoint_url, "path")
    credentials = CredentialsProvider.static(store.access_key, store.secret_key)
    await ensure_bucket(credentials, bucket, allowed_origins=[page_origin])
    settings = {"PHOTODOCK_CORS_ALLOWED_ORIGINS": page_origin, "PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "0"}
    async with (
        fresh_backend(postgres, store, sqs) as backend,
        running_system(tmp_path_factory.mktemp("clients"), backend, settings) as system,
    ):
        yield Installation(system, page_origin)
        await assert_sound(system.db, system.deployment)
