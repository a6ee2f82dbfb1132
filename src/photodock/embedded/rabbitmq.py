"""RabbitMQ as a local message broker, for tests."""

import asyncio
import json
import secrets
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aio_pika
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import kept_secret, private_folder, write_private
from photodock.embedded.ports import LOOPBACK, kept_ports
from photodock.embedded.process import ChildProcess, minimal_environment
from photodock.embedded.server import Server

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Of Debian's package. The one of that name in the PATH changes the user and knows one data folder only."""

_NODE = "photodock@localhost"
_ADMINISTRATOR = "photodock"


@dataclass(frozen=True, slots=True)
class Permissions:
    """Regular expressions of the names that a user may make (`configure`), send to and receive from."""

    configure: str = ".*"
    write: str = ".*"
    read: str = ".*"


class RabbitServer(Server):
    """A broker of one node, with the user `photodock` and those of `users`, each with a password of its own.

    A node of its own in every respect: other ports, other data, another cookie than those of the system's service.
    It needs no `epmd`, Erlang's port mapper, which would stay behind.
    """

    name = "rabbitmq"
    wanted_for = "RabbitMQ"
    grace_seconds = 10.0
    ready_seconds = 60.0

    def __init__(
        self, data_dir: Path, log_dir: Path, port: int | None = None, *, users: Mapping[str, Permissions] | None = None
    ) -> None:
        super().__init__(data_dir, log_dir, port)
        self._users = {_ADMINISTRATOR: Permissions()} | dict(users or {})

    def url(self, user: str = _ADMINISTRATOR, *, queue: str | None = None) -> str:
        """The default vhost, as `user`; `queue` as photodock's queue URL names it."""
        address = f"amqp://{quote(user)}:{self.password(user)}@{LOOPBACK}:{self.port}/"
        return f"{address}?queue={quote(queue)}" if queue else address

    def password(self, user: str = _ADMINISTRATOR) -> str:
        return kept_secret(self._data_dir / f"password-{user}")

    def _prepare(self) -> ChildProcess:
        if not PROGRAM.exists():
            raise EmbeddedError(
                "RabbitMQ is not installed: run `apt-get install --no-install-recommends rabbitmq-server` as root."
            )
        home = private_folder(self._data_dir / "home")
        kept_secret(home / ".erlang.cookie", lambda: secrets.token_hex(32))
        self._configure()
        return ChildProcess(
            self.name,
            [str(PROGRAM)],
            work_dir=home,
            state_dir=self._data_dir,
            log_dir=self._log_dir,
            environment=minimal_environment(home) | self._environment(),
            end_signal=self.end_signal,
            death_signal=self.end_signal,
        )

    def _configure(self) -> None:
        definitions = {
            "vhosts": [{"name": "/"}],
            "users": [{"name": user, "password": self.password(user), "tags": ""} for user in self._users],
            "permissions": [
                {"user": user, "vhost": "/", "configure": may.configure, "write": may.write, "read": may.read}
                for user, may in self._users.items()
            ],
        }
        write_private(self._data_dir / "definitions.json", json.dumps(definitions))
        settings = (
            f"listeners.tcp.local = {LOOPBACK}:{self.port}",
            f"load_definitions = {self._data_dir / 'definitions.json'}",
        )
        write_private(self._data_dir / "rabbitmq.conf", "\n".join(settings) + "\n")
        write_private(self._data_dir / "enabled_plugins", "[].\n")

    def _environment(self) -> dict[str, str]:
        ports = kept_ports(self._data_dir / "inner-ports.json", ("distribution", "epmd"))
        loopback = "{" + LOOPBACK.replace(".", ",") + "}"
        distribution = (
            f"-sname {_NODE} -erl_epmd_port {ports['distribution']} -kernel inet_dist_use_interface {loopback}"
        )
        return {
            "RABBITMQ_NODENAME": _NODE,
            "RABBITMQ_CONF_ENV_FILE": str(self._data_dir / "none"),  # not the system service's
            "RABBITMQ_CONFIG_FILE": str(self._data_dir / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self._data_dir / "none.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._data_dir / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._data_dir / "data"),
            "RABBITMQ_LOG_BASE": str(self._data_dir / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_DIST_PORT": str(ports["distribution"]),
            # Nobody listens there, so the node registers with no port mapper, not even with the machine's own.
            "ERL_EPMD_PORT": str(ports["epmd"]),
            # In the environment rather than among the arguments, for those Erlangs too that the broker starts.
            "ERL_FLAGS": "-start_epmd false",
            # "Input allowed" makes the start script become the broker, instead of a parent that outlives its signals.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{distribution} -noinput +B i",
        }

    def _is_ready(self) -> bool:
        try:
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
        except OSError:
            return False  # without the library, which logs each refused connection
        # In a thread, because the caller's may already run an event loop.
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(asyncio.run, self._takes_users_in()).result()

    async def _takes_users_in(self) -> bool:
        try:
            connection = await aio_pika.connect(self.url(), timeout=5)
        except CONNECTION_EXCEPTIONS:
            return False
        await connection.close()
        return True
