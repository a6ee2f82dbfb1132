"""The floor: the least that could do the job. A bare ASGI callable, one statement, a pool that resets nothing."""

import json
import os
from typing import Any
from uuid import UUID

import asyncpg

TABLE = """
CREATE TABLE IF NOT EXISTS bench_floor (
    id uuid PRIMARY KEY, organization_id uuid NOT NULL, project_id uuid NOT NULL,
    file_name text NOT NULL, file_size bigint NOT NULL)
"""
INSERT = """
INSERT INTO bench_floor (id, organization_id, project_id, file_name, file_size)
VALUES (gen_random_uuid(), $1, $1, $2, $3) RETURNING id
"""
SELECT = "SELECT * FROM photos WHERE id = $1"
ORGANIZATION = UUID(int=1)
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
            row = await self._pool.fetchrow(INSERT, ORGANIZATION, asked["file_name"], asked["file_size"])
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
