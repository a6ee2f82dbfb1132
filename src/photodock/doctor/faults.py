"""Why there was no answer at all, in words: from what the client libraries raise."""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from photodock.doctor.findings import Trouble

_DNS = re.compile(
    r"name or service not known|nodename nor servname|name resolution|no address associated", re.IGNORECASE
)
_REFUSED = re.compile(r"connection refused|connect call failed|all connection attempts failed", re.IGNORECASE)


def why_silent(error: BaseException, address: str, setting: str) -> Trouble:
    """For an HTTP or AMQP address that gave no answer. Names host and port of `address`, nothing else of it."""
    where = place(address)
    chain = list(_causes(error))
    text = " ".join(str(one) for one in chain)
    if any(isinstance(one, socket.gaierror | aiohttp.ClientConnectorDNSError) for one in chain) or _DNS.search(text):
        return _no_such_host(where, setting)
    if any(isinstance(one, ssl.SSLError) for one in chain) or "CERTIFICATE_VERIFY_FAILED" in text:
        return _no_tls(where, setting, text)
    if any(isinstance(one, ConnectionRefusedError) for one in chain) or _REFUSED.search(text):
        return Trouble(
            f"Nothing listens at {where} (connection refused).", f"Start the server, or set {setting} to its address."
        )
    if any(isinstance(one, TimeoutError | asyncio.TimeoutError | httpx.TimeoutException) for one in chain):
        return Trouble(
            f"{where} does not answer in time.",
            f"A firewall, a security group or a missing route swallows the packets, or the server hangs; or {setting} "
            "names another host.",
        )
    return Trouble(
        f"The connection to {where} failed ({type(error).__name__}).", f"Look at {setting} and at that server."
    )


def _no_such_host(where: str, setting: str) -> Trouble:
    return Trouble(
        f"The name of {where} is not known to DNS here.",
        f"Correct {setting}. If the bucket's name stands before the server's, set PHOTODOCK_S3_ADDRESSING_STYLE=path, "
        "or add a wildcard record.",
    )


def _no_tls(where: str, setting: str, text: str) -> Trouble:
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
        return Trouble(
            f"{where} does not speak TLS.", f"Write http:// in {setting}, or let the server serve TLS there."
        )
    return Trouble(
        f"The certificate of {where} is not accepted.",
        "It must be valid, for exactly this name, and from an authority that clients trust. With the bucket in the "
        "host name it must be a wildcard's, or set PHOTODOCK_S3_ADDRESSING_STYLE=path.",
    )


def why_database_away(error: BaseException, address: str) -> Trouble:
    """`error`: DatabaseUnavailable with its cause, or what asyncpg raised."""
    for one in _causes(error):
        if found := _database_fault(one, place(address)):
            return found
    return why_silent(error.__cause__ or error, address, "PHOTODOCK_DATABASE_URL")


def _database_fault(error: BaseException, where: str) -> Trouble | None:
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return Trouble(
                f"PostgreSQL at {where} refuses the login.",
                "Correct user and password in PHOTODOCK_DATABASE_URL (percent-encoded: `@` is %40, `/` is %2F), or "
                "pg_hba.conf.",
            )
        case asyncpg.InvalidCatalogNameError():
            return Trouble(
                f"PostgreSQL at {where} has no database of that name.",
                "Create it, or correct the name in PHOTODOCK_DATABASE_URL.",
            )
        case asyncpg.TooManyConnectionsError():
            return Trouble(
                f"PostgreSQL at {where} has no connection left.",
                "Lower PHOTODOCK_DATABASE_POOL_SIZE, raise max_connections, or put a pooler before it.",
            )
        case asyncpg.ReadOnlySQLTransactionError() | asyncpg.TargetServerAttributeNotMatched():
            return Trouble(
                f"PostgreSQL at {where} takes no writes: a standby.",
                "PHOTODOCK_DATABASE_URL must name the primary; several hosts may be named, separated by commas.",
            )
        case asyncpg.CannotConnectNowError():
            return Trouble(f"PostgreSQL at {where} is starting or stopping.", "Wait, and run this again.")
    return None


def why_queue_away(error: BaseException, address: str, setting: str) -> Trouble:
    """`error`: QueueUnavailable with its cause."""
    for one in _causes(error):
        if isinstance(one, ClientError):
            return _sqs_refusal(one.response["Error"].get("Code", ""), setting)
        if name := _amqp_name(one):
            return _amqp_refusal(name, setting)
    return why_silent(error.__cause__ or error, address, setting)


def _sqs_refusal(code: str, setting: str) -> Trouble:
    short = code.rpartition(".")[2]
    if short in {"NonExistentQueue", "QueueDoesNotExist"}:
        return Trouble(
            f"There is no such queue ({short}).",
            f"Create it, or correct {setting} and PHOTODOCK_SQS_REGION: SQS also says so of a queue in another region "
            "or account.",
        )
    if short.startswith("AccessDenied"):
        return Trouble(
            f"SQS does not allow it ({short}).",
            "Allow sqs:GetQueueAttributes and sqs:SendMessage on the detection queue, and sqs:ReceiveMessage and "
            "sqs:DeleteMessage on the events queue, to these credentials.",
        )
    return Trouble(
        f"SQS refuses the request ({short}).",
        "The credentials are those of the S3 checks; for a queue in another region set PHOTODOCK_SQS_REGION.",
    )


def _amqp_name(error: BaseException) -> str | None:
    said = str(error.args[-1]) if error.args else ""
    found = re.search(r"\b(ACCESS_REFUSED|NOT_ALLOWED|NOT_FOUND|PRECONDITION_FAILED)\b", said)
    if found:
        return found[1]
    return "NOT_ALLOWED" if "Connection.OpenOk" in said else None


def _amqp_refusal(name: str, setting: str) -> Trouble:
    if name == "NOT_FOUND":
        return Trouble(
            "There is no such queue (NOT_FOUND).",
            "Start `photodock worker`, which makes it with its dead-letter queue; or correct `?queue=` and the "
            f"virtual host in {setting}.",
        )
    return Trouble(
        f"RabbitMQ refuses ({name}).",
        f"Correct user, password and virtual host in {setting} (percent-encoded), or grant the rights that "
        "docs/rabbitmq.md lists.",
    )


def place(address: str) -> str:
    """`host:port` of an address with whatever secrets; of several hosts the list of them."""
    parts = urlsplit(address)
    return parts.netloc.rpartition("@")[2] or "this address"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


HTTP_FAULTS = (httpx.HTTPError, OSError)
SDK_FAULTS = (BotoCoreError, aiohttp.ClientError, OSError)
"""What the SDK raises when there was no answer; ClientError is an answer."""
