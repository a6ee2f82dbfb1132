"""`serve`, `worker` and the other commands as real processes, on whatever servers a test gives them."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx

from photodock.embedded.ports import free_port
from photodock.embedded.process import ChildProcess, minimal_environment
from support.clock import eventually
from support.system import CERTIFICATES, SECRET

STOP_SECONDS = 10
"""What process managers grant after SIGTERM."""
READY_SECONDS = 60
"""A `serve` is ready within two; other tests' servers may start at the same time."""
_PHOTODOCK = (sys.executable, "-P", "-m", "photodock")


@dataclass(frozen=True, slots=True)
class Backend:
    """The servers behind one deployment."""

    database_url: str
    s3_endpoint_url: str
    s3_bucket: str
    s3_access_key: str
    s3_secret_key: str
    sqs_endpoint_url: str
    queue_url: str
    region: str = "us-east-1"

    def environment(self) -> dict[str, str]:
        """What an operator would set; nothing of this process's own environment but coverage's."""
        return {
            "PHOTODOCK_ENVIRONMENT": "tests",
            "PHOTODOCK_DATABASE_URL": self.database_url,
            "PHOTODOCK_S3_ENDPOINT_URL": self.s3_endpoint_url,
            "PHOTODOCK_S3_BUCKET": self.s3_bucket,
            "PHOTODOCK_S3_REGION": self.region,
            "PHOTODOCK_SQS_ENDPOINT_URL": self.sqs_endpoint_url,
            "PHOTODOCK_QUEUE_URL": self.queue_url,
            "PHOTODOCK_JWT_SECRET": SECRET,
            "PHOTODOCK_RETRY_DELAYS": "0.1,0.2",
            "PHOTODOCK_SWEEP_INTERVAL": "1s",
            "AWS_ACCESS_KEY_ID": self.s3_access_key,
            "AWS_SECRET_ACCESS_KEY": self.s3_secret_key,
            "AWS_EC2_METADATA_DISABLED": "true",
        } | {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Serving:
    """A running `serve`."""

    child: ChildProcess
    url: str


class Deployment:
    """The processes of one installation, their logs in `folder`. `settings` are environment variables on top."""

    def __init__(self, folder: Path, backend: Backend, settings: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._settings = dict(settings or {})
        self._numbers = count(1)
        self._children: list[ChildProcess] = []
        self.backend = backend

    def environment(self, overrides: Mapping[str, str] | None = None) -> dict[str, str]:
        """An override that is empty takes the variable away."""
        found = minimal_environment(self._folder) | self.backend.environment() | self._settings | dict(overrides or {})
        return {name: value for name, value in found.items() if value}

    async def serve(
        self, overrides: Mapping[str, str] | None = None, *, processes: int = 1, ready_status: int = 200
    ) -> Serving:
        """Returns once /readyz answers with `ready_status`: 503 for one that is started without its database."""
        port = free_port()
        child = await self._start("serve", ["--port", str(port), "--processes", str(processes)], overrides)
        serving = Serving(child, f"http://127.0.0.1:{port}")

        async def ready() -> bool:
            if not child.running:
                raise child.failure()
            status, text = await _answer(f"{serving.url}/readyz")
            assert status == ready_status, f"{status}: {text}\n{child.log_file.read_text()[-4_000:]}"
            return True

        await eventually(ready, seconds=READY_SECONDS)
        return serving

    async def worker(self, overrides: Mapping[str, str] | None = None) -> ChildProcess:
        return await self._start("worker", [], overrides)

    async def sample_detector(self, url: str, token: str) -> ChildProcess:
        """On the queue of this deployment; reports to the API at `url`."""
        return await self._launch(
            "detector", ["photodock.quality_detector"], {"PHOTODOCK_URL": url, "PHOTODOCK_TOKEN": token}
        )

    async def _start(self, command: str, arguments: list[str], overrides: Mapping[str, str] | None) -> ChildProcess:
        return await self._launch(command, ["photodock", command, *arguments], overrides)

    async def _launch(self, name: str, module: list[str], overrides: Mapping[str, str] | None) -> ChildProcess:
        child = ChildProcess(
            f"{name}-{next(self._numbers)}",
            [sys.executable, "-P", "-m", *module],
            work_dir=self._folder,
            state_dir=self._folder,
            log_dir=self._folder / "logs",
            environment=self.environment(overrides),
        )
        self._children.append(child)
        await asyncio.to_thread(child.start)
        return child

    async def stop(self, child: ChildProcess) -> tuple[int | None, float]:
        """SIGTERM; the exit status (None: had to be killed) and the seconds it took."""
        started = time.monotonic()
        child.ask_to_end()

        async def ended() -> bool:
            return not child.running

        with suppress(AssertionError):
            await eventually(ended, seconds=STOP_SECONDS, pause=0.02)
        status, seconds = child.exit_status(), time.monotonic() - started
        child.await_end(0)
        return status, seconds

    async def stop_all(self) -> None:
        await asyncio.gather(*(self.stop(child) for child in self._children if child.pid))

    def log(self) -> str:
        """All that its processes have written."""
        return "".join(file.read_text() for file in sorted((self._folder / "logs").glob("*.log*")))

    async def run(self, *arguments: str, overrides: Mapping[str, str] | None = None) -> Finished:
        """One command of the CLI, to its end."""
        process = await asyncio.create_subprocess_exec(
            *_PHOTODOCK,
            *arguments,
            cwd=self._folder,
            env=self.environment(overrides),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        assert process.returncode is not None
        return Finished(process.returncode, out.decode(), err.decode())


async def _answer(url: str) -> tuple[int | None, str]:
    """Status and body; without a status while nothing listens there."""
    try:
        async with httpx.AsyncClient(verify=CERTIFICATES) as http:
            answer = await http.get(url)
            return answer.status_code, answer.text
    except httpx.TransportError as error:
        return None, repr(error)
