"""Ports on the loopback interface."""

import atexit
import json
import random
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import write_private

LOOPBACK = "127.0.0.1"

# Below 32768, where Linux begins to take ports for outgoing connections: a port found free stays free until its
# server binds it. Several processes choose ports at the same time, and between choosing and binding lie seconds: so
# each takes blocks of its own, with ports below `_SINGLES` for those that need a companion far above them.
_LOWEST, _SINGLES, _HIGHEST = 20_000, 22_000, 30_000
_BLOCKS = 40

_handed_out: set[int] = set()
_claims: dict[int, socket.socket] = {}
"""This process's blocks, each with what keeps other processes off it."""
_lock = threading.Lock()


@atexit.register
def _give_back() -> None:
    for claim in _claims.values():
        claim.close()


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
    """A free loopback port, never the same one twice in this process, nor one of another process's block.

    With a `companion` of 10,000 or more, `port + companion` is free as well. Raises `EmbeddedError`.
    """
    with _lock:
        for block in list(_claims):
            if (port := _free_in(block, companion)) is not None:
                return port
        barren = []
        for block in random.sample(range(_BLOCKS), _BLOCKS):
            if block not in _claims and _claim(block):
                if (port := _free_in(block, companion)) is not None:
                    return port
                barren.append(block)
        for block in barren:
            _claims.pop(block).close()
    raise EmbeddedError(f"No port between {_LOWEST} and {_HIGHEST} is free on {LOOPBACK}.")


def _claim(block: int) -> bool:
    """Takes the block for this process, unless another has it; the kernel frees it when the process ends."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        # An abstract name: no file that a killed process could leave. Only Linux knows them.
        if sys.platform == "linux":
            claim.bind(f"\0photodock-ports-{block}")
    except OSError:
        claim.close()
        return False
    _claims[block] = claim
    return True


def _free_in(block: int, companion: int) -> int | None:
    lowest, highest = (_LOWEST, _SINGLES) if companion else (_SINGLES, _HIGHEST)
    size = (highest - lowest) // _BLOCKS
    for port in random.sample(range(lowest + block * size, lowest + (block + 1) * size), size):
        wanted = {port, port + companion}
        if not wanted & _handed_out and all(is_free(each) for each in wanted):
            _handed_out.update(wanted)
            return port
    return None


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
