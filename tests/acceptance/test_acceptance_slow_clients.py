"""Clients that are slow, silent, endless or no HTTP clients at all, against a real `serve`."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from support.clock import eventually
from support.raw_client import Answer, RawClient, connected
from support.system import Caller, token_for
from support.whole import System

CONNECTIONS = 40
STREAMS = 16
HELD_FOR_A_USER = 5
"""A quarter of what streams leave of nine tenths of the connections."""
INTERNALS = (b"Traceback", b"uvicorn", b"httptools", b"python", b"site-packages", b"Exception")
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: api\r\n\r\n"


@pytest.fixture(scope="module")
async def url(shared_system: System) -> AsyncIterator[str]:
    """A `serve` of the shared system that has little patience and takes few connections."""
    settings = {
        "PHOTODOCK_REQUEST_HEAD_TIMEOUT": "1s",
        "PHOTODOCK_REQUEST_BODY_TIMEOUT": "1s",
        "PHOTODOCK_MAX_CONNECTIONS": str(CONNECTIONS),
        "PHOTODOCK_MAX_STREAMS": str(STREAMS),
    }
    serving = await shared_system.deployment.serve(settings)
    yield serving.url
    status, _ = await shared_system.deployment.stop(serving.child)
    assert status == 0


@pytest.fixture
async def client(url: str) -> AsyncIterator[RawClient]:
    async with connected(url) as found:
        yield found


@pytest.fixture
def patient_url(shared_system: System) -> str:
    """The shared system's own `serve`: for what is refused at once, however slowly this machine sends it."""
    return shared_system.serving.url


@pytest.fixture
async def patient(patient_url: str) -> AsyncIterator[RawClient]:
    async with connected(patient_url) as found:
        yield found


@pytest.fixture(autouse=True)
async def still_alive(url: str, patient_url: str) -> AsyncIterator[None]:
    """Whatever a client has done: the next one is served."""
    yield
    async with httpx.AsyncClient(timeout=30) as http:
        for each in (url, patient_url):
            assert (await http.get(f"{each}/healthz")).status_code == 200


def head(path: str, *more: str, method: str = "GET", end: str = "\r\n\r\n") -> bytes:
    return ("\r\n".join([f"{method} {path} HTTP/1.1", "Host: api", *more]) + end).encode()


def authorized(length: int) -> tuple[str, ...]:
    token = token_for(uuid4())
    return (f"Authorization: Bearer {token}", f"Content-Length: {length}", "Content-Type: application/json")


def assert_refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    problem = answer.problem
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["x-request-id"] == problem["correlation_id"]
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers
    assert not [word for word in INTERNALS if word in answer.raw]
    return problem


async def logged(system: System, correlation_id: str) -> dict[str, Any]:
    """The line of the request, or of its refusal."""

    async def line() -> dict[str, Any] | None:
        lines = (json.loads(text) for text in system.deployment.log().splitlines())
        found = [line for line in lines if line.get("correlation_id") == correlation_id]
        return found[-1] if found else None

    found = await eventually(line)
    assert found
    return found


async def test_a_connection_on_which_nothing_is_sent_is_closed(client: RawClient) -> None:
    assert (await client.until_closed()).raw == b""


@pytest.mark.parametrize("sent", [b"G", HEALTH[:-2], HEALTH[:-1], b"\r\n"], ids=repr)
async def test_half_a_head_is_408(shared_system: System, client: RawClient, sent: bytes) -> None:
    await client.send(sent)
    problem = assert_refused(await client.until_closed(), 408, "request_timeout")
    line = await logged(shared_system, problem["correlation_id"])
    assert (line["event"], line["status"], line["error_code"]) == ("request_refused", 408, "request_timeout")


async def test_a_head_that_trickles_in_is_408_however_steadily(client: RawClient) -> None:
    endless = head("/healthz", *(f"X-{number}: y" for number in range(1_000)))
    trickle = asyncio.create_task(client.trickle(endless))
    assert_refused(await client.until_closed(), 408, "request_timeout")
    await trickle


async def test_a_second_head_that_trickles_in_is_408(client: RawClient) -> None:
    await client.send(HEALTH)
    assert (await client.answer()).status == 200
    trickle = asyncio.create_task(client.trickle(HEALTH[:-2] + b"X: " + b"y" * 1_000))
    assert_refused(await client.until_closed(), 408, "request_timeout")
    await trickle


async def test_empty_lines_do_not_keep_a_connection_open(client: RawClient) -> None:
    await client.send(HEALTH)
    assert (await client.answer()).status == 200
    trickle = asyncio.create_task(client.trickle(b"\r\n" * 500))
    assert_refused(await client.until_closed(), 408, "request_timeout")
    await trickle


async def test_a_body_that_trickles_in_is_408_with_its_requests_id(shared_system: System, client: RawClient) -> None:
    await client.send(head("/api/v1/photos/confirm", *authorized(1_000), "X-Request-ID: slow-1", method="POST"))
    trickle = asyncio.create_task(client.trickle(b" " * 1_000))
    problem = assert_refused(await client.until_closed(), 408, "request_timeout")
    await trickle
    assert problem["correlation_id"] == "slow-1"
    line = await logged(shared_system, "slow-1")
    assert (line["event"], line["status"], line["error_code"]) == ("request", 408, "request_timeout")


