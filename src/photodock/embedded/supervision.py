"""Several child processes as one: started in order, watched together, stopped together."""

import time
from collections.abc import Sequence
from typing import NoReturn

from photodock.embedded.process import ChildProcess
from photodock.embedded.server import Server

_WATCH_SECONDS = 0.2

# Together under the 15 seconds in which all must be gone.
_SERVICES_GRACE_SECONDS = 9.0
_SERVERS_GRACE_SECONDS = 4.0


class Interruption:
    """A signal handler that raises KeyboardInterrupt and remembers it.

    Python drops an exception that a signal happens to raise inside a destructor or a weak reference's callback, as
    imports have them; then `again` raises it at the next step.
    """

    def __init__(self) -> None:
        self._asked = False

    def __call__(self, *_: object) -> NoReturn:
        self._asked = True
        raise KeyboardInterrupt

    def again(self) -> None:
        if self._asked:
            raise KeyboardInterrupt


class Supervisor:
    """The servers, and the services that use them. An interruption ends each of its waits but `stop`."""

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption
        self._servers: list[Server] = []
        self._services: list[ChildProcess] = []

    def begin(self, servers: Sequence[Server]) -> None:
        """Starts them side by side. Raises `EmbeddedError`."""
        for server in servers:
            self._interruption.again()
            self._servers.append(server)
            server.begin()

    def await_servers(self) -> None:
        for server in self._servers:
            server.await_ready()

    def start(self, *services: ChildProcess) -> None:
        for service in services:
            self._interruption.again()
            self._services.append(service)
            service.start()

    def watch(self) -> NoReturn:
        """Waits for the first child that ends by itself, and raises its `EmbeddedError`."""
        while True:
            self._interruption.again()
            for child in self._children():
                if not child.running:
                    raise child.failure()
            time.sleep(_WATCH_SECONDS)

    def stop(self) -> None:
        """First the services, which use the servers, then these. SIGKILL for whatever takes too long."""
        _stop([(service, _SERVICES_GRACE_SECONDS) for service in self._services])
        servers = [(server.process, server.grace_seconds) for server in self._servers if server.process]
        _stop([(process, min(grace, _SERVERS_GRACE_SECONDS)) for process, grace in servers])
        for server in self._servers:
            server.stop()

    def _children(self) -> list[ChildProcess]:
        return [*self._services, *(server.process for server in self._servers if server.process)]


def _stop(children: Sequence[tuple[ChildProcess, float]]) -> None:
    """Each has its own grace in seconds. All at once: the slowest decides how long it takes, not their sum."""
    began = time.monotonic()
    for child, _ in children:
        child.ask_to_end()
    for child, grace_seconds in children:
        child.await_end(began + grace_seconds - time.monotonic())
