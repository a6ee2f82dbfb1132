"""What a failure on the way to RabbitMQ means, and how it is told."""

import asyncio
import re
import ssl
from collections.abc import Sequence

import structlog
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    AuthenticationError,
    ChannelClosed,
    InvalidFrameError,
    ProbableAuthenticationError,
)
from aiormq.exceptions import ConnectionNotAllowed

from photodock.domain.errors import QueueUnavailable

log = structlog.get_logger(__name__)

# What no new attempt will mend: login, rights, virtual host, something else than AMQP at that port.
_REFUSALS = (
    AuthenticationError,
    ProbableAuthenticationError,
    ConnectionNotAllowed,
    ChannelClosed,
    InvalidFrameError,
)


def chief(faults: Sequence[BaseException]) -> BaseException:
    """The one of a batch's faults that tells most: a refusal is followed by the others' closed channel."""
    # A connection that the heartbeat ends cancels whoever waits for it; nobody cancelled us.
    found = [ConnectionResetError() if isinstance(fault, asyncio.CancelledError) else fault for fault in faults]
    return next((fault for fault in found if not isinstance(fault, CONNECTION_EXCEPTIONS) or _refuses(fault)), found[0])


def retryable(error: Exception) -> bool:
    return isinstance(error, CONNECTION_EXCEPTIONS) and not _refuses(error)


def _refuses(error: BaseException) -> bool:
    return isinstance(error, _REFUSALS) or isinstance(error.__cause__, ssl.SSLCertVerificationError)


def unavailable(error: BaseException) -> QueueUnavailable:
    """The outage in our own words. What the broker refuses for good is an operator's matter, and logged as one."""
    code = _code(error)
    if _refuses(error):
        log.error("queue_misconfigured", code=code)
        return QueueUnavailable(f"The queue refuses our requests ({code}).")
    return QueueUnavailable(f"The queue can't be reached ({code}).")


def _code(error: BaseException) -> str:
    """AMQP's name of it (`ACCESS_REFUSED - Login was refused …`) or else the error's kind; never the whole text."""
    said = str(error.args[-1]) if error.args else ""
    if name := re.match(r"[A-Z]+(_[A-Z]+)+\b", said):
        return name.group()
    if isinstance(error, InvalidFrameError) and "Connection.OpenOk" in said:
        return "NOT_ALLOWED"  # the answer to a virtual host, which the library does not read
    return type(error.__cause__ if isinstance(error.__cause__, OSError) else error).__name__
