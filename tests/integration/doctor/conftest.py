"""Installations to look at: whole ones on real servers, each to be broken by a test in a way of its own."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from conftest import S3, administer, database_named
from photodock.doctor.checks import CHECKS
from photodock.doctor.findings import Finding, State
from photodock.doctor.installation import opened
from photodock.doctor.running import examined
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.services.uploads import utc_now
from photodock.settings import Settings
from photodock.storage.bucket import ensure_bucket, s3_client
from support.serving import changed
from support.stores import StoreKeys, user_of
from support.system import SECRET

ORIGIN = "https://app.example"
DATABASE = "shared_by_doctor_tests"


@pytest.fixture(scope="session")
def strict(servers_dir: Path) -> Iterator[MiniStackServer]:
    """S3 and SQS with signatures, policies and CORS rules that hold as AWS's do."""
    services = ("sqs", "s3", "iam", "sts")
    with MiniStackServer(servers_dir / "strict", servers_dir / "logs", services=services, auth=True) as server:
        yield server


@pytest.fixture(scope="session")
async def owner(strict: MiniStackServer) -> StoreKeys:
    """May do everything."""
    return await user_of(strict)


@pytest.fixture(scope="session")
async def database(postgres: PostgresServer, template: str) -> AsyncIterator[str]:
    """For all tests that break something else."""
    await administer(postgres.database_url, f"CREATE DATABASE {DATABASE} TEMPLATE {template}")
    yield database_named(postgres.database_url, DATABASE)
    await administer(postgres.database_url, f"DROP DATABASE {DATABASE} WITH (FORCE)")


@dataclass(frozen=True)
class Bed:
    """A bucket of one test's own on the strict server, and the settings that lead to it."""

    settings: Settings
    owner: StoreKeys

    @property
    def bucket(self) -> str:
        return self.settings.s3_bucket

    def client(self) -> Any:
        return s3_client(self.owner.credentials, self.owner.bucket(self.bucket))

    def but(self, **changes: Any) -> "Bed":
        return replace(self, settings=changed(self.settings, **changes))


def use(monkeypatch: pytest.MonkeyPatch, keys: StoreKeys) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_key)


@pytest.fixture
async def bed(owner: StoreKeys, strict: MiniStackServer, database: str, monkeypatch: pytest.MonkeyPatch) -> Bed:
    use(monkeypatch, owner)
    name = f"photos-{uuid4().hex[:12]}"
    await ensure_bucket(owner.credentials, owner.bucket(name), allowed_origins=[ORIGIN])
    settings = Settings(
        environment="tests",
        database_url=database,
        s3_bucket=name,
        s3_endpoint_url=owner.endpoint_url,
        sqs_endpoint_url=strict.endpoint_url,
        queue_url=strict.create_queues(f"jobs-{uuid4().hex[:12]}"),
        jwt_secret=SECRET,
        cors_allowed_origins=(ORIGIN,),
    )
    return Bed(settings, owner)


@pytest.fixture
def seaweed(settings: Settings, s3: S3) -> Settings:
    """An installation on SeaweedFS."""
    return settings


@dataclass(frozen=True)
class Diagnosis:
    """What was found, by the check's name."""

    findings: tuple[Finding, ...]

    def of(self, check: str) -> Finding:
        found = [finding for finding in self.findings if finding.check == check]
        assert len(found) == 1, found
        return found[0]

    @property
    def wrong(self) -> list[str]:
        return [finding.check for finding in self.findings if finding.state is State.WRONG]

    def said(self, check: str) -> str:
        """Finding, mend and what is to be pasted of a check that is wrong, in one text."""
        finding = self.of(check)
        assert finding.state is State.WRONG, finding
        assert finding.mend
        return "\n".join(filter(None, (finding.found, finding.mend, finding.paste)))


async def diagnose(settings: Settings, *only: str, clock: Callable[[], datetime] = utc_now) -> Diagnosis:
    found: list[Finding] = []
    async with opened(settings, dict(os.environ), clock) as here:
        async for findings in examined(here, CHECKS, only or [check.name for check in CHECKS]):
            found += findings
        await here.clear()
    return Diagnosis(tuple(found))


@pytest.fixture
def trials_left(bed: Bed) -> Callable[[], Awaitable[list[str]]]:
    async def keys() -> list[str]:
        async with bed.client() as client:
            listed = await client.list_objects_v2(Bucket=bed.bucket)
        return [found["Key"] for found in listed.get("Contents", ())]

    return keys
