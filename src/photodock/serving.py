"""`photodock serve`: the HTTP server around the application, in any number of processes."""

import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

import uvicorn
from uvicorn.supervisors import Multiprocess

from photodock.api.connections import ConnectionLimits, GuardedProtocol
from photodock.metrics.processes import shared_folder
from photodock.settings import Settings

KEEP_ALIVE_SECONDS = 75
"""Longer than load balancers and clients keep idle connections (60 s), or they would use one that just went away."""
GRACEFUL_SECONDS = 8
"""What a stopping `serve` gives to requests in flight; process managers expect an end within 10 seconds."""

OTHER_FILES = 124
"""Open besides the connections from clients: to the database and the store, logs, modules being read."""
_FIRST_INHERITED = 3


class Processes(Multiprocess):
    """uvicorn's supervisor, which starts those that have ended anew. It also asks each, again and again, whether it
    still answers: while one is starting it waits for that up to 5 seconds, deaf to a stop, and then kills it. Here that
    is left to whoever asks `/healthz`."""

    def keep_subprocess_alive(self) -> None:
        if not all(one.process.is_alive() for one in self.processes):
            super().keep_subprocess_alive()


def run(settings: Settings, *, host: str, port: int, processes: int) -> None:
    """Until a signal stops it; then this process ends. A socket that systemd listens on goes before host and port."""
    signal.signal(signal.SIGTERM, _end)
    _allow_files(settings.max_connections + OTHER_FILES)
    config = uvicorn.Config(
        "photodock.bootstrap.api:api_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=processes,
        loop="uvloop",
        http=_protocol(settings),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        reset_contextvars=True,  # else a request would begin with what others have bound to their log lines
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    sockets = inherited_sockets()
    if processes > 1:
        take_turns(processes)
        with shared_folder():
            Processes(config, sockets=sockets or [config.bind_socket()]).run()
        _heed_no_other_stop()
        return
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets or None)
    if not server.started:
        sys.exit(uvicorn.config.STARTUP_FAILURE)


def inherited_sockets() -> list[socket.socket]:
    """Those that the service manager listens on for this process, by sd_listen_fds(3); none without one.

    They outlive the process: clients that connect while it is started anew wait, and none is refused.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    return [socket.socket(fileno=number) for number in range(_FIRST_INHERITED, _FIRST_INHERITED + count)]


def _protocol(settings: Settings) -> Any:
    """The server makes one for each connection. Its own `limit_concurrency` is left off: it turns clients away while
    others, that send nothing, hold their connections."""
    limits = ConnectionLimits(
        head_seconds=settings.request_head_timeout.total_seconds(),
        body_seconds=settings.request_body_timeout.total_seconds(),
        connections=settings.max_connections,
    )
    return partial(GuardedProtocol, limits=limits)


def _allow_files(wanted: int) -> None:
    """Most systems let a process open 1,024 files, and more if it says so, up to their hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )


def take_turns(processes: int) -> None:
    """Where they are more than the processors, what comes in for one does not interrupt the others: each does what it
    has before the next one goes on. They inherit it. A request costs an eighth less than with interruptions."""
    if processes > len(os.sched_getaffinity(0)):
        with suppress(OSError):  # some containers forbid it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _end(*_: object) -> NoReturn:
    """The server, when it is done, raises the signal that stopped it once more: a stop asked for is no failure."""
    _heed_no_other_stop()
    sys.exit(0)


def _heed_no_other_stop() -> None:
    """One that comes later still would break into the interpreter's own end, with a traceback or as what ended it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
