"""The four lists that are compared, collected when all is over: objects, rows, history, and jobs received."""

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from crash.ledger import Job, Ledger
from photodock.db.pool import Database
from photodock.embedded.seaweedfs import SeaweedServer
from photodock.storage.bucket import Bucket, s3_client
from photodock.storage.credentials import CredentialsProvider

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

READY_PROBE = ".photodock-ready"
"""What the embedded server writes and deletes when it starts; a kill in between leaves it."""
READERS = 8
UNREADABLE = (ClientError, BotoCoreError, OSError)


@dataclass(frozen=True, slots=True)
class Row:
    """A photo's row. `jobs`: the message ids of its outbox rows; `unsent`: how many of them still wait."""

    photo_id: str
    key: str
    state: str
    """As `str(State)`: the status, and for `failed` which failure."""
    jobs: tuple[str, ...] = ()
    unsent: int = 0
    renditions: int | None = None
    """How many it tells of; None: they were not tried."""

    @property
    def status(self) -> str:
        return self.state.partition("(")[0]


@dataclass(frozen=True, slots=True)
class Evidence:
    """`objects`: SHA-256 (hex) by key, of those that could be read, else what went wrong. `tombstones`: keys by photo.
    `histories`: the steps, oldest first, of living and deleted photos. `told`: what the API says at the end."""

    objects: Mapping[str, str]
    rows: Mapping[str, Row]
    tombstones: Mapping[str, str]
    histories: Mapping[str, list[tuple[str | None, str]]]
    jobs: list[Job]
    told: Mapping[str, str]
    deletions_left: int = 0
    rendition_jobs_left: int = 0


def reading(store: SeaweedServer) -> "AbstractAsyncContextManager[S3Client]":
    credentials = CredentialsProvider.static(store.access_key, store.secret_key)
    return s3_client(credentials, Bucket(store.bucket, store.region, store.endpoint_url, "path"))


async def listed(client: "S3Client", bucket: str) -> set[str]:
    found: set[str] = set()
    async for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        found |= {entry["Key"] for entry in page.get("Contents", ())}
    return found - {READY_PROBE}


async def contents(client: "S3Client", bucket: str, keys: Collection[str]) -> dict[str, str]:
    """SHA-256 (hex) of each object, or the name of what went wrong."""
    slots = asyncio.Semaphore(READERS)

    async def content(key: str) -> str:
        async with slots:
            try:
                answer = await client.get_object(Bucket=bucket, Key=key)
                return hashlib.sha256(await answer["Body"].read()).hexdigest()
            except UNREADABLE as error:
                return f"unreadable: {error}"

    return dict(zip(keys, await asyncio.gather(*map(content, keys)), strict=True))


async def losses(store: SeaweedServer, ledger: Ledger) -> set[str]:
    """The photos whose object the store took and has not any more, though nobody asked for its deletion.

    To be asked right after the store's restart, when only the store itself can have lost them.
    """
    expected = {upload.photo_id: upload for upload in list(ledger.uploads.values()) if upload.stays}
    async with reading(store) as client:
        found = await listed(client, store.bucket)
        newest = [upload.key for upload in list(expected.values())[-100:]]
        read = await contents(client, store.bucket, [key for key in newest if key in found])
    return {
        photo_id
        for photo_id, upload in expected.items()
        if upload.stays and (upload.key not in found or read.get(upload.key, upload.sha256) != upload.sha256)
    }


async def collected(db: Database, store: SeaweedServer, ledger: Ledger, told: Mapping[str, str]) -> Evidence:
    async with reading(store) as client:
        objects = await contents(client, store.bucket, sorted(await listed(client, store.bucket)))
    stones = await db.fetch("SELECT photo_id, s3_key FROM tombstones")
    [left] = await db.fetch(
        "SELECT (SELECT count(*) FROM object_deletions) AS notes, (SELECT count(*) FROM rendition_jobs) AS jobs"
    )
    return Evidence(
        objects=objects,
        rows=await _rows(db),
        tombstones={str(stone["photo_id"]): stone["s3_key"] for stone in stones},
        histories=await _histories(db),
        jobs=ledger.jobs,
        told=told,
        deletions_left=left["notes"],
        rendition_jobs_left=left["jobs"],
    )


async def _rows(db: Database) -> dict[str, Row]:
    found = await db.fetch(
        """
        SELECT p.id, p.s3_key, p.status || coalesce('(' || p.error_code || ')', '') AS state,
            array_remove(array_agg(o.message_id::text), NULL) AS jobs,
            count(o.id) FILTER (WHERE o.sent_at IS NULL) AS unsent, jsonb_array_length(p.renditions) AS renditions
        FROM photos p LEFT JOIN outbox o ON o.photo_id = p.id GROUP BY p.id
        """
    )
    return {
        str(row["id"]): Row(
            str(row["id"]), row["s3_key"], row["state"], tuple(row["jobs"]), row["unsent"], row["renditions"]
        )
        for row in found
    }


async def _histories(db: Database) -> dict[str, list[tuple[str | None, str]]]:
    events = await db.fetch("SELECT photo_id, from_status, to_status FROM photo_status_events ORDER BY photo_id, id")
    return {
        str(photo_id): [(event["from_status"], event["to_status"]) for event in group]
        for photo_id, group in groupby(events, key=lambda event: event["photo_id"])
    }
