"""Requests to URLs of strangers, over real sockets: where they go, where they never go, and when they end."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from ipaddress import ip_network
from typing import Any

import pytest
import trustme

from photodock.webhooks.addresses import Addresses
from photodock.webhooks.sender import NOWHERE, TOO_MUCH, Sender
from photodock.webhooks.urls import UrlRules
from support.receiver import Names, Received, Receiver, receiving

SenderOf = Callable[..., Sender]

PUBLIC = UrlRules(Addresses(), schemes=("https", "http"))
LOCAL = UrlRules(Addresses([ip_network("127.0.0.0/8")]), schemes=("https", "http"))
SECOND = UrlRules(Addresses([ip_network("127.0.0.2/32")]), schemes=("https", "http"))
"""As if 127.0.0.2 were the internet, and 127.0.0.1 what must not be reached."""
SHORT = {"timeout": 1.0, "connect_timeout": 0.5}


@pytest.fixture
async def neighbours() -> AsyncIterator[tuple[Receiver, Receiver]]:
    """The one of the internet and the one that must not be reached, at the same port."""
    async with AsyncExitStack() as stack:
        while True:
            allowed = await stack.enter_async_context(receiving(host="127.0.0.2"))
            # What is free on the one may be in use on the other.
            with suppress(OSError):
                forbidden = await stack.enter_async_context(receiving(host="127.0.0.1", port=allowed.port))
                break
        yield allowed, forbidden


async def test_a_request_arrives_as_it_was_made(sender_of: SenderOf, receiver: Receiver) -> None:
    url = f"http://localhost:{receiver.port}/hook/a%20b?x=1"
    answer = await sender_of(LOCAL, resolve=Names([["127.0.0.1"]])).post(url, {"webhook-id": "1"}, b'{"a": 1}')
    assert (answer.http_status, answer.error) == (204, None)
    [request] = receiver.received
    assert request.line == "POST /hook/a%20b?x=1 HTTP/1.1"
    assert request.body == b'{"a": 1}'
    assert request.headers["host"] == f"localhost:{receiver.port}"
    assert request.headers["webhook-id"] == "1"
    assert set(request.headers) == {"host", "content-length", "webhook-id"}, "and nothing is told of this machine"


@pytest.mark.parametrize("status", [100 + 100, 201, 202, 204, 299])
async def test_any_2xx_is_good(sender_of: SenderOf, receiver: Receiver, status: int) -> None:
    receiver.tell(status)
    answer = await sender_of(LOCAL).post(f"http://127.0.0.1:{receiver.port}/", {}, b"{}")
    assert (answer.http_status, answer.error) == (status, None)


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
async def test_anything_else_is_a_failure_in_words(sender_of: SenderOf, receiver: Receiver, status: int) -> None:
    receiver.tell(status)
    answer = await sender_of(LOCAL).post(f"http://127.0.0.1:{receiver.port}/", {}, b"{}")
    assert answer.http_status == status
    assert answer.error
    assert answer.error.startswith(f"The receiver answered {status}")


async def test_tls_goes_by_the_name_and_the_connection_by_the_checked_address(sender_of: SenderOf) -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("hooks.example.com").configure_cert(server)
    authority.configure_trust(client)
    async with receiving(tls=server) as receiver:
        names = Names([["127.0.0.1"]])
        sender = sender_of(LOCAL, client, resolve=names)
        good = await sender.post(f"https://hooks.example.com:{receiver.port}/", {}, b"{}")
        assert (good.http_status, good.error) == (204, None)
        assert receiver.names == ["hooks.example.com"]
        assert receiver.received[0].headers["host"] == f"hooks.example.com:{receiver.port}"
        assert names.asked == [("hooks.example.com", receiver.port)]

        other = await sender.post(f"https://other.example.com:{receiver.port}/", {}, b"{}")
        assert "certificate is not good" in str(other.error)
        assert "other.example.com" in str(other.error)
        stranger = await sender_of(LOCAL, resolve=names).post(f"https://hooks.example.com:{receiver.port}/", {}, b"{}")
        assert "certificate is not good" in str(stranger.error)
        assert len(receiver.received) == 1, "nothing is sent before the certificate is known to be good"


async def test_what_speaks_no_tls_is_told(sender_of: SenderOf) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1")
    async with server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        answer = await sender_of(LOCAL).post(url, {}, b"{}")
    assert (answer.http_status, answer.error) == (None, "The receiver does not speak TLS as it should.")


@pytest.mark.parametrize(
    "found",
    [
        *(["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["100.64.0.1"], ["::1"], ["fd00:ec2::254"]),
        *(["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["fe80::1%lo"], ["0.0.0.0"], []),  # noqa: S104
        ["8.8.8.8", "127.0.0.1"],
    ],
    ids=str,
)
async def test_a_name_that_leads_to_no_public_address_is_refused(
    sender_of: SenderOf, receiver: Receiver, found: list[str]
) -> None:
    """All with the same words: who asks must not learn which names are known in here."""
    sender = sender_of(PUBLIC, resolve=Names([found]))
    answer = await sender.post(f"http://inside.example.com:{receiver.port}/", {}, b"{}")
    assert (answer.http_status, answer.error) == (None, NOWHERE)
    assert receiver.connections == 0


async def test_one_address_that_must_not_be_reached_spoils_the_others(
    sender_of: SenderOf, neighbours: tuple[Receiver, Receiver]
) -> None:
    allowed, forbidden = neighbours
    sender = sender_of(SECOND, resolve=Names([["127.0.0.2", "127.0.0.1"]]))
    assert (await sender.post(f"http://mixed.example.com:{allowed.port}/", {}, b"{}")).error == NOWHERE
    assert (allowed.connections, forbidden.connections) == (0, 0)


async def test_a_name_that_changes_between_check_and_connection_gains_nothing(
    sender_of: SenderOf, neighbours: tuple[Receiver, Receiver]
) -> None:
    """DNS rebinding: a good address for whoever checks, another for whoever connects."""
    allowed, forbidden = neighbours
    names = Names([["127.0.0.2"], ["127.0.0.1"]])
    sender = sender_of(SECOND, resolve=names)
    url = f"http://rebinding.example.com:{allowed.port}/"
    assert (await sender.post(url, {}, b"{}")).http_status == 204
    assert len(names.asked) == 1, "asked once, and what was checked is what is connected to"
    assert (allowed.connections, forbidden.connections) == (1, 0)
    assert (await sender.post(url, {}, b"{}")).error == NOWHERE, "and no connection is kept from before"
    assert (allowed.connections, forbidden.connections) == (1, 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    sender_of: SenderOf, neighbours: tuple[Receiver, Receiver], status: int
) -> None:
    allowed, forbidden = neighbours

    async def redirect(_: Received) -> bytes:
        head = f"HTTP/1.1 {status} Elsewhere\r\nLocation: http://{{}}/latest/meta-data/\r\nContent-Length: 0\r\n\r\n"
        return head.format(places.pop()).encode()

    places = [f"127.0.0.1:{forbidden.port}", "169.254.169.254"]
    allowed.answer = redirect
    for _ in range(2):
        answer = await sender_of(SECOND).post(f"http://127.0.0.2:{allowed.port}/", {}, b"{}")
        assert answer.http_status == status
        assert "redirects are not followed" in str(answer.error)
    assert (len(allowed.received), forbidden.connections) == (2, 0)


async def test_no_proxy_of_the_environment_is_asked(
    sender_of: SenderOf, neighbours: tuple[Receiver, Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed, proxy = neighbours
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert (await sender_of(SECOND).post(f"http://127.0.0.2:{allowed.port}/", {}, b"{}")).http_status == 204
    assert proxy.connections == 0


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.0.1"])
async def test_the_systems_own_resolver_is_not_believed_either(
    sender_of: SenderOf, receiver: Receiver, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the URL itself were let through."""
    monkeypatch.setattr(UrlRules, "_check_host", lambda *_: None)
    answer = await sender_of(PUBLIC).post(f"http://{host}:{receiver.port}/", {}, b"{}")
    assert (answer.http_status, answer.error) == (None, NOWHERE)
    assert receiver.connections == 0


