"""The five victims: how each is killed, noticed dead, and started again."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import httpx

import photodock
from crash.points import FOLDER, SERVE, WORKER
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.ports import free_port
from photodock.embedded.process import ChildProcess
from photodock.embedded.server import Server
from support.processes import Deployment

SOURCES = os.pathsep.join((str(Path(__file__).parents[1]), str(Path(photodock.__file__).parents[1])))
"""Of the launcher, and of the photodock that is tested."""
POLL_SECONDS = 0.05
READY_SECONDS = 100


class Victim:
    """Something that is killed and comes back. `on_return` runs each time it is back, before anybody is told."""

    starts = 1
    """After so many failed starts one after the other it is a finding."""
    on_return: Callable[[], Awaitable[None]] | None = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.lives = 0
        self.up = True
        self.back_at = 0.0
        """`time.monotonic()` of its last return."""

    @property
    def child(self) -> ChildProcess | None:
        raise NotImplementedError

    async def start(self) -> None:
        """Returns when it does its work. Raises EmbeddedError or TimeoutError."""
        raise NotImplementedError

    async def bury(self) -> None:
        """Waits until nothing of the dead process is left."""
        raise NotImplementedError

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.running

    def exit_status(self) -> int | None:
        return self.child.exit_status() if self.child else None

    def kill(self) -> None:
        if self.alive and self.child and self.child.pid:
            os.killpg(self.child.pid, signal.SIGKILL)

    async def supervise(self, on_surprise: Callable[[str], None]) -> None:
        """Starts it again whenever it has died. `on_surprise` hears of every end that was not a SIGKILL."""
        failures = 0
        while True:
            if self.alive:
                await asyncio.sleep(POLL_SECONDS)
                continue
            self.up = False
            if (status := self.exit_status()) not in {None, -signal.SIGKILL}:
                on_surprise(f"{self.name} ended by itself with status {status}")
            try:
                await self.bury()
                await self.start()
            except (EmbeddedError, TimeoutError) as error:
                failures += 1
                if failures >= self.starts:
                    on_surprise(f"{self.name} did not start again: {error!r}")
                continue
            failures = 0
            # Killed again on its way up: then it was not back.
            if self.alive:
                await self._returned()

    async def _returned(self) -> None:
        if self.on_return:
            await self.on_return()
        self.back_at = time.monotonic()
        self.lives += 1
        self.up = True


class ServerVictim(Victim):
    """One of the servers, started again on the same data and port. That it is slow at it is not photodock's fault."""

    starts = 3

    def __init__(self, name: str, server: Server) -> None:
        super().__init__(name)
        self._server = server
        self._descendants: list[int] = []

    @property
    def child(self) -> ChildProcess | None:
        return self._server.process

    def kill(self) -> None:
        # PostgreSQL's processes are sessions of their own: they outlive the first one's death for a moment.
        self._descendants = _descendants(self.child.pid) if self.child and self.child.pid else []
        super().kill()

    async def start(self) -> None:
        await asyncio.to_thread(self._server.start)

    async def bury(self) -> None:
        await asyncio.to_thread(self._server.stop)
        await _gone(self._descendants)


class ProcessVictim(Victim):
    """`serve` or `worker`, with its points. `ready` tells from its log whether it works."""

    def __init__(
        self, name: str, deployment: Deployment, folder: Path, ready: Callable[[ChildProcess], Awaitable[bool]]
    ) -> None:
        super().__init__(name)
        self._deployment = deployment
        self._folder = folder
        self._ready = ready
        self._child: ChildProcess | None = None
        self._arguments: list[str] = []

    @property
    def child(self) -> ChildProcess | None:
        return self._child

    async def start(self) -> None:
        self._child = ChildProcess(
            f"{self.name}-{self.lives}",
            [sys.executable, "-P", "-m", "crash.launcher", self.name, *self._arguments],
            work_dir=self._folder,
            state_dir=self._folder,
            log_dir=self._folder / "logs",
            environment=self._deployment.environment({"PYTHONPATH": SOURCES, FOLDER: str(self._folder)}),
        )
        await asyncio.to_thread(self._child.start)
        deadline = time.monotonic() + READY_SECONDS
        # One that dies again on the way is started again by the supervisor: that is another life.
        while self._child.running and not await self._ready(self._child):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} was not ready within {READY_SECONDS} s")
            await asyncio.sleep(POLL_SECONDS)

    async def bury(self) -> None:
        if self._child:
            await asyncio.to_thread(self._child.await_end, 0)


class ServeVictim(ProcessVictim):
    """Always at the same address, as behind a load balancer."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        super().__init__(SERVE, deployment, folder, self._answers)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._arguments = ["--port", str(port)]

    async def _answers(self, _: ChildProcess) -> bool:
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient(timeout=5) as http:
                return (await http.get(f"{self.url}/readyz")).status_code == 200
        return False


class WorkerVictim(ProcessVictim):
    def __init__(self, deployment: Deployment, folder: Path) -> None:
        super().__init__(WORKER, deployment, folder, _has_reached_the_broker)


async def _has_reached_the_broker(child: ChildProcess) -> bool:
    return '"event":"queue_available"' in child.log_file.read_text()


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(word), *_descendants(int(word))]
    return found


async def _gone(pids: list[int], *, seconds: float = 15) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while any(_lives(pid) for pid in pids):
            await asyncio.sleep(POLL_SECONDS)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
