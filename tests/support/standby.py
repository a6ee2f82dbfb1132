"""A primary and its standby, as streaming replication makes them."""

import os
import signal
import subprocess
from pathlib import Path

import asyncpg

from photodock.embedded.ports import LOOPBACK
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.process import User, minimal_environment
from support.polling import until

_REPLICATION = {"wal_level": "replica", "max_wal_senders": "4", "synchronous_commit": "on"}
_BACKUP_SECONDS = 60


class Primary(PostgresServer):
    """A server that others may follow."""

    def __init__(self, data_dir: Path, log_dir: Path) -> None:
        super().__init__(data_dir, log_dir, fast=True)

    def _settings(self) -> list[str]:
        # Of a setting that is given twice the last one holds.
        return [*super()._settings(), *(word for item in _REPLICATION.items() for word in ("-c", "=".join(item)))]

    def kill(self) -> None:
        """As a power cut does."""
        assert self.process
        assert self.process.pid
        os.killpg(self.process.pid, signal.SIGKILL)
        self.stop()

    async def administer(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.database_url, timeout=30, command_timeout=60)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def wait_for_standby(self, *, synchronous: bool) -> None:
        """`synchronous`: from now on a commit is acknowledged once the standby has it as well."""
        if synchronous:
            await self.administer("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        wanted = "sync" if synchronous else "async"

        async def follows() -> bool:
            connection = await asyncpg.connect(self.database_url, timeout=30, command_timeout=30)
            try:
                state = await connection.fetchval(
                    "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
                )
            finally:
                await connection.close()
            return bool(state == wanted)

        await until(follows, seconds=60)


class Standby(Primary):
    """Follows `primary`, with its passwords, until it is promoted."""

    def __init__(self, primary: Primary, data_dir: Path, log_dir: Path) -> None:
        super().__init__(data_dir, log_dir)
        self._primary = primary

    @property
    def _password(self) -> str:
        return self._primary._password

    async def promote(self) -> None:
        """Returns once it takes writes."""
        await self.administer("SELECT pg_promote(true, 30)")

    def _initdb(self, programs: Path, folder: Path, user: User | None) -> subprocess.CompletedProcess[str]:
        """A copy of the primary's data in place of an empty cluster."""
        facts = {"host": LOOPBACK, "port": self._primary.port, "user": "photodock", "password": self._password}
        origin = " ".join(f"{name}={value}" for name, value in facts.items())
        return subprocess.run(
            [
                str(programs / "pg_basebackup"),
                *("-D", str(folder) if user is None else "/proc/self/cwd"),
                *("-d", origin, "-R", "-X", "stream", "-c", "fast", "--no-sync"),
            ],
            cwd=folder,
            env=minimal_environment(Path("/")),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_BACKUP_SECONDS,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
