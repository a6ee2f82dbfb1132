"""The worker's floor: for each photo one ranged GET and one transaction, and nothing else.

Run by `bench.worker`: reads the keys' file, waits for a signal, works, ends.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from uuid import UUID

import asyncpg
import obstore
import uvloop
from obstore.store import S3Store

from bench.floor import no_reset
from photodock.imaging import HEAD_BYTES

AT_ONCE = 8
# What must be in the database when a photo is uploaded and its job queued: status, history, job.
MOVE = """
WITH moved AS (
    UPDATE photos SET status = 'uploaded', uploaded_at = now(), sweep_at = NULL, version = version + 1
    WHERE id = $2 AND s3_key = $1 AND status = 'pending_upload' RETURNING id, organization_id
), event AS (
    INSERT INTO photo_status_events (photo_id, organization_id, from_status, to_status, actor)
    SELECT id, organization_id, 'pending_upload', 'uploaded', 'floor' FROM moved
)
INSERT INTO outbox (photo_id, organization_id, s3_url, detection_types, priority, correlation_id, sent_at)
SELECT id, organization_id, $1, '{damage}', 'normal', 'floor', now() FROM moved
"""


async def work(keys: list[str]) -> None:
    environment = os.environ
    store = S3Store(
        environment["PHOTODOCK_S3_BUCKET"],
        endpoint=environment["PHOTODOCK_S3_ENDPOINT_URL"],
        region=environment["PHOTODOCK_S3_REGION"],
        access_key_id=environment["AWS_ACCESS_KEY_ID"],
        secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        client_options={"allow_http": True},
    )
    pool = await asyncpg.create_pool(
        environment["PHOTODOCK_DATABASE_URL"], min_size=AT_ONCE, max_size=AT_ONCE, reset=no_reset
    )
    waiting = iter(keys)

    async def one_after_another() -> None:
        for key in waiting:
            found = await obstore.get_async(store, key, options={"range": (0, HEAD_BYTES)})
            await found.bytes_async()
            await pool.execute(MOVE, key, UUID(Path(key).stem))

    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    print(json.dumps({"seconds": time.monotonic() - began, "cpu_seconds": time.process_time() - cpu}))
    await pool.close()


if __name__ == "__main__":
    uvloop.run(work(Path(sys.argv[1]).read_text().split()))
