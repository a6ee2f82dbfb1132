"""One run from start to audit."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx

from crash import evidence, timekeeper
from crash.audit import Violation, audited
from crash.detector import Detector
from crash.fleet import ServerVictim, ServeVictim, Victim, WorkerVictim
from crash.killers import Kill, Killer
from crash.ledger import Ledger
from crash.phones import LetDownError, Phone, patiently
from crash.points import POINTS, SERVE, WORKER, Point
from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.rabbitmq import RabbitServer
from photodock.embedded.seaweedfs import SeaweedServer
from support.processes import Backend, Deployment
from support.system import Caller
from support.whole import SpreadTransport

QUEUE = "photodock-detection"
SETTINGS = {
    "PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "100000",
    "PHOTODOCK_DATABASE_TIMEOUT": "3s",
    "PHOTODOCK_S3_TIMEOUT": "2s",
    "PHOTODOCK_RENDITION_PROCESSES": "2",
}
SETTLE_SECONDS = 150


@dataclass(frozen=True, slots=True)
class Plan:
    """`rounds`: how often each of `points` is reached. `servers`: how often each server is killed at random, and
    `processes` likewise for serve and worker. `pause`: seconds between two photos of one client, on average.
    The load goes on until the last kill and until `photos` are begun. `deadline_seconds` is for the whole run."""

    photos: int
    points: Sequence[Point] = POINTS
    rounds: int = 1
    servers: int = 1
    processes: int = 1
    clients: int = 20
    pause: float = 3.0
    seed: int = 0
    deadline_seconds: float = 1200


@dataclass(frozen=True)
class Outcome:
    plan: Plan
    kills: list[Kill]
    never_reached: list[Point]
    ledger: Ledger
    evidence: evidence.Evidence
    violations: list[Violation]
    load_seconds: float


@dataclass(frozen=True)
class Stage:
    """The running system."""

    folder: Path
    store: SeaweedServer
    serve: ServeVictim
    worker: WorkerVictim
    servers: list[ServerVictim]
    db: Database
    anna: Caller
    detector_url: str

    @property
    def victims(self) -> list[Victim]:
        return [self.serve, self.worker, *self.servers]


async def run(folder: Path, plan: Plan, say: Callable[[str], None]) -> Outcome:
    """Raises TimeoutError at the plan's deadline: no part of it may hang longer."""
    async with asyncio.timeout(plan.deadline_seconds), staged(folder) as stage:
        ledger, chance = Ledger(), Random(plan.seed)  # noqa: S311 - chance that a seed repeats
        killer = Killer(folder, ledger, chance)
        project = await stage.anna.make_project()
        detector = Detector(stage.detector_url, QUEUE, stage.anna.pipeline(), ledger)
        async with supervised(stage, ledger), detector.consuming():
            say(f"started; seed {plan.seed}")
            seconds = await under_load(stage, plan, ledger, killer, project, chance)
            say(f"{len(ledger.uploads)} photos and {len(killer.kills)} kills in {seconds:.0f} s; settling")
            await settled(stage, ledger)
            told = await answers(stage.anna, ledger)
            found = await evidence.collected(stage.db, stage.store, ledger, told)
    never = killer.never_reached
    violations = audited(found, ledger) + [Violation("a point never reached", point.name, "") for point in never]
    return Outcome(plan, killer.kills, never, ledger, found, violations, seconds)


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """Servers and processes of this run's own."""
    logs = folder / "server-logs"
    # Not `fast`: that PostgreSQL loses what it has committed when it is killed.
    postgres, store = PostgresServer(folder / "postgres", logs), SeaweedServer(folder / "store", logs)
    broker = RabbitServer(folder / "broker", logs)
    async with AsyncExitStack() as stack:
        for server in (postgres, store, broker):
            stack.callback(server.stop)
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in (postgres, store, broker)))
        await migrate(postgres.database_url)
        deployment = Deployment(folder, backend(postgres, store, broker), SETTINGS)
        serve, worker = ServeVictim(deployment, folder), WorkerVictim(deployment, folder)
        stack.push_async_callback(serve.bury)
        stack.push_async_callback(worker.bury)
        await asyncio.gather(serve.start(), worker.start())
        db = Database(postgres.database_url, max_size=2, command_timeout=10)
        stack.push_async_callback(db.close)
        clients = httpx.AsyncClient(base_url=serve.url, timeout=10, transport=SpreadTransport(10))
        storage = httpx.AsyncClient(timeout=10, transport=SpreadTransport(10))
        caller = Caller(await stack.enter_async_context(clients), await stack.enter_async_context(storage))
        servers = [ServerVictim(server.name, server) for server in (postgres, store, broker)]
        yield Stage(folder, store, serve, worker, servers, db, caller, broker.url())


