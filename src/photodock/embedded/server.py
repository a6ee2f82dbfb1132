"""What the three servers have in common."""

import signal
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from photodock.embedded.files import private_folder, require_space
from photodock.embedded.ports import LOOPBACK, kept_ports, require_free
from photodock.embedded.process import ChildProcess, end_leftover


class Server(ABC):
    """A server of this machine's own, on the loopback interface, as a child process.

    Data, secrets and the port (unless one is given) stay in `data_dir` from run to run. `start` and `stop` block;
    as a context manager it runs within the block.
    """

    name: ClassVar[str]
    wanted_for: ClassVar[str]
    """The server's name in sentences."""
    end_signal: ClassVar[signal.Signals] = signal.SIGTERM
    """What ends the server in order."""
    grace_seconds: ClassVar[float]
    """How long an orderly end may take before SIGKILL."""
    ready_seconds: ClassVar[float] = 30.0

    def __init__(self, data_dir: Path, log_dir: Path, port: int | None = None) -> None:
        self._data_dir = data_dir.absolute()
        self._log_dir = log_dir.absolute()
        self._port = port
        self._child: ChildProcess | None = None

    @property
    def port(self) -> int:
        """Known from the start on, where none was given."""
        return self._port or 0

    @property
    def process(self) -> ChildProcess | None:
        """The running server; null before the start and after the stop."""
        return self._child

    def start(self) -> None:
        """Starts the server and waits until it does its work for real. Raises `EmbeddedError`."""
        self.begin()
        self.await_ready()

    def begin(self) -> None:
        """The first half of `start`: several servers get ready side by side."""
        private_folder(self._data_dir)
        require_space(self._data_dir)
        end_leftover(self._data_dir / f"{self.name}.pid", self.end_signal)
        if self._port is None:
            self._port = kept_ports(self._data_dir / "port.json", (self.name,))[self.name]
        require_free(self._port, self.wanted_for)
        self._child = self._prepare()
        self._child.start()

    def await_ready(self) -> None:
        """The second half of `start`."""
        if self._child:
            self._child.wait_until(self._is_ready, timeout_seconds=self.ready_seconds)

    def stop(self) -> None:
        """Ends the server, in order if it can, and all that it started."""
        if self._child:
            self._child.stop(grace_seconds=self.grace_seconds)
            self._child = None

    @abstractmethod
    def _prepare(self) -> ChildProcess:
        """Makes what the server needs on disk; returns the process to start."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the server does its work: a real request, not a look at the port."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def loopback_url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
