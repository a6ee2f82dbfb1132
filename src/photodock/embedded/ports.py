"""Ports on the loopback interface."""

import json
import random
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import write_private

LOOPBACK = "127.0.0.1"

# Below 32768, where Linux begins to take ports for outgoing connections: a port found free stays free until its
# server binds it.
_LOWEST, _HIGHEST = 20_000, 32_000

_handed_out: set[int] = set()
_lock = threading.Lock()


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of a past run in TIME_WAIT are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(*, companion: int = 0) -> int:
    """A free loopback port, never the same one twice in this process; `port + companion` is then free as well."""
    candidates = list(range(_LOWEST, _HIGHEST - companion))
    random.shuffle(candidates)
    with _lock:
        for port in candidates:
            wanted = {port, port + companion}
            if not wanted & _handed_out and all(is_free(each) for each in wanted):
                _handed_out.update(wanted)
                return port
    raise EmbeddedError(f"No port between {_LOWEST} and {_HIGHEST} is free on {LOOPBACK}.")


def require_free(port: int, wanted_for: str) -> int:
    """The port again, or an `EmbeddedError` when something listens there."""
    if not 0 < port < 65_536:
        raise EmbeddedError(f"{port} is no port for {wanted_for}: choose one from 1 to 65535.")
    if not is_free(port):
        raise EmbeddedError(
            f"Port {port} on {LOOPBACK}, wanted for {wanted_for}, is in use or not permitted: "
            "end the program that holds it, or choose another port."
        )
    return port


def kept_ports(file: Path, names: Sequence[str], *, companion: int = 0) -> dict[str, int]:
    """A free port for each name: those of the last run, kept in `file`, when they are all free, else new ones."""
    kept = _read(file)
    if set(kept) == set(names) and all(is_free(port) and is_free(port + companion) for port in kept.values()):
        return kept
    found = {name: free_port(companion=companion) for name in names}
    write_private(file, json.dumps(found) + "\n")
    return found


def _read(file: Path) -> dict[str, int]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or not all(isinstance(port, int) for port in content.values()):
        return {}
    return content
