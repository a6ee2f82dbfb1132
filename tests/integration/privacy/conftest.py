"""A database of each test's own, since erasing walks whole tables, and the commands as an operator types them."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from conftest import S3
from photodock.bootstrap.core import Core, opened_core
from photodock.bootstrap.worker import erasure
from photodock.cli import app
from photodock.services.erasure import Erasure
from photodock.settings import Settings
from photodock.storage.bucket import Bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from support.store import Store
from support.system import SECRET

Run = Callable[..., Awaitable[Result]]
Command = Callable[..., Awaitable[asyncio.subprocess.Process]]
START = "from photodock.cli import app; app()"


@pytest.fixture(autouse=True)
def keys_of_the_store(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)


@pytest.fixture
def settings(database_url: str, s3: S3) -> Settings:
    return Settings(
        environment="tests",
        database_url=database_url,
        s3_bucket=s3.bucket,
        s3_region=s3.region,
        s3_endpoint_url=s3.endpoint_url,
        jwt_secret=SECRET,
        retry_delays=(),
    )


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
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command in a thread of its own, where it has an event loop of its own."""
    monkeypatch.setattr("photodock.cli_privacy.load_settings", lambda: settings)
    monkeypatch.setattr("photodock.logs.configure", lambda _: None)

    async def invoke(*arguments: str, **options: Any) -> Result:
        with capture_logs():
            return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), **options)

    return invoke


@pytest.fixture
def command(settings: Settings, s3: S3) -> Command:
    """The program itself, as a process of its own; `code` stands in for its start."""
    environment = {
        **os.environ,
        "PHOTODOCK_DATABASE_URL": settings.database_url.get_secret_value(),
        "PHOTODOCK_S3_BUCKET": s3.bucket,
        "PHOTODOCK_S3_ENDPOINT_URL": s3.endpoint_url,
        "PHOTODOCK_JWT_SECRET": SECRET,
    }

    async def start(*arguments: str, code: str = START) -> asyncio.subprocess.Process:
        words = (sys.executable, "-c", code, *arguments)
        return await asyncio.create_subprocess_exec(*words, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)

    return start


@pytest.fixture
def told(run: Run) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """The lines of a command that was given `--json`."""

    async def told(*arguments: str) -> list[dict[str, Any]]:
        shown = await run(*arguments, "--json")
        assert shown.exit_code == 0, shown.output
        return [json.loads(line) for line in shown.stdout.splitlines()]

    return told


@pytest.fixture
def service(settings: Settings, core: Core) -> Erasure:
    return erasure(settings, core)
