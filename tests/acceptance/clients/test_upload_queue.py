"""The TypeScript client's upload queue in Chromium, against the running system by way of a network that breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from acceptance.clients.test_typescript_client import CLIENT, PYTEST_SECONDS, VITEST_SECONDS
from acceptance.conftest import fresh_backend
from conftest import S3, Sqs
from photodock.embedded.ports import free_port
from photodock.embedded.postgres import PostgresServer
from photodock.storage.bucket import Bucket, ensure_bucket
from photodock.storage.credentials import CredentialsProvider
from support.audit import assert_sound
from support.packages import require
from support.proxy import HEALTHY, Fault, Proxy
from support.system import token_for
from support.vitest import CHROMIUM, vitest
from support.whole import running_system

SLOW = Fault(delay=0.1)
"""For each 64 KiB: a part of 5 MiB takes eight seconds."""

CRAWLING = Fault(delay=0.4)
"""A photo of 1.5 MB takes ten seconds: what is to happen in its middle may come late. Nobody waits for its end, since
the network is healthy again before."""


@asynccontextmanager
async def store_proxy(target: str) -> AsyncIterator[tuple[Proxy, int]]:
    """A proxy, and a port that takes one word a connection: `cut`, `slow`, `crawling` or `healthy`."""
    proxy = Proxy(target)
    await proxy.open()

    async def obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match (await reader.readline()).strip():
            case b"cut":
                proxy.cut()
            case b"slow":
                proxy.fault = SLOW
            case b"crawling":
                proxy.fault = CRAWLING
            case b"healthy":
                proxy.fault = HEALTHY
            case word:
                raise ValueError(word)
        writer.write(b"done\n")
        writer.close()

    port = free_port()
    try:
        async with await asyncio.start_server(obey, "127.0.0.1", port):
            yield proxy, port
    finally:
        await proxy.close()


@pytest.mark.timeout(PYTEST_SECONDS)
async def test_the_upload_queue_loses_nothing_and_sends_nothing_twice(
    postgres: PostgresServer, template: str, s3: S3, sqs: Sqs, tmp_path: Path
) -> None:
    require("chromium", CHROMIUM)
    page_origin = f"http://127.0.0.1:{free_port()}"
    store = replace(s3, bucket="photodock-queue")
    bucket = Bucket(store.bucket, store.region, store.endpoint_url, "path")
    credentials = CredentialsProvider.static(store.access_key, store.secret_key)
    await ensure_bucket(credentials, bucket, allowed_origins=[page_origin])
    async with store_proxy(store.endpoint_url) as (proxy, port), fresh_backend(postgres, store, sqs) as backend:
        settings = {
            "PHOTODOCK_CORS_ALLOWED_ORIGINS": page_origin,
            "PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "0",
            "PHOTODOCK_S3_PUBLIC_ENDPOINT_URL": proxy.in_place_of(store.endpoint_url),
        }
        async with running_system(tmp_path, backend, settings) as system:
            api = system.api.stranger()
            environment = {
                "PHOTODOCK_TEST_URL": system.serving.url,
                "PHOTODOCK_TEST_PROJECT": await api.make_project(),
                "PHOTODOCK_TEST_TOKEN": token_for(api.organization_id, scopes=api.scopes),
                "PHOTODOCK_TEST_EXPIRED_TOKEN": token_for(
                    api.organization_id, scopes=api.scopes, lifetime_seconds=-3600
                ),
                "PHOTODOCK_TEST_PAGE_ORIGIN": page_origin,
                "PHOTODOCK_TEST_CHROMIUM": str(CHROMIUM),
                "PHOTODOCK_TEST_STORE_CONTROL": str(port),
            }
            await vitest(CLIENT, "--project", "queue", environment=environment, seconds=VITEST_SECONDS)
            await assert_sound(system.db, system.deployment)
