"""What systemd does for a service with a socket: it listens itself, and hands the socket on as descriptor 3."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

# The process that reads LISTEN_PID must have that pid, which is known only once there is a process.
_HAND_ON = 'exec 3<&"$0"; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'


def start_with(
    listener: socket.socket, words: Sequence[str], environment: Mapping[str, str], log: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["bash", "-c", _HAND_ON, str(listener.fileno()), *words],
        env={**os.environ, **environment},
        pass_fds=[listener.fileno()],
        stdin=subprocess.DEVNULL,
        stderr=log,
    )


@contextmanager
def activated(
    listener: socket.socket, environment: Mapping[str, str], processes: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A `serve` on that socket, for as long as the block runs."""
    serve = start_with(
        listener,
        [sys.executable, "-m", "photodock", "serve", "--processes", str(processes)],
        environment,
        subprocess.DEVNULL,
    )
    try:
        yield serve
    finally:
        serve.kill()
        serve.wait()
