"""systemd's unit files, as far as a test does what systemd would do with them."""

import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from photodock.embedded.ports import free_port
from support.activation import start_with

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
INSTALLED = "/opt/photodock/bin/photodock"


@dataclass(frozen=True)
class Unit:
    """A template's file with its instance put in."""

    text: str

    @classmethod
    def read(cls, name: str, instance: str = "") -> "Unit":
        return cls((UNITS / name).read_text().replace("%i", instance))

    def value(self, key: str) -> str:
        """Of a key that stands there once."""
        (found,) = re.findall(rf"(?m)^{key}=(.*)$", self.text)
        return str(found)


@dataclass
class Service:
    """One instance of a service, started, stopped and started anew as its unit says."""

    unit: Unit
    environment: Mapping[str, str]
    log: Path
    listener: socket.socket | None = None
    process: subprocess.Popen[bytes] | None = None
    stops: list[float] = field(default_factory=list)
    """How many seconds each stop took."""

    def start(self) -> None:
        program, *arguments = shlex.split(self.unit.value("ExecStart"))
        assert program == INSTALLED
        words = [sys.executable, "-P", "-m", "photodock", *arguments]
        with self.log.open("ab") as log:
            if self.listener:
                self.process = start_with(self.listener, words, self.environment, log)
            else:
                self.process = subprocess.Popen(words, env=dict(self.environment), stderr=log)

    def stop(self) -> None:
        """Fails where systemd would have had to kill it, or would call it failed."""
        assert self.process
        assert self.unit.value("KillSignal") == "SIGTERM"
        begin = time.monotonic()
        self.process.terminate()
        status = self.process.wait(float(self.unit.value("TimeoutStopSec")))
        self.stops.append(time.monotonic() - begin)
        assert status == 0

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


def listening(unit: Unit) -> socket.socket:
    """What the socket's unit says, but on a free port."""
    host, _, _ = unit.value("ListenStream").rpartition(":")
    return socket.create_server((host, free_port()), backlog=int(unit.value("Backlog")))