async def test_a_chunked_body_that_does_not_end_is_408(client: RawClient) -> None:
    token = f"Authorization: Bearer {token_for(uuid4())}"
    await client.send(head("/api/v1/photos/confirm", token, "Transfer-Encoding: chunked", method="POST") + b"2\r\n{}")
    assert_refused(await client.until_closed(), 408, "request_timeout")


async def test_a_body_that_nobody_waits_for_does_not_keep_a_connection_open(client: RawClient) -> None:
    await client.send(head("/api/v1/photos/confirm", "Content-Length: 1000", method="POST"))
    assert (await client.answer()).status == 401
    trickle = asyncio.create_task(client.trickle(b" " * 1_000))
    assert (await client.until_closed()).raw == b""
    await trickle


async def test_a_connection_may_rest_between_requests(client: RawClient) -> None:
    for _ in range(2):
        await client.send(HEALTH)
        assert (await client.answer()).status == 200
        with pytest.raises(TimeoutError):
            await client.until_closed(seconds=2.5)


async def test_an_answer_that_is_held_back_outlives_the_deadlines(url: str, api: Caller, project: str) -> None:
    """The deadlines are for what the client owes, not for what it waits for."""
    photo = (await api.issue(project, b"x" * 2_000))["photo_id"]
    async with httpx.AsyncClient(base_url=url, headers=api.headers, timeout=40) as http:
        waiting = asyncio.create_task(http.get(f"/api/v1/photos/{photo}?wait=30"))
        for _ in range(2):
            async with connected(url) as silent:
                await silent.until_closed()
        assert not waiting.done()
        assert (await api.call("DELETE", f"/photos/{photo}")).status_code == 204
        assert (await waiting).status_code == 404


async def test_an_answer_that_is_left_unread_ends_the_connection(url: str) -> None:
    address = urlsplit(url)
    with socket.socket() as small:
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        small.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(small, (address.hostname, address.port))
        await loop.sock_sendall(small, head("/docs/vendor/swagger-ui-bundle.js") * 8)

        async def gone() -> bool:
            try:
                await loop.sock_sendall(small, HEALTH)
            except ConnectionError:
                return True
            return False

        await eventually(gone)


async def hold(stack: AsyncExitStack, url: str, sent: bytes) -> RawClient:
    client = await stack.enter_async_context(connected(url))
    await client.send(sent)
    return client


@pytest.mark.parametrize(
    "sent",
    [b"", HEALTH[:-2], head("/api/v1/photos/confirm", *authorized(1_000), method="POST"), HEALTH],
    ids=["silent", "half a head", "half a request", "idle"],
)
async def test_a_good_client_is_served_while_others_hold_all_connections(url: str, sent: bytes) -> None:
    async with AsyncExitStack() as stack:
        for round_ in range(5):
            held = [await hold(stack, url, sent) for _ in range(CONNECTIONS)]
            async with httpx.AsyncClient(base_url=url, timeout=30) as http:
                assert (await http.get("/healthz")).status_code == 200, round_
        # The last ones are still there: it is not by closing everything that the good client was served.
        assert any(not client.reader.at_eof() for client in held)


async def test_who_waits_for_an_answer_is_spared_and_leaves_room_for_others(
    url: str, api: Caller, project: str
) -> None:
    photo = (await api.issue(project, b"x" * 2_000))["photo_id"]
    [authorization] = api.headers.values()
    waiting = head(f"/api/v1/photos/{photo}?wait=30", f"Authorization: {authorization}")
    async with AsyncExitStack() as stack:
        answers = [
            asyncio.create_task((await hold(stack, url, waiting)).answer())
            for _ in range(CONNECTIONS - HELD_FOR_A_USER)
        ]

        async def all_others_are_answered() -> bool:
            return sum(not answer.done() for answer in answers) == HELD_FOR_A_USER

        await eventually(all_others_are_answered)
        for _ in range(CONNECTIONS):
            late = await hold(stack, url, HEALTH)
            assert (await late.answer()).status == 200
        assert (await api.call("DELETE", f"/photos/{photo}")).status_code == 204
        statuses = [answer.status for answer in await asyncio.gather(*answers)]
    assert (statuses.count(404), statuses.count(200)) == (HELD_FOR_A_USER, len(answers) - HELD_FOR_A_USER)


LARGE = {
    "one header": head("/healthz", "X: " + "y" * 70_000),
    "one name": head("/healthz", "y" * 70_000 + ": x"),
    "many headers": head("/healthz", *(f"X-{number}: y" for number in range(10_000))),
    "a long address": head("/" + "x" * 70_000),
    "without an end": b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 5_000_000,
}


