"""The servers behind what is measured, and the environment that leads to them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from obstore.store import S3Store

from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.seaweedfs import SeaweedServer
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.s3 import s3_reader

SECRET = "for-the-benchmark-alone-0123456789abcdef"  # noqa: S105 - of a database that lives for minutes
NOWHERE = "http://127.0.0.1:9"
"""Signing makes no request, so most measurements need no store."""


@dataclass(frozen=True)
class Backends:
    """PostgreSQL, SeaweedFS and the SQS emulator, with nothing in them."""

    folder: Path
    database: PostgresServer
    store: SeaweedServer
    queue: MiniStackServer

    @property
    def bucket(self) -> Bucket:
        return Bucket(self.store.bucket, self.store.region, self.store.endpoint_url, "path")

    def credentials(self) -> CredentialsProvider:
        return CredentialsProvider.static(self.store.access_key, self.store.secret_key)

    def objects(self) -> S3Store:
        """For putting objects there."""
        return s3_reader(self.bucket, self.credentials(), 5, 30)

    def environment(self) -> dict[str, str]:
        return environment(self.database.database_url) | {
            "PHOTODOCK_S3_ENDPOINT_URL": self.store.endpoint_url,
            "PHOTODOCK_S3_BUCKET": self.store.bucket,
            "PHOTODOCK_S3_REGION": self.store.region,
            "PHOTODOCK_SQS_ENDPOINT_URL": self.queue.endpoint_url,
            "PHOTODOCK_QUEUE_URL": self.queue.queue_url("bench-jobs"),
            "AWS_ACCESS_KEY_ID": self.store.access_key,
            "AWS_SECRET_ACCESS_KEY": self.store.secret_key,
        }


def environment(database_url: str) -> dict[str, str]:
    """For a `serve` that needs nothing but its database."""
    return {
        "PHOTODOCK_DATABASE_URL": database_url,
        "PHOTODOCK_JWT_SECRET": SECRET,
        "PHOTODOCK_S3_ENDPOINT_URL": NOWHERE,
        "PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "100000000",
        # How long a busy disk takes is for the figures to say: a refusal would only void them.
        "PHOTODOCK_DATABASE_TIMEOUT": "60s",
        "PHOTODOCK_DATABASE_ACQUIRE_TIMEOUT": "60s",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench-secret",
    }


@contextmanager
def opened_database(folder: Path, *, fast: bool = False) -> Iterator[PostgresServer]:
    os.chmod(folder, 0o755)  # noqa: S103 - PostgreSQL runs as another user when this is root
    with PostgresServer(folder / "postgresql", folder / "logs", fast=fast) as database:
        yield database


@contextmanager
def opened(folder: Path, database: PostgresServer) -> Iterator[Backends]:
    with ExitStack() as stack:
        store = stack.enter_context(SeaweedServer(folder / "s3", folder / "logs"))
        queue = stack.enter_context(MiniStackServer(folder / "sqs", folder / "logs"))
        queue.create_queues("bench-jobs")
        yield Backends(folder, database, store, queue)
