"""The real servers, each started once when a test first asks for it, and a fresh database for every test."""

import logging
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import TypeVar

import asyncpg
import botocore.session
import pytest
import structlog
from hypothesis import HealthCheck, settings

from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.seaweedfs import SeaweedServer
from photodock.services.library import SLOT_SECONDS
from photodock.storage.bucket import Bucket, ensure_bucket
from photodock.storage.credentials import CredentialsProvider
from support.quick_folder import quick_folder
from support.second_look import SecondLook
from support.secret_search import SecretSearch
from support.system import SECRET

TEMPLATE = "photodock_template"
numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--second-look", action="store_true", help="run a test that fails once more, and name it")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SecretSearch([SECRET]))
    if config.getoption("--second-look"):
        config.pluginmanager.register(SecondLook())
    # How fast an example is made and tried is this machine's, which may be busy with something else.
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")
    # At `debug`, which a test may ask of every library, the SDK writes down each signature that it makes.
    logging.getLogger("botocore").setLevel(logging.INFO)
    # The SDK reads its descriptions of AWS's services once for all tests, and not anew in each.
    botocore.session.create_loader = cache(botocore.session.create_loader)
    # A shell starts what it puts into the background deaf to Ctrl-C, and children inherit that: tests send it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # structlog's own way draws each traceback with all local variables, which holds an event loop up for seconds.
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )


LONG = (
    "acceptance/console/test_acceptance_console_lid.py",
    "acceptance/crashes",
    "acceptance/deployment",
    "acceptance/live",
    "acceptance/outages/test_acceptance_database_failover.py",
    "acceptance/outages/test_acceptance_streams_under_kills.py",
    "acceptance/test_acceptance_backup.py",
    "acceptance/test_acceptance_dead_letters.py",
    "acceptance/test_acceptance_documentation.py",
    "acceptance/test_acceptance_slow_clients.py",
    "acceptance/test_acceptance_stopping.py",
    "acceptance/traces",
    "integration/consumer",
    "integration/doctor/test_doctor_queues.py",
    "integration/machine",
    "integration/partitions",
    "integration/privacy/test_erasing_interrupted.py",
    "integration/rabbitmq/test_rabbitmq_outages.py",
    "integration/renditions/test_rendition_kills.py",
    "integration/webhooks/test_webhook_kills.py",
)
"""What kills, cuts off and waits. `make test-long` runs these, `make test` all others."""


BROWSER = ("acceptance/clients", "acceptance/console", "integration/doctor/test_doctor_browsers.py")
"""What runs in Chromium, or in Node against the running system. `make test-browser` runs these."""

FUZZ = "acceptance/fuzz"
"""`make test-api-fuzz` runs these."""

RELEASE = "acceptance/release"
"""`make test-release` runs these."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        place = item.path.relative_to(Path(__file__).parent).as_posix()
        if place.startswith(LONG):
            item.add_marker(pytest.mark.long)
        if place.startswith(BROWSER) and not place.startswith(LONG):
            item.add_marker(pytest.mark.browser)
        if place.startswith(FUZZ):
            item.add_marker(pytest.mark.fuzz)
        if place.startswith(RELEASE):
            item.add_marker(pytest.mark.release)


AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)


def no_skip(report: AnyReport) -> AnyReport:
    """In CI everything that a test needs is there: a skip is a failure."""
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Whole modules may be left out, too."""
    return no_skip((yield))


@pytest.fixture(autouse=True)
def away_from_the_end_of_a_signing_slot() -> None:
    """Download URLs, and ETags with them, change every five minutes: a test that compares two begins not just then."""
    while time.time() % SLOT_SECONDS > SLOT_SECONDS - 2:
        time.sleep(0.1)


@pytest.fixture(scope="session")
def servers_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


class QuietPostgres(PostgresServer):
    """Without housekeeping of its own. Each of its transactions, in whatever database, holds the feed's changes back
    while it lasts; and what it finds changes plans. Tests that look at either would fail at moments of its choosing."""

    def _settings(self) -> list[str]:
        return [*super()._settings(), "-c", "autovacuum=off"]


@pytest.fixture(scope="session")
def postgres(servers_dir: Path) -> Iterator[PostgresServer]:
    with (
        quick_folder(servers_dir) as folder,
        QuietPostgres(folder / "postgres", servers_dir / "logs", fast=True) as server,
    ):
        # Where the search for secrets in logs finds it.
        shutil.copy(folder / "postgres" / "password", servers_dir)
        yield server


@pytest.fixture(scope="session")
def seaweedfs(servers_dir: Path) -> Iterator[SeaweedServer]:
    with SeaweedServer(servers_dir / "s3", servers_dir / "logs") as server:
        yield server


@pytest.fixture(scope="session")
def ministack(servers_dir: Path) -> Iterator[MiniStackServer]:
    with MiniStackServer(servers_dir / "sqs", servers_dir / "logs") as server:
        yield server


def database_named(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"


async def administer(url: str, statement: str) -> None:
    connection = await asyncpg.connect(database_named(url, "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def template(postgres: PostgresServer) -> str:
    await administer(postgres.database_url, f"CREATE DATABASE {TEMPLATE}")
    await migrate(database_named(postgres.database_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
async def database_url(postgres: PostgresServer, template: str) -> AsyncIterator[str]:
    name = f"test_{next(numbers)}"
    await administer(postgres.database_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield database_named(postgres.database_url, name)
    await administer(postgres.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@dataclass(frozen=True)
class S3:
    """Where the tests' bucket is, and the keys to it."""

    endpoint_url: str
    bucket: str
    access_key: str
    secret_key: str
    region: str


@pytest.fixture(scope="session")
async def s3(seaweedfs: SeaweedServer) -> S3:
    found = S3(seaweedfs.endpoint_url, "photodock-tests", seaweedfs.access_key, seaweedfs.secret_key, seaweedfs.region)
    bucket = Bucket(found.bucket, found.region, found.endpoint_url, "path")
    credentials = CredentialsProvider.static(found.access_key, found.secret_key)
    await ensure_bucket(credentials, bucket, allowed_origins=["https://app.example"])
    return found


@dataclass(frozen=True)
class Sqs:
    """The SQS emulator; `create_queue` returns the URL of a queue with its dead-letter queue."""

    server: MiniStackServer

    @property
    def endpoint_url(self) -> str:
        return self.server.endpoint_url

    @property
    def access_key(self) -> str:
        return self.server.access_key

    @property
    def secret_key(self) -> str:
        return self.server.secret_key

    @property
    def region(self) -> str:
        return self.server.region

    def create_queue(self, name: str) -> str:
        return self.server.create_queues(name)


@pytest.fixture(scope="session")
def sqs(ministack: MiniStackServer) -> Sqs:
    return Sqs(ministack)