@pytest.mark.parametrize("sent", LARGE.values(), ids=LARGE.keys())
@pytest.mark.parametrize("piece", [1_000, 10**7], ids=["in pieces", "at once"])
async def test_a_head_above_64_kib_is_431(patient_url: str, sent: bytes, piece: int) -> None:
    async with connected(patient_url) as client:

        async def send() -> None:
            for start in range(0, len(sent), piece):
                await client.send(sent[start : start + piece])

        sending = asyncio.create_task(send())
        assert_refused(await client.until_closed(), 431, "headers_too_large")
        await sending


async def test_headers_above_32_kib_are_431_with_the_requests_id(patient: RawClient) -> None:
    large = "X: " + "y" * 40_000
    await patient.send(head("/api/v1/projects", *authorized(0), large, "X-Request-ID: large-1"))
    answer = await patient.answer()
    assert (answer.status, answer.problem["code"]) == (431, "headers_too_large")
    assert answer.problem["correlation_id"] == "large-1"


MALFORMED = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"\0" * 200,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another version": b"GET /healthz HTTP/9.9\r\nHost: api\r\n\r\n",
    "U+0000": b"GET /\0 HTTP/1.1\r\nHost: api\r\n\r\n",
    "a blank before a colon": b"GET /healthz HTTP/1.1\r\nHost : api\r\n\r\n",
    "a line feed alone": b"GET /healthz HTTP/1.1\nHost: api\n\n",
    "a folded header": b"GET /healthz HTTP/1.1\r\nHost: api\r\nX: a\r\n b\r\n\r\n",
    "a control character": b"GET /healthz HTTP/1.1\r\nHost: a\x01pi\r\n\r\n",
    "two lengths": b"POST /healthz HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length below nothing": b"POST /healthz HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "an endless length": b"POST /healthz HTTP/1.1\r\nContent-Length: " + b"9" * 50 + b"\r\n\r\n",
    "a tunnel": b"CONNECT internal:5432 HTTP/1.1\r\nHost: internal\r\n\r\n",
    "an address without a path": b"GET http://internal HTTP/1.1\r\nHost: internal\r\n\r\n",
    "an address that is not ASCII": "GET /ä HTTP/1.1\r\nHost: api\r\n\r\n".encode(),
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED.keys())
async def test_what_is_no_http_is_400_and_tells_nothing(patient_url: str, sent: bytes) -> None:
    async with connected(patient_url) as client:
        await client.send(sent)
        assert_refused(await client.until_closed(), 400, "malformed_http")


async def test_a_chunk_that_is_none_does_not_reach_the_application(patient: RawClient) -> None:
    token = f"Authorization: Bearer {token_for(uuid4())}"
    await patient.send(
        head("/api/v1/photos/confirm", token, "Transfer-Encoding: chunked", method="POST") + b"xyz\r\n{}"
    )
    answer = await patient.until_closed()
    assert (answer.raw == b"") or answer.status == 400


async def test_a_trailer_says_nothing_of_who_calls(patient: RawClient) -> None:
    trailers = f"Authorization: Bearer {token_for(uuid4())}\r\nX-Request-ID: trailer\r\n\r\n".encode()
    await patient.send(
        head("/api/v1/photos/confirm", "Transfer-Encoding: chunked", method="POST") + b"0\r\n" + trailers
    )
    answer = await patient.answer()
    assert (answer.status, answer.problem["code"]) == (401, "unauthenticated")
    assert answer.headers["x-request-id"] != "trailer"


async def test_an_upgrade_is_answered_as_http_and_is_the_last_of_its_connection(patient: RawClient) -> None:
    await patient.send(head("/healthz", "Connection: Upgrade", "Upgrade: websocket") + HEALTH)
    answer = await patient.until_closed()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert answer.raw.count(b"HTTP/1.1") == 1


async def test_pipelined_requests_are_answered_in_order(patient: RawClient) -> None:
    await patient.send(b"".join(head("/healthz", f"X-Request-ID: id-{number}") for number in range(10)))
    assert [(await patient.answer()).headers["x-request-id"] for _ in range(10)] == [f"id-{n}" for n in range(10)]


async def test_a_flood_of_pipelined_requests_ends_the_connection(patient: RawClient) -> None:
    sending = asyncio.create_task(patient.send(HEALTH * 10_000))
    answer = await patient.until_closed()
    await sending
    assert answer.raw.count(b"HTTP/1.1 200") < 100


@pytest.mark.parametrize(
    ("before", "again"),
    [
        (b"", b"ffff\r\n" + b" " * 0xFFFF + b"\r\n"),
        (b"0\r\n", b"X: " + b"y" * 60_000 + b"\r\n"),
        (b"1;", b"x" * 60_000),
    ],
    ids=["chunks", "trailers", "an extension"],
)
async def test_a_message_without_an_end_is_not_taken_in(patient_url: str, before: bytes, again: bytes) -> None:
    async with connected(patient_url) as client:
        await client.send(head("/api/v1/photos/confirm", "Transfer-Encoding: chunked", method="POST") + before)
        for _ in range(2_000):
            await client.send(again)
            if client.writer.transport.is_closing():
                break
        assert client.writer.transport.is_closing()