async def test_a_url_is_held_to_the_rules_of_the_day_it_is_sent_to(sender_of: SenderOf, receiver: Receiver) -> None:
    strict = sender_of(UrlRules(Addresses([ip_network("127.0.0.0/8")]), ports=(443,)))
    assert "https" in str((await strict.post(f"http://127.0.0.1:{receiver.port}/", {}, b"{}")).error)
    assert "port" in str((await strict.post(f"https://127.0.0.1:{receiver.port}/", {}, b"{}")).error)
    assert receiver.connections == 0


async def test_of_several_addresses_the_next_is_tried(
    sender_of: SenderOf, neighbours: tuple[Receiver, Receiver]
) -> None:
    allowed, _ = neighbours
    sender = sender_of(LOCAL, resolve=Names([["127.0.0.3", "127.0.0.2"]]))
    assert (await sender.post(f"http://two.example.com:{allowed.port}/", {}, b"{}")).http_status == 204


async def silence(_: Received) -> None:
    await asyncio.sleep(60)


async def garbage(_: Received) -> bytes:
    return b"220 mail.example.com ESMTP\r\n"


async def nothing(_: Received) -> None:
    return None


async def half_a_head(_: Received) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Le"


async def endless_head(_: Received) -> bytes:
    return b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000


async def informed_for_ever(_: Received) -> bytes:
    return b"HTTP/1.1 102 Processing\r\n\r\n" * 10_000


