"""One `photodock upload` against a photodock and a storage that are made up."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from photodock.terminal.run import run_upload
from photodock.terminal.upload import UploadOptions
from support.fake_photodock import PROJECT, SECRET, TOKEN, FakeServer


class Run:
    """One `photodock upload` against the fake server: its exit status and all that it printed and slept."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.transport: httpx.AsyncBaseTransport = httpx.MockTransport(server)
        self.slept: list[float] = []
        self.stdout = self.stderr = ""

    def __call__(self, *paths: Path, terminal: bool = False, **changes: object) -> int:
        given: dict[str, object] = {"base_url": "http://photodock.test", "token": TOKEN} | changes
        options = UploadOptions(paths=paths, project_id=PROJECT, **given)
        out = Console(file=io.StringIO(), force_terminal=terminal, width=200)
        errors = Console(file=io.StringIO(), force_terminal=False)
        try:
            return run_upload(options, out, errors, transport=self.transport, sleep=self._sleep)
        finally:
            self.stdout = out.file.getvalue()
            self.stderr = errors.file.getvalue()

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def json_lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.stdout.splitlines()]


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def run(server: FakeServer) -> Iterator[Run]:
    made = Run(server)
    yield made
    # Whatever a test provokes: no secret may be printed.
    assert SECRET not in made.stdout + made.stderr
    assert TOKEN not in made.stdout + made.stderr


@pytest.fixture
def make_photo(tmp_path: Path) -> Callable[..., Path]:
    """Writes `size` bytes under a name; what they are is nobody's business here."""

    def make(name: str = "roof.jpg", size: int = 300_000) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(i % 251 for i in range(size)))
        return path

    return make
