"""The way to a receiver: to public addresses alone, and back from it no more than an answer needs."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore

from photodock.webhooks.addresses import Addresses

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host's name and a port to its addresses; none when there are none."""

MAX_TRIED = 3
"""Of a name's many addresses."""
MAX_READ = 16 * 1024
"""Bytes of an answer's head, and of what a receiver sends before it."""


class AddressRefused(Exception):
    pass


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks every address that came of it, and connects to these very ones: whatever the name's
    server says a moment later, nobody asks it again. TLS and the Host header go by the name."""

    def __init__(self, addresses: Addresses, resolve: Resolve) -> None:
        self._addresses = addresses
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await self._resolve(host, port)
        # One bad address spoils all: no good receiver has any.
        if not found or not all(map(self._addresses.allow, found)):
            raise AddressRefused
        failure: Exception = AddressRefused()
        tried = found[:MAX_TRIED]
        # Each has its share, so that an address without an answer leaves time for the next.
        share = timeout and timeout / len(tried)
        for address in tried:
            try:
                connected = await self._network.connect_tcp(address, port, share, local_address, socket_options)
                return Bounded(connected)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class TooMuch(httpcore.RemoteProtocolError):
    pass


class Bounded(httpcore.AsyncNetworkStream):
    """Reads `MAX_READ` bytes and no more: interim answers (1xx) without an end would keep the worker's only thread at
    reading them, until the time for the answer has run out."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._left = MAX_READ

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._left:
            raise TooMuch
        data = await self._stream.read(min(max_bytes, self._left), timeout)
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return Bounded(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
