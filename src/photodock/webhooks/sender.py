"""POSTs to URLs of strangers, and to no address that they must not reach."""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpcore
import httpx

from photodock.domain.errors import WebhookUrlRefused
from photodock.domain.webhooks import Answer
from photodock.webhooks.network import MAX_READ, AddressRefused, GuardedNetwork, Resolve, TooMuch
from photodock.webhooks.pauses import asked_pause
from photodock.webhooks.urls import UrlRules, port_of

NO_HTTP = "The receiver ended the connection without an answer in HTTP."
TOO_MUCH = f"The receiver sent more than {MAX_READ // 1024} KB in front of its answer's body."
NOWHERE = "The URL's host leads to no public address."
"""Also for a name that leads nowhere: two different answers would tell strangers which names are known here."""


class Sender:
    """One connection for each request. No redirect is followed, no proxy of the environment asked, no body read.

    Times in seconds: `connect_timeout` for finding and reaching the host, `timeout` for all of it.
    """

    def __init__(
        self,
        rules: UrlRules,
        tls: ssl.SSLContext,
        *,
        connections: int = 64,
        connect_timeout: float = 5.0,
        timeout: float = 15.0,
        resolve: Resolve | None = None,
    ) -> None:
        self._rules = rules
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        # Names are looked up in threads, and a silent name server holds each for long: none of anybody else's.
        self._threads = ThreadPoolExecutor(connections, "webhook-names")
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=connections,
            max_keepalive_connections=0,
            network_backend=GuardedNetwork(rules.addresses, resolve or self._look_up),
        )

    async def aclose(self) -> None:
        await self._pool.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what the receiver, its host or its name did. The URL is held to the rules of today."""
        try:
            async with asyncio.timeout(self._timeout):
                status, retry_after = await self._post(self._rules.checked(url), headers, body)
        except WebhookUrlRefused as error:
            return Answer(None, error.detail)
        except AddressRefused:
            return Answer(None, NOWHERE)
        except (TimeoutError, httpcore.TimeoutException):
            return Answer(None, f"The receiver did not answer within {self._timeout:g} seconds.")
        except httpcore.ConnectError as error:
            return Answer(None, _in_words(error))
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Answer(None, TOO_MUCH if isinstance(error, TooMuch) else NO_HTTP)
        return _answer(status, retry_after)

    async def _post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> tuple[int, str | None]:
        """The answer's status, and its Retry-After."""
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path)
        sent = {"Host": url.netloc.decode("ascii"), "Content-Length": str(len(body)), **headers}
        limits = dict.fromkeys(("read", "write", "pool"), self._timeout) | {"connect": self._connect_timeout}
        async with self._pool.stream(
            "POST", target, headers=list(sent.items()), content=body, extensions={"timeout": limits}
        ) as response:
            found = (value for name, value in response.headers if name.lower() == b"retry-after")
            return response.status, next(found, b"").decode("latin-1") or None

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        try:
            async with asyncio.timeout(self._connect_timeout):
                found = await asyncio.get_running_loop().run_in_executor(self._threads, _addresses_of, host, port)
        except (OSError, UnicodeError):
            return ()
        return found


def _addresses_of(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _in_words(error: httpcore.ConnectError) -> str:
    # The pool hides the cause; the context is still there.
    match error.__context__:
        case ssl.SSLCertVerificationError() as unverified:
            return f"The receiver's certificate is not good: {unverified.verify_message}."
        case ssl.SSLError():
            return "The receiver does not speak TLS as it should."
        case _:
            return "The receiver takes no connections."


def _answer(status: int, retry_after: str | None) -> Answer:
    if 200 <= status < 300:
        return Answer(status, None)
    return Answer(status, _of_status(status), asked_pause(status, retry_after, datetime.now(UTC)))


def _of_status(status: int) -> str:
    if 300 <= status < 400:
        return f"The receiver answered {status}, and redirects are not followed: give the URL that it leads to."
    if status == 410:
        return "The receiver answered 410: it is gone."
    return f"The receiver answered {status}."
