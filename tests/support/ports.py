"""Ports of this machine on which nobody answers."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def refusing_port() -> Iterator[int]:
    """One on which every connection is refused. It stays bound meanwhile: no other test's server comes to listen there,
    and no connection to it begins at that very port, and so ends at itself."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        yield port
