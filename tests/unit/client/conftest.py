"""Both clients against a photodock that is made up: a test that asks for `call` runs once with each."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from photodock.client import AsyncClient, Client
from support.fake_photodock import SECRET, TOKEN, FakeServer

URL = "http://photodock.test"


class Calls:
    """`call("photo", id)` is the client's method of that name. `slept` has the seconds it would have waited."""

    def __init__(self, server: FakeServer, kind: type[Client] | type[AsyncClient]) -> None:
        self.server = server
        self.kind = kind
        self.slept: list[float] = []

    def __call__(self, name: str, *arguments: Any, **options: Any) -> Any:
        client_options = {key: options.pop(key) for key in ("token", "retry") if key in options}
        token = client_options.pop("token", TOKEN)
        if self.kind is Client:
            with Client(
                URL,
                token,
                transport=httpx.MockTransport(self.server.blocking),
                sleep=self.slept.append,
                **client_options,
            ) as client:
                return _listed(getattr(client, name)(*arguments, **options))
        return asyncio.run(self._awaited(name, token, client_options, arguments, options))

    async def _awaited(self, name: str, token: Any, client_options: Any, arguments: Any, options: Any) -> Any:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        transport = httpx.MockTransport(self.server)
        async with AsyncClient(URL, token, transport=transport, sleep=sleep, **client_options) as client:
            found = getattr(client, name)(*arguments, **options)
            return [item async for item in found] if inspect.isasyncgen(found) else await found


def _listed(found: Any) -> Any:
    return list(found) if inspect.isgenerator(found) else found


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture(params=[Client, AsyncClient])
def call(server: FakeServer, request: pytest.FixtureRequest) -> Calls:
    return Calls(server, request.param)


@pytest.fixture(autouse=True)
def no_secret_is_told(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level("INFO"):
        yield
    assert SECRET not in caplog.text
    assert TOKEN not in caplog.text


@pytest.fixture
def make_photo(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str = "roof.jpg", size: int = 300_000) -> Path:
        path = tmp_path / name
        path.write_bytes(bytes(i % 251 for i in range(size)))
        return path

    return make
