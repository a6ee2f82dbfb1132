"""How many requests S3 gets for a confirmed photo: counted on their way, the service's own code making them."""

import asyncio
import statistics
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import obstore
from uuid_utils.compat import uuid7

from bench.backends import Backends
from bench.photos import phone_photos, shared_photos
from bench.void import Void
from photodock import logs
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.domain.identity import Trace
from photodock.domain.photo import object_key
from photodock.imaging import inspect_bytes
from photodock.services.confirmation import Confirmation
from photodock.services.uploads import utc_now
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore

PENDING = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
                    detection_types, priority, created_at, url_expires_at, sweep_at)
VALUES ($1, $2, $3, 'anna', gen_random_uuid(), 'photo.jpg', $4, $5, $6, '{damage}', 'normal', now(), now(), now())
"""
SETS = {"phone": lambda: list(phone_photos()), "shared": shared_photos}
REQUEST_LINE_END = b" HTTP/1.1\r\n"


def measure(backends: Backends) -> dict[str, float]:
    logs.configure("error")  # the shared set has damaged files, and the service says so
    counts = {name: asyncio.run(requests_of(backends, photos())) for name, photos in SETS.items()}
    every = [count for found in counts.values() for count in found]
    means = {f"s3_requests.{name}_mean": statistics.mean(found) for name, found in counts.items() if found}
    return means | {
        "s3_requests.photos": len(every),
        "s3_requests.mean": statistics.mean(every),
        "s3_requests.worst": max(every),
    }


async def requests_of(backends: Backends, photos: list[bytes]) -> list[int]:
    """For each photo that is taken in."""
    found = []
    async with (
        counted(backends.store.endpoint_url) as (seen, endpoint_url),
        opened(backends, endpoint_url) as (
            confirmation,
            connection,
        ),
    ):
        organization_id, project_id = uuid4(), uuid4()
        await connection.execute("INSERT INTO projects VALUES ($1, $2, 'roofs')", project_id, organization_id)
        for data in photos:
            mime_type = inspect_bytes(data).mime_type
            if mime_type not in ("image/jpeg", "image/png"):
                continue
            photo_id, now = uuid7(), utc_now()
            key = object_key(project_id, photo_id, mime_type, now)
            await connection.execute(PENDING, photo_id, organization_id, project_id, mime_type, len(data), key)
            await obstore.put_async(
                backends.objects(), key, data, attributes={"Content-Type": mime_type}, use_multipart=False
            )
            before = seen["requests"]
            photo = await confirmation.confirm(photo_id, organization_id, actor="anna", trace=Trace("bench"))
            if photo.status != "uploaded":
                raise Void(f"A photo was not taken in ({photo.error_detail}).")
            found.append(seen["requests"] - before)
    return found


@asynccontextmanager
async def opened(
    backends: Backends, endpoint_url: str
) -> AsyncIterator[tuple[Confirmation, "asyncpg.Connection[asyncpg.Record]"]]:
    """The service's confirmation, whose way to S3 leads past the counter; and the database by the back door."""
    bucket = replace(backends.bucket, endpoint_url=endpoint_url)
    credentials = backends.credentials()
    db, store = Database(backends.database.database_url), ObjectStore(bucket, credentials)
    connection = await asyncpg.connect(backends.database.database_url)
    try:
        yield Confirmation(Tenants(db), store, Presigner(bucket, credentials.current)), connection
    finally:
        await db.close()
        await store.aclose()
        await connection.close()


@asynccontextmanager
async def counted(endpoint_url: str) -> AsyncIterator[tuple[Counter[str], str]]:
    """An address that leads to the other, and how many requests went through. For requests without a body."""
    seen: Counter[str] = Counter()
    target = urlsplit(endpoint_url)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, count: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                if count:
                    seen["requests"] += data.count(REQUEST_LINE_END)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(target.hostname, target.port)
        with suppress(asyncio.CancelledError):  # the end of the loop
            await asyncio.gather(relay(reader, there[1], count=True), relay(there[0], writer, count=False))

    server = await asyncio.start_server(accepted, "127.0.0.1")
    try:
        yield seen, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
