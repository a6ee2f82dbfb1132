"""PostgreSQL as a local server."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import DISK_FULL, NO_SPACE, explained, kept_secret
from photodock.embedded.ports import LOOPBACK
from photodock.embedded.postgres_files import postgres_programs, unprivileged_user
from photodock.embedded.process import ChildProcess, User, minimal_environment
from photodock.embedded.server import Server

_NAME = "photodock"
"""The database and its owner."""

_ORPHANS_SECONDS = 10.0

_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer(Server):
    """PostgreSQL, with a password. `fast=True` trades safety at a power cut for speed: for tests alone.

    PostgreSQL refuses to run as root, so for root it runs as `nobody`, from a copy of its programs where these cannot
    be reached. Its data stay in `data_dir` even where `nobody` cannot reach that (a clone under /root): see `_data`.
    """

    name = "postgresql"
    wanted_for = "PostgreSQL"
    end_signal = signal.SIGINT  # "fast shutdown"; SIGTERM would wait for every client to leave
    grace_seconds = 8.0
    ready_seconds = 60.0  # for the recovery after a kill -9 of a busy server

    def __init__(self, data_dir: Path, log_dir: Path, port: int | None = None, *, fast: bool = False) -> None:
        super().__init__(data_dir, log_dir, port)
        self._fast = fast
        self._cluster = self._data_dir / "data"

    @property
    def database_url(self) -> str:
        return f"postgresql://{_NAME}:{self._password}@{LOOPBACK}:{self.port}/{_NAME}"

    @property
    def _password(self) -> str:
        return kept_secret(self._data_dir / "password")

    def _prepare(self) -> ChildProcess:
        user = unprivileged_user()
        programs = postgres_programs(user)
        if not self._cluster.exists():
            self._initialize(programs, user)
        self._remove_stale_lock()
        return ChildProcess(
            self.name,
            [str(programs / "postgres"), "-D", _data(self._cluster, user), *self._settings()],
            work_dir=self._cluster,
            state_dir=self._data_dir,
            log_dir=self._log_dir,
            environment=minimal_environment(Path("/")),
            end_signal=self.end_signal,
            death_signal=self.end_signal,
            user=user,
        )

    def _initialize(self, programs: Path, user: User | None) -> None:
        """`initdb` in a folder beside, renamed when done: a cut one is never taken for a whole one."""
        part = self._data_dir / "data.new"
        with explained(part):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(mode=0o700)
            if user:
                os.chown(part, user.uid, user.gid)
            done = self._initdb(programs, part, user)
        if done.returncode != 0:
            if NO_SPACE in done.stderr:
                raise EmbeddedError(DISK_FULL.format(place=self._data_dir))
            raise EmbeddedError(f"PostgreSQL's initdb failed in {self._data_dir}: {done.stderr.strip()[-300:]}")
        part.rename(self._cluster)

    def _initdb(self, programs: Path, folder: Path, user: User | None) -> subprocess.CompletedProcess[str]:
        # fmt: off
        command = [
            str(programs / "initdb"), "-D", _data(folder, user), "-A", "scram-sha-256", "-U", _NAME,
            "--pwfile=/dev/stdin", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
            "--no-instructions", "--no-sync",
        ]
        # fmt: on
        reading, writing = os.pipe()
        try:
            if user:
                os.fchown(reading, user.uid, user.gid)  # else opening /dev/stdin is refused
            os.write(writing, f"{self._password}\n".encode())
            os.close(writing)
            return subprocess.run(  # noqa: S603 - its own program, its own arguments
                command,
                cwd=folder,
                env=minimal_environment(Path("/")),
                stdin=reading,
                capture_output=True,
                text=True,
                check=False,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )
        finally:
            os.close(reading)

    def _settings(self) -> list[str]:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # One server, no replicas: less to write.
            "wal_level": "minimal",
            "max_wal_senders": "0",
        } | (_THROWAWAY if self._fast else {})
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _remove_stale_lock(self) -> None:
        """Removes a dead server's postmaster.pid: its pid may by now be a stranger's, and PostgreSQL would not start.

        Whoever calls this holds the data directory for itself, and has ended what a killed run left.
        """
        lock = self._cluster / "postmaster.pid"
        with explained(lock):
            if not lock.exists():
                return
            pid = lock.read_text().partition("\n")[0].strip()
            working_in = Path(f"/proc/{pid}/cwd")
            if working_in.exists() and working_in.samefile(self._cluster):
                raise EmbeddedError(f"Another PostgreSQL (pid {pid}) runs on {self._cluster}: end it first.")
            self._end_orphans()
            lock.unlink()

    def _end_orphans(self) -> None:
        """Kills what a killed server left: a busy backend outlives it, and no new server starts beside one."""
        deadline = time.monotonic() + _ORPHANS_SECONDS
        while (orphans := list(self._processes())) and time.monotonic() < deadline:
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def _processes(self) -> Iterator[int]:
        """The processes that work in the cluster's folder; those that just end, or are a stranger's, are left out."""
        for folder in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                if folder.samefile(self._cluster):
                    yield int(folder.parent.name)

    def _is_ready(self) -> bool:
        # In a thread, because the caller's may already run an event loop.
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(asyncio.run, self._database_is_there()).result()

    async def _database_is_there(self) -> bool:
        facts = {"host": LOOPBACK, "port": self.port, "user": _NAME, "password": self._password}
        try:
            connection = await asyncpg.connect(**facts, database=_NAME, timeout=5)
        except asyncpg.InvalidCatalogNameError:
            connection = await asyncpg.connect(**facts, database="postgres", timeout=5)
            await connection.execute(f"CREATE DATABASE {_NAME}")
        except asyncpg.InvalidPasswordError as error:
            raise EmbeddedError(f"{self._data_dir / 'password'} is not the password of the database there.") from error
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            return False
        await connection.close()
        return True


def _data(folder: Path, user: User | None) -> str:
    """How the program, started in `folder`, shall name it.

    As another user it may not be allowed to walk down to it (/root is mode 700). /proc/self/cwd leads a process to
    its current folder without walking there, so no data must live elsewhere and no folder be opened.
    """
    return str(folder) if user is None else "/proc/self/cwd"
