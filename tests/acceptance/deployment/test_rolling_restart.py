"""Two `serve` and two `worker` processes by their unit files, behind nginx, started anew one by one under load."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from conftest import S3, Sqs
from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.embedded.postgres import PostgresServer
from support.audit import assert_sound
from support.clock import eventually
from support.detector import Detector
from support.images import jpeg
from support.migrations import next_version
from support.processes import Backend, Deployment
from support.system import Caller
from support.units import Service, Unit, listening

from ..conftest import fresh_backend
from .conftest import Proxy

CLIENTS = 6
ROUNDS = 2


@dataclass
class Load:
    """Clients that upload, confirm and read without a pause, and never try anything again."""

    answers: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    photo_ids: list[str] = field(default_factory=list)
    slowest: float = 0
    going_on: bool = True

    async def client(self, api: Caller, project: str) -> None:
        while self.going_on:
            issued = (await self._call(api, "POST", "/photos/upload-url", upload_request(project))).json()
            assert (await api.put(issued, jpeg())).status_code == 200
            photo_id = issued["photo_id"]
            await self._call(api, "PATCH", f"/photos/{photo_id}/status", {"status": "uploaded"})
            await self._call(api, "GET", f"/photos/{photo_id}")
            self.photo_ids.append(photo_id)

    async def _call(self, api: Caller, method: str, path: str, body: dict[str, object] | None = None) -> httpx.Response:
        begin = time.monotonic()
        try:
            answer = await api.call(method, path, **({"json": body} if body else {}))
        except httpx.HTTPError as error:
            self.failures.append(f"{method} {path}: {error!r}")
            raise
        self.slowest = max(self.slowest, time.monotonic() - begin)
        self.answers[answer.status_code] += 1
        if answer.status_code != 200:
            self.failures.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer


def upload_request(project: str) -> dict[str, object]:
    return {"project_id": project, "file_name": "roof.jpg", "file_size": len(jpeg()), "mime_type": "image/jpeg"}


@dataclass
class Machine:
    """What systemd would run there."""

    serves: list[Service]
    workers: list[Service]
    api: Caller
    db: Database
    backend: Backend
    proxy: Proxy
    deployment: Deployment


@pytest.fixture
async def machine(
    postgres: PostgresServer,
    template: str,
    s3: S3,
    sqs: Sqs,
    tmp_path: Path,
    proxied: Callable[[int, int], AbstractContextManager[Proxy]],
) -> AsyncIterator[Machine]:
    async with AsyncExitStack() as stack:
        backend = await stack.enter_async_context(fresh_backend(postgres, s3, sqs))
        db = Database(backend.database_url, max_size=4)
        stack.push_async_callback(db.close)
        limits = {"PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "0", "PHOTODOCK_CORS_ALLOWED_ORIGINS": "https://app.example.com"}
        deployment = Deployment(tmp_path / "home", backend, limits)
        environment = deployment.environment()
        (tmp_path / "home" / "logs").mkdir()
        log = tmp_path / "home" / "logs" / "all.log"
        serves = [
            Service(
                Unit.read("photodock-serve@.service", port),
                environment,
                log,
                stack.enter_context(listening(Unit.read("photodock-serve@.socket", port))),
            )
            for port in ("8001", "8002")
        ]
        workers = [Service(Unit.read("photodock-worker@.service", number), environment, log) for number in ("1", "2")]
        for service in (*serves, *workers):
            stack.callback(service.kill)
            service.start()
        ports = [service.listener.getsockname()[1] for service in serves if service.listener]
        proxy = stack.enter_context(proxied(ports[0], ports[1]))
        trusted = ssl.create_default_context(cafile=str(proxy.certificate))
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=proxy.url, verify=trusted, timeout=40, limits=httpx.Limits(max_connections=20))
        )
        storage = await stack.enter_async_context(httpx.AsyncClient(timeout=40))
        api = Caller(http, storage)
        await stack.enter_async_context(Detector(api.pipeline()).consuming(backend))
        yield Machine(serves, workers, api, db, backend, proxy, deployment)
        await assert_sound(db, deployment)


async def test_a_rolling_restart_under_load_fails_no_request(
    machine: Machine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    project = await machine.api.make_project()
    load = Load()
    clients = [asyncio.create_task(load.client(machine.api.colleague(f"user-{n}"), project)) for n in range(CLIENTS)]
    try:
        await eventually(lambda: has_sent(load, CLIENTS * 3), seconds=90)
        await migrate_to_the_next_version(machine, tmp_path, monkeypatch)
        for service in (*machine.serves, *machine.workers) * ROUNDS:
            before = len(load.photo_ids)
            await asyncio.to_thread(service.restart)
            await eventually(lambda before=before: has_sent(load, before + CLIENTS), seconds=90)  # type: ignore[misc]
    finally:
        load.going_on = False
        await asyncio.gather(*clients, return_exceptions=True)
    slowest_stop = max(stop for service in (*machine.serves, *machine.workers) for stop in service.stops)
    record_property(
        "restarts",
        f"{sum(load.answers.values())} requests during {ROUNDS * 4} restarts and a migration: {dict(load.answers)}; "
        f"the slowest took {load.slowest:.1f} s, the slowest stop {slowest_stop:.1f} s; {len(load.photo_ids)} photos.",
    )
    assert load.failures == []
    assert [task.exception() for task in clients] == [None] * CLIENTS
    assert set(load.answers) == {200}
    await eventually(lambda: all_completed(machine, load.photo_ids), seconds=60, pause=0.25)


async def has_sent(load: Load, photos: int) -> bool:
    assert load.failures == []
    return len(load.photo_ids) >= photos


async def all_completed(machine: Machine, photo_ids: list[str]) -> bool:
    row = await machine.db.fetchrow(
        "SELECT count(*) AS completed FROM photos WHERE id = ANY($1) AND status = 'completed'", photo_ids
    )
    return bool(row and row["completed"] == len(photo_ids))


async def migrate_to_the_next_version(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expands the tables while the old version works on them; it goes on being ready."""
    next_version(tmp_path, monkeypatch)
    assert await migrate(machine.backend.database_url) == "9999"
    for service in machine.serves:
        assert service.listener
        async with httpx.AsyncClient(timeout=30) as http:
            port = service.listener.getsockname()[1]
            assert (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200


async def test_what_nginx_says_and_keeps_to_itself(machine: Machine) -> None:
    alive = await machine.api.http.get("/healthz")
    assert (alive.status_code, alive.headers["strict-transport-security"]) == (200, "max-age=31536000")
    assert [(await machine.api.http.get(path)).status_code for path in ("/readyz", "/metrics")] == [404, 404]
    preflight = await machine.api.http.options(
        "/api/v1/photos/upload-url",
        headers={"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"},
    )
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "https://app.example.com")
