"""The worker on one processor: bucket events in, photos `uploaded` and their jobs published. And its floor."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import obstore
from uuid_utils.compat import uuid7

from bench.backends import Backends
from bench.contenders import SERVER_CPU, cpu_seconds, started
from bench.photos import KIB, phone_photo
from bench.void import Void
from photodock.domain.photo import object_key

SIZE = 192 * KIB
"""Of an object: larger than what is read of it."""
PUT_AT_ONCE = 16
DEADLINE_SECONDS = 300
IDLE_SECONDS = 0.5
"""A process that used no more than a tick of its processor for this long has started."""

PENDING = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
                    detection_types, priority, created_at, url_expires_at, sweep_at)
SELECT id, $2, $3, 'anna', gen_random_uuid(), 'north-roof.jpg', 'image/jpeg', $4, key, '{damage,material}', 'normal',
       now(), now() + interval '1 hour', now() + interval '2 hours'
FROM unnest($1::uuid[], $5::text[]) AS new (id, key)
"""
AS_BEFORE = (
    "TRUNCATE outbox, photo_status_events",
    """UPDATE photos SET status = 'pending_upload', uploaded_at = NULL, processing_at = NULL, exif_data = NULL,
       sweep_at = now() + interval '2 hours', jobs_sent = 0""",
    "VACUUM ANALYZE photos",
)
SPAN = """
SELECT extract(epoch FROM (SELECT max(sent_at) FROM outbox) - (SELECT min(at) FROM photo_status_events))::float
"""


@dataclass(frozen=True)
class Run:
    photos: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        return self.photos / self.seconds

    @property
    def cpu_us(self) -> float:
        """Of the process itself, for one photo."""
        return self.cpu_seconds / self.photos * 1e6


def measure(backends: Backends, *, photos: int, rounds: int) -> dict[str, list[float]]:
    """Worker and floor in turns, on the same objects; each run's figures by name."""
    keys = asyncio.run(settle(backends, photos))
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, run in (("worker_floor", run_floor), ("worker", run_worker)):
            asyncio.run(reset(backends))
            result = run(backends, keys)
            found.setdefault(f"{name}.per_second", []).append(result.per_second)
            found.setdefault(f"{name}.cpu_us", []).append(result.cpu_us)
    return found


async def settle(backends: Backends, photos: int) -> list[str]:
    """Rows that await their object, and the objects."""
    now, organization_id, project_id = datetime.now(UTC), uuid4(), uuid4()
    ids: list[UUID] = [uuid7() for _ in range(photos)]
    keys = [object_key(project_id, photo_id, "image/jpeg", now) for photo_id in ids]
    connection = await asyncpg.connect(backends.database.database_url)
    try:
        await connection.execute("TRUNCATE photos, outbox")
        await connection.execute("INSERT INTO projects VALUES ($1, $2, 'roofs')", project_id, organization_id)
        await connection.execute(PENDING, ids, organization_id, project_id, SIZE, keys)
    finally:
        await connection.close()
    objects, waiting = backends.objects(), iter(keys)
    chance = random.Random(2)  # noqa: S311 - not for secrets

    async def put() -> None:
        for key in waiting:
            photo = phone_photo(chance, size=SIZE)
            await obstore.put_async(objects, key, photo, attributes={"Content-Type": "image/jpeg"}, use_multipart=False)

    await asyncio.gather(*(put() for _ in range(PUT_AT_ONCE)))
    return keys


async def reset(backends: Backends) -> None:
    connection = await asyncpg.connect(backends.database.database_url)
    try:
        for statement in AS_BEFORE:
            await connection.execute(statement)
    finally:
        await connection.close()


def run_floor(backends: Backends, keys: Sequence[str]) -> Run:
    file = backends.folder / "keys.txt"
    file.write_text("\n".join(keys))
    command = ["taskset", "-c", SERVER_CPU, sys.executable, "-m", "bench.worker_floor", str(file)]
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        env=os.environ | backends.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    if done.returncode:
        raise Void(f"The worker's floor ended with status {done.returncode}: {done.stderr[-1000:]}")
    return Run(photos=len(keys), **json.loads(done.stdout))


def run_worker(backends: Backends, keys: Sequence[str]) -> Run:
    """Held while the queue is filled, so that it meets all events at once."""
    # A queue of its own: the poll of a worker that was stopped may still swallow messages.
    queue_url = backends.queue.create_queues(f"bench-events-{uuid4().hex}")
    environment = backends.environment() | {
        "PHOTODOCK_S3_EVENTS_QUEUE_URL": queue_url,
        # Its floor makes none either; what they cost stands in ADR 0023.
        "PHOTODOCK_RENDITIONS": "false",
    }
    log = backends.folder / "worker.log"
    log.unlink(missing_ok=True)
    with started(["-m", "photodock", "worker"], environment, log) as process:
        await_idle(process.pid, log)
        os.kill(process.pid, signal.SIGSTOP)
        send_events(backends, queue_url, keys)
        before = cpu_seconds(process.pid)
        os.kill(process.pid, signal.SIGCONT)
        seconds = asyncio.run(until_sent(backends, len(keys)))
        return Run(len(keys), seconds, cpu_seconds(process.pid) - before)


def await_idle(pid: int, log: Path) -> None:
    """Until the worker has spoken to its queue, and then rests, if it ever does: others may need its processor."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while "queue_available" not in log.read_text():
        if time.monotonic() > deadline:
            raise Void(f"The worker does not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)
    last, since = -1.0, time.monotonic()
    while time.monotonic() - since < IDLE_SECONDS and time.monotonic() < deadline:
        time.sleep(0.05)
        now = cpu_seconds(pid)
        if not 0 < now - last < 0.02 and now != last:
            since = time.monotonic()
        last = now


def send_events(backends: Backends, queue_url: str, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), 10):
        entries = [
            {"Id": str(number), "MessageBody": json.dumps(event(backends.store.bucket, key))}
            for number, key in enumerate(keys[start : start + 10])
        ]
        backends.queue.sqs("SendMessageBatch", {"QueueUrl": queue_url, "Entries": entries})


def event(bucket: str, key: str) -> dict[str, object]:
    """As S3 sends it, one to a message."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-22T10:30:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": key, "size": SIZE, "eTag": "0" * 32, "sequencer": "0A1B2C3D4E5F678901"},
        },
    }
    return {"Records": [record]}


async def until_sent(backends: Backends, count: int) -> float:
    """From the first photo's move to the last job's sending, in seconds by the database's clock."""
    connection = await asyncpg.connect(backends.database.database_url)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await connection.fetchval("SELECT count(sent_at) FROM outbox") < count:
                await asyncio.sleep(0.1)
        return float(await connection.fetchval(SPAN))
    finally:
        await connection.close()