def backend(postgres: PostgresServer, store: SeaweedServer, broker: RabbitServer) -> Backend:
    return Backend(
        database_url=postgres.database_url,
        s3_endpoint_url=store.endpoint_url,
        s3_bucket=store.bucket,
        s3_access_key=store.access_key,
        s3_secret_key=store.secret_key,
        sqs_endpoint_url="",
        queue_url=broker.url(queue=QUEUE),
        region=store.region,
    )


@asynccontextmanager
async def beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """They run while the block does, and are cancelled at its end."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def supervised(stage: Stage, ledger: Ledger) -> AsyncIterator[None]:
    async def count_losses() -> None:
        try:
            ledger.lost_by_store |= await evidence.losses(stage.store, ledger)
        except evidence.UNREADABLE as error:
            ledger.mishaps.append(f"the store's objects could not be looked through: {error!r}")

    [store] = [victim for victim in stage.servers if victim.name == stage.store.name]
    store.on_return = count_losses
    async with beside(*(victim.supervise(ledger.mishaps.append) for victim in stage.victims)):
        yield


async def under_load(stage: Stage, plan: Plan, ledger: Ledger, killer: Killer, project: str, chance: Random) -> float:
    """Returns the seconds that it took, when the last client has ended."""
    started, over = time.monotonic(), asyncio.Event()
    phones = [
        Phone(stage.anna.colleague(f"phone-{number}"), project, ledger, Random(chance.random()), plan.pause)  # noqa: S311
        for number in range(plan.clients)
    ]
    async with beside(timekeeper.keep(stage.db, ledger)):
        clients = [asyncio.create_task(phone.run(over)) for phone in phones]
        try:
            await killing(stage, plan, killer, chance)
            while len(ledger.uploads) < plan.photos:
                await asyncio.sleep(0.1)
            over.set()
            await asyncio.gather(*clients)
        finally:
            for client in clients:
                client.cancel()
    return time.monotonic() - started


async def killing(stage: Stage, plan: Plan, killer: Killer, chance: Random) -> None:
    """Three at a time: a point of serve, one of the worker, and a server or a process at random."""
    victims = [*stage.servers] * plan.servers + [stage.serve, stage.worker] * plan.processes
    chance.shuffle(victims)
    await asyncio.gather(
        killer.at_points(stage.serve, _rounds(plan, SERVE, chance)),
        killer.at_points(stage.worker, _rounds(plan, WORKER, chance)),
        killer.at_random(victims, (0.2, 2.5)),
    )


def _rounds(plan: Plan, process: str, chance: Random) -> list[Point]:
    points = [point for point in plan.points if point.process == process] * plan.rounds
    chance.shuffle(points)
    return points


async def settled(stage: Stage, ledger: Ledger) -> None:
    """Lets the time pass that the service waits for. What is not done then shows in the audit."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline and not await timekeeper.everything_is_done(stage.db):
        await timekeeper.let_all_come_due(stage.db, ledger)
        await asyncio.sleep(0.5)


async def answers(anna: Caller, ledger: Ledger) -> dict[str, str]:
    """What the API says of each photo now: its status, or 404."""
    slots = asyncio.Semaphore(20)

    async def status(photo_id: str) -> str:
        async with slots:
            try:
                answer = await patiently(partial(anna.call, "GET", f"/photos/{photo_id}"), 200, 404, seconds=30)
            except LetDownError:
                return "nothing"
        return str(answer.json()["status"]) if answer.status_code == 200 else "404"

    ids = list(ledger.uploads)
    return dict(zip(ids, await asyncio.gather(*map(status, ids)), strict=True))
