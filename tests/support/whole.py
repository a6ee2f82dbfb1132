"""The whole system for a test: processes, a detector behind them, and the database and the clock by the back door."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx

from photodock.db.pool import Database
from photodock.embedded.process import ChildProcess
from support.clock import eventually
from support.detector import Detector
from support.processes import Backend, Deployment, Serving
from support.system import Caller

FINAL = ("completed", "failed")


@dataclass
class System:
    """One installation. `api` is a user of an organization of its own."""

    deployment: Deployment
    serving: Serving
    worker: ChildProcess
    detector: Detector
    db: Database
    api: Caller

    async def finished(self, photo_id: str, *, seconds: float = 60) -> dict[str, Any]:
        """The photo, once it has a final status."""

        async def final() -> dict[str, Any] | None:
            photo = await self.api.photo(photo_id)
            return photo if photo["status"] in FINAL else None

        return await eventually(final, seconds=seconds, pause=0.1)

    async def let_pass(self, photo_id: str, time: timedelta) -> None:
        """Moves all that is scheduled for the photo into the past, as if that much time had gone by."""
        await self.db.execute(
            "UPDATE photos SET url_expires_at = url_expires_at - $2::interval, sweep_at = sweep_at - $2::interval "
            "WHERE id = $1",
            photo_id,
            time,
        )
        await self.db.execute(
            "UPDATE sweep_leases SET leased_until = leased_until - $2::interval WHERE photo_id = $1", photo_id, time
        )
        await self.db.execute(
            "UPDATE object_deletions SET url_expires_at = url_expires_at - $2::interval, "
            "due_at = due_at - $2::interval WHERE photo_id = $1",
            photo_id,
            time,
        )
        await self.db.execute(
            "UPDATE outbox SET due_at = due_at - $2::interval WHERE photo_id = $1 AND sent_at IS NULL", photo_id, time
        )

    @asynccontextmanager
    async def without_worker(self) -> AsyncIterator[None]:
        """Nobody sends jobs or sweeps in the block; afterwards a new worker does."""
        status, _ = await self.deployment.stop(self.worker)
        assert status == 0
        try:
            yield
        finally:
            self.worker = await self.deployment.worker()


@asynccontextmanager
async def running_system(
    folder: Path, backend: Backend, settings: Mapping[str, str] | None = None
) -> AsyncIterator[System]:
    """The database has its tables already."""
    async with AsyncExitStack() as stack:
        db = Database(backend.database_url, max_size=4)
        stack.push_async_callback(db.close)
        deployment = Deployment(folder, backend, settings)
        stack.push_async_callback(deployment.stop_all)
        worker = await deployment.worker()
        serving = await deployment.serve()
        api = await stack.enter_async_context(calling(serving.url))
        detector = await stack.enter_async_context(Detector(api.pipeline()).consuming(backend))
        yield System(deployment, serving, worker, detector, db, api)


@asynccontextmanager
async def calling(url: str) -> AsyncIterator[Caller]:
    """A user of the API at `url`, with up to 100 connections to it and to the store."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=40, transport=SpreadTransport()) as http,
        httpx.AsyncClient(timeout=40, transport=SpreadTransport()) as storage,
    ):
        yield Caller(http, storage)


class SpreadTransport(httpx.AsyncBaseTransport):
    """Many small pools in turn: one large pool of httpx spends 10 ms of each request on looking through itself."""

    def __init__(self, pools: int = 25, connections: int = 4) -> None:
        context = ssl.create_default_context()
        # A server may close an idle connection in the moment in which it is used again: only fresh ones are.
        limits = httpx.Limits(max_connections=connections, keepalive_expiry=2)
        self._pools = [httpx.AsyncHTTPTransport(verify=context, limits=limits) for _ in range(pools)]
        self._turns = cycle(self._pools)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await next(self._turns).handle_async_request(request)

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()
