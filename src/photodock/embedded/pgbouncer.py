"""pgbouncer as a local connection pooler in transaction mode, for tests and the benchmark."""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import write_private
from photodock.embedded.ports import LOOPBACK
from photodock.embedded.postgres_files import unprivileged_user
from photodock.embedded.process import ChildProcess, minimal_environment
from photodock.embedded.server import Server

PROGRAM = Path("/usr/sbin/pgbouncer")
"""Of Debian's package."""
_CLIENTS = 500


class PoolerServer(Server):
    """Stands before the PostgreSQL at `database_url` with `pool_size` connections of its own."""

    name = "pgbouncer"
    wanted_for = "the connection pooler"
    grace_seconds = 3.0

    def __init__(self, data_dir: Path, log_dir: Path, database_url: str, *, pool_size: int = 16) -> None:
        super().__init__(data_dir, log_dir)
        self._database = urlsplit(database_url)
        self._pool_size = pool_size

    @property
    def database_url(self) -> str:
        """The same database through the pooler."""
        place = self._database
        return f"postgresql://{place.username}:{place.password}@{LOOPBACK}:{self.port}{place.path}"

    def _prepare(self) -> ChildProcess:
        if not PROGRAM.exists():
            raise EmbeddedError(
                "pgbouncer is not installed: run `apt-get install --no-install-recommends pgbouncer` as root."
            )
        # Named relative to its folder: as another user it may not be allowed to walk down to it.
        user = unprivileged_user()
        for name, text in (("users.txt", self._users()), ("pgbouncer.ini", self._settings())):
            write_private(self._data_dir / name, text)
            if user:
                os.chown(self._data_dir / name, user.uid, user.gid)
        if user:
            os.chown(self._data_dir, user.uid, user.gid)
        return ChildProcess(
            self.name,
            [str(PROGRAM), "pgbouncer.ini"],
            work_dir=self._data_dir,
            state_dir=self._data_dir,
            log_dir=self._log_dir,
            environment=minimal_environment(Path("/")),
            user=user,
        )

    def _users(self) -> str:
        return f'"{self._database.username}" "{self._database.password}"\n'

    def _settings(self) -> str:
        place = self._database
        return f"""[databases]
{place.path.strip("/")} = host={place.hostname} port={place.port}
[pgbouncer]
listen_addr = {LOOPBACK}
listen_port = {self.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users.txt
pool_mode = transaction
default_pool_size = {self._pool_size}
max_client_conn = {_CLIENTS}
"""

    def _is_ready(self) -> bool:
        try:
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
        except OSError:
            return False
        return True
