"""How answers are put on the wire, with a stand-in for the connection."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from photodock.api.connections import ConnectionLimits, GuardedProtocol

LENGTH = (b"content-length", b"4")


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = self.aborted = False

    def write(self, data: Any) -> None:
        assert not self.closed, "written after the end"
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def resume_reading(self) -> None: ...

    def pause_reading(self) -> None: ...

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


class Connection:
    """One on which an application answers with `messages`."""

    def __init__(self, *messages: dict[str, Any], keep_alive: int = 75) -> None:
        self.transport = Transport()
        self.faults: list[Exception] = []
        self.answered = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Callable[[Any], Any]) -> None:
            try:
                for message in messages:
                    await asyncio.sleep(0)
                    await send(message)
            except Exception as fault:
                self.faults.append(fault)
                raise
            finally:
                self.answered.set()

        config = uvicorn.Config(app, log_config=None, server_header=False, timeout_keep_alive=keep_alive, ws="none")
        config.load()
        limits = ConnectionLimits(head_seconds=10, body_seconds=10, connections=10)
        state = ServerState()
        self.protocol = GuardedProtocol(config=config, server_state=state, app_state={}, limits=limits)
        self.protocol.connection_made(self.transport)

    async def ask(self, method: str = "GET", version: str = "1.1") -> bytes:
        self.protocol.data_received(f"{method} / HTTP/{version}\r\nHost: api\r\n\r\n".encode())
        await self.answered.wait()
        await asyncio.sleep(0)
        return b"".join(self.transport.written)


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def test_an_answer_of_known_length_is_written_at_once():
    connection = Connection(start(LENGTH, (b"x-name", "Dächer".encode())), body(b"roof"))
    answer = await connection.ask()
    assert answer == "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-name: Dächer\r\n\r\nroof".encode()
    assert len(connection.transport.written) == 1
    assert not connection.transport.closed


async def test_two_requests_are_answered_on_one_connection():
    connection = Connection(start(LENGTH), body(b"roof"))
    first = await connection.ask()
    connection.answered.clear()
    assert await connection.ask() == first * 2


async def test_the_last_answer_of_a_connection_says_so():
    connection = Connection(start(LENGTH), body(b"roof"))
    assert b"\r\nconnection: close\r\n\r\nroof" in await connection.ask(version="1.0")
    assert connection.transport.closed


@pytest.mark.parametrize("pieces", [(b"ro", b"of"), (b"roof", b""), (b"", b"roof")])
async def test_a_body_in_pieces_arrives_whole(pieces: tuple[bytes, ...]):
    connection = Connection(start(LENGTH), body(pieces[0], more=True), body(pieces[1]))
    assert (await connection.ask()).endswith(b"content-length: 4\r\n\r\nroof")
    assert connection.protocol.cycle.response_complete


async def test_a_body_of_unknown_length_comes_in_chunks():
    answer = await Connection(start(), body(b"roof", more=True), body(b"")).ask()
    assert answer.endswith(b"transfer-encoding: chunked\r\n\r\n4\r\nroof\r\n0\r\n\r\n")


async def test_an_answer_without_a_body_has_none():
    assert await Connection(start(status=304), body(b"")).ask() == b"HTTP/1.1 304 Not Modified\r\n\r\n"
    answer = await Connection(start(LENGTH), body(b"roof")).ask("HEAD")
    assert answer.endswith(b"content-length: 4\r\n\r\n")


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: evil", b"a\nevil", b"a\revil", b"a\0evil", b"a\x0bevil"])
async def test_a_header_cannot_be_broken_into_two(value: bytes):
    connection = Connection(start(LENGTH, (b"x-name", value)), body(b"roof"))
    assert b"evil" not in await connection.ask()
    assert connection.faults


async def test_a_body_of_another_length_than_told_ends_the_connection():
    for data in (b"roofs", b"roo"):
        connection = Connection(start(LENGTH), body(data))
        await connection.ask()
        assert connection.faults
        assert connection.transport.closed


async def test_a_client_that_has_left_is_no_fault():
    connection = Connection(start(LENGTH), body(b"roof"))
    connection.protocol.data_received(b"GET / HTTP/1.1\r\nHost: api\r\n\r\n")
    connection.transport.closed = True
    connection.protocol.connection_lost(None)
    await connection.answered.wait()
    assert (connection.faults, connection.transport.written) == ([], [])


async def test_a_connection_that_rests_too_long_is_ended_and_one_that_is_answered_is_not():
    connection = Connection(start(LENGTH), body(b"roof"), keep_alive=0)
    connection.protocol.data_received(b"GET / HTTP/1.1\r\nHost: api\r\n\r\n")
    connection.protocol._look()
    assert not connection.transport.aborted
    await connection.answered.wait()
    await asyncio.sleep(0)
    connection.protocol._look()
    assert connection.transport.aborted
    patient = Connection(start(LENGTH), body(b"roof"))
    await patient.ask()
    patient.protocol._look()
    assert not patient.transport.closed
    patient.protocol.connection_lost(None)
