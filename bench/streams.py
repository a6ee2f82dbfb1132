"""A thousand event streams on one process: its memory, and the time from a change's commit until each client has it."""

import asyncio
import random
import resource
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from uuid_utils.compat import uuid7

from bench.backends import SECRET
from bench.contenders import running
from bench.void import Void
from photodock.api.auth import mint
from photodock.domain.identity import Principal, Scope

STREAMS = 1_000
ORGANIZATIONS = 100
OPENED_AT_ONCE = 50
CHANGES_PER_SECOND = 20
FILES = 4_096
DEADLINE_SECONDS = 120
LIMITS = {
    "PHOTODOCK_MAX_CONNECTIONS": "1200",
    "PHOTODOCK_MAX_STREAMS": str(STREAMS),
    "PHOTODOCK_ORGANIZATION_MAX_STREAMS": str(STREAMS),
    "PHOTODOCK_USER_MAX_STREAMS": str(STREAMS),
}
PHOTO = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
                    status, detection_types, priority, created_at, uploaded_at, url_expires_at)
SELECT $1::uuid, $2, $3, 'anna', gen_random_uuid(), 'north-roof.jpg', 'image/jpeg', 3482113, $1::uuid || '.jpg',
       'uploaded', '{damage,material}', 'normal', now(), now(), now()
"""
CHANGE = """
UPDATE photos SET status = CASE status WHEN 'uploaded' THEN 'processing' ELSE 'uploaded' END WHERE id = $1
"""


def measure(environment: Mapping[str, str], folder: Path, *, changes: int) -> dict[str, float]:
    """`apart`: streams of a hundred organizations, a change is for ten of them; `together`: for all."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard) if hard > 0 else FILES, hard))
    found: dict[str, float] = {"streams.open": STREAMS}
    for name, organizations, count in (("apart", ORGANIZATIONS, changes), ("together", 1, max(1, changes // 5))):
        with running("photodock", {**environment, **LIMITS}, folder / f"streams-{name}.log") as server:
            before = server.rss_mb()
            told = asyncio.run(follow(environment["PHOTODOCK_DATABASE_URL"], server.port, organizations, count))
            found |= {
                f"streams.{name}_p50_ms": statistics.median(told.seconds) * 1e3,
                f"streams.{name}_p99_ms": statistics.quantiles(told.seconds, n=100)[98] * 1e3,
                f"streams.{name}_rss_mb": server.rss_mb(),
                f"streams.{name}_kb_each": (server.rss_mb() - before) * 1024 / STREAMS,
            }
    return found


@dataclass
class Told:
    """Seconds from the commit of each change until each of its streams had it."""

    seconds: list[float] = field(default_factory=list)


@dataclass
class Place:
    """An organization with a photo; `arrivals`: when its streams had the change that is under way."""

    organization_id: UUID
    photo_id: UUID
    streams: int
    arrivals: list[float] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self) -> None:
        self.arrivals.append(time.perf_counter())
        if len(self.arrivals) == self.streams:
            self.arrived.set()


async def follow(database_url: str, port: int, organizations: int, changes: int) -> Told:
    connection = await asyncpg.connect(database_url)
    try:
        places = [await settle(connection, STREAMS // organizations) for _ in range(organizations)]
        async with opened(port, places):
            return await change(connection, places, changes)
    finally:
        await connection.close()


async def settle(connection: "asyncpg.Connection", streams: int) -> Place:
    place, project_id = Place(uuid4(), uuid7(), streams), uuid4()
    await connection.execute("INSERT INTO projects VALUES ($1, $2, 'roofs')", project_id, place.organization_id)
    await connection.execute(PHOTO, place.photo_id, place.organization_id, project_id)
    return place


@asynccontextmanager
async def opened(port: int, places: Sequence[Place]) -> AsyncIterator[None]:
    slots = asyncio.Semaphore(OPENED_AT_ONCE)
    reading: list[asyncio.Task[None]] = []
    writers: list[asyncio.StreamWriter] = []
    try:

        async def open_one(place: Place, number: int) -> None:
            async with slots, asyncio.timeout(DEADLINE_SECONDS):
                reader, writer = await stream(port, place, number)
            writers.append(writer)
            reading.append(asyncio.create_task(read(reader, place)))

        await asyncio.gather(*(open_one(place, number) for place in places for number in range(place.streams)))
        yield
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        for writer in writers:
            writer.close()


async def stream(port: int, place: Place, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open, and past its first part."""
    who = Principal(f"user-{number}", place.organization_id, frozenset({Scope.READ}))
    token = mint(SECRET, who, lifetime_seconds=3_600)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /api/v1/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise Void(head.decode())
    await reader.readuntil(b": here\n")
    return reader, writer


async def read(reader: asyncio.StreamReader, place: Place) -> None:
    while True:
        await reader.readuntil(b"event: photo\n")
        place.note()


async def change(connection: "asyncpg.Connection", places: Sequence[Place], changes: int) -> Told:
    """One at a time, each once all have the one before."""
    told, chance = Told(), random.Random(4)  # noqa: S311 - not for secrets
    for _ in range(changes):
        place = chance.choice(places)
        place.arrivals.clear()
        place.arrived.clear()
        await connection.execute(CHANGE, place.photo_id)
        committed = time.perf_counter()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await place.arrived.wait()
        told.seconds += [max(0.0, arrived - committed) for arrived in place.arrivals]
        await asyncio.sleep(chance.expovariate(CHANGES_PER_SECOND))
    return told
