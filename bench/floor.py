"""The floor: the least that could do the job. A bare ASGI callable, one statement, a pool that resets nothing."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid4, uuid7

# A table like the service's own: the row that an upload needs later, its checks and the indexes that it is found by.
TABLE = "CREATE TABLE IF NOT EXISTS bench_floor (LIKE photos INCLUDING ALL)"
INSERT = """
INSERT INTO bench_floor (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
                         detection_types, priority, created_at, url_expires_at, sweep_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id
"""
SELECT = "SELECT * FROM photos WHERE id = $1"
ORGANIZATION = UUID(int=1)
LIFETIME = timedelta(minutes=15)
POOL_SIZE = 16
HEADERS = [(b"content-type", b"application/json")]


class Floor:
    """`POST` inserts a row, `GET /{id}` reads a photo."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._pool: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["method"] == "POST":
            asked = json.loads(await body_of(receive))
            row = await self._pool.fetchrow(INSERT, *row_of(asked))
        else:
            row = await self._pool.fetchrow(SELECT, UUID(scope["path"].rpartition("/")[2]))
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": json.dumps({"id": str(row["id"])}).encode()})

    async def _live(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._pool = await asyncpg.create_pool(
                    self._database_url, min_size=POOL_SIZE, max_size=POOL_SIZE, reset=no_reset
                )
                await self._pool.execute(TABLE)
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._pool.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def row_of(asked: dict[str, Any]) -> tuple[object, ...]:
    photo_id, now = uuid7(), datetime.now(UTC)
    return (
        *(photo_id, ORGANIZATION, UUID(asked["project_id"]), "user", uuid4(), asked["file_name"], asked["mime_type"]),
        *(asked["file_size"], f"{photo_id}.jpg", ["damage"], "normal", now, now + LIFETIME, now + LIFETIME),
    )


async def no_reset(_: Any) -> None:
    return None


async def body_of(receive: Any) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def create() -> Floor:
    return Floor(os.environ["PHOTODOCK_DATABASE_URL"])