@pytest.mark.parametrize(
    "behaviour", [silence, garbage, nothing, half_a_head, endless_head, informed_for_ever], ids=lambda one: one.__name__
)
async def test_a_receiver_that_misbehaves_is_a_failure_in_words(
    sender_of: SenderOf, receiver: Receiver, behaviour: Any
) -> None:
    receiver.answer = behaviour
    async with asyncio.timeout(40):
        answer = await sender_of(LOCAL, **SHORT).post(f"http://127.0.0.1:{receiver.port}/", {}, b"{}")
    assert answer.http_status is None
    assert str(answer.error).startswith("The receiver ")


async def test_a_body_without_an_end_is_not_read(sender_of: SenderOf) -> None:
    """The answer's head is enough, and the connection ends with it."""
    ended = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                await writer.drain()
        except OSError:
            ended.set()
        finally:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(40):
        answer = await sender_of(LOCAL).post(f"http://127.0.0.1:{port}/", {}, b"{}")
        assert (answer.http_status, answer.error) == (200, None)
        await ended.wait()


@pytest.mark.parametrize("with_tls", [False, True], ids=["plain", "TLS"])
async def test_of_interim_answers_without_an_end_little_is_read(sender_of: SenderOf, with_tls: bool) -> None:
    """Reading them would keep the loop, which the relay and the sweeper need, from everything else."""
    ended = asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            while True:
                writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1_000)
                await writer.drain()
        ended.set()
        writer.close()

    authority = trustme.CA()
    serving, trusting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    authority.configure_trust(trusting)
    server = await asyncio.start_server(flood, "127.0.0.1", ssl=serving if with_tls else None)
    port = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(40):
        url = f"{'https' if with_tls else 'http'}://127.0.0.1:{port}/"
        answer = await sender_of(LOCAL, tls=trusting).post(url, {}, b"{}")
        assert (answer.http_status, answer.error) == (None, TOO_MUCH)
        await ended.wait()


async def test_a_host_that_takes_no_connections_and_a_name_server_that_is_silent(
    sender_of: SenderOf, unused_port: int
) -> None:
    refused = await sender_of(LOCAL).post(f"http://127.0.0.1:{unused_port}/", {}, b"{}")
    assert (refused.http_status, refused.error) == (None, "The receiver takes no connections.")

    async def silent(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    late = await sender_of(LOCAL, resolve=silent, **SHORT).post("http://slow.example.com/", {}, b"{}")
    assert late.error == "The receiver did not answer within 1 seconds."
