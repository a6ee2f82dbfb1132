"""`up` in this process: tests send it the signals that a terminal would."""

import asyncio
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from photodock.db.migrate import ForeignTables
from photodock.embedded import up
from photodock.embedded.aws_http import Keys
from photodock.embedded.backing import Backing, settings_of
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.ports import free_port
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.seaweedfs import SeaweedServer
from photodock.embedded.setting_up import set_up
from photodock.embedded.tenant import kept_tenant
from photodock.embedded.up import UpOptions, run_up


def _working_in(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def _run_until_ready(
    options: UpOptions,
    environ: Mapping[str, str],
    eventually: Callable[..., bool],
    then: Callable[[dict[str, Any]], None],
    number: signal.Signals,
) -> int:
    """Runs `up` until it is ready, calls `then`, and sends the signal. Signals reach only the main thread."""
    file = options.ready_file
    assert file
    watched: Future[None] = Future()

    def watch() -> None:
        try:
            assert eventually(file.exists, 60)
            then(json.loads(file.read_text()))
            watched.set_result(None)
        except BaseException as error:
            watched.set_exception(error)
        finally:
            os.kill(os.getpid(), number)

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = run_up(options, environ)
    watcher.join()
    watched.result()
    return status


def test_an_existing_database_is_used_and_a_termination_is_an_orderly_end(
    tmp_path: Path, logs: Path, eventually: Callable[..., bool], capsys: pytest.CaptureFixture[str]
) -> None:
    options = UpOptions(tmp_path / "data", free_port(), tmp_path / "ready.json", detector="none")
    with PostgresServer(tmp_path / "existing", logs, fast=True) as database:

        def look(ready: dict[str, Any]) -> None:
            assert ready["database_url"] == database.database_url
            assert not any("quality_detector" in command for command in _working_in(options.data_dir))

        environ = {"PHOTODOCK_DATABASE_URL": database.database_url}
        assert _run_until_ready(options, environ, eventually, look, signal.SIGTERM) == 0
        assert _working_in(options.data_dir) == []
    assert not (options.data_dir / "postgresql" / "data").exists()
    shown = capsys.readouterr().out
    assert "photodock is ready" in shown
    assert shown.rstrip().endswith("photodock has stopped.")


def _refusal(options: UpOptions, capsys: pytest.CaptureFixture[str], environ: Mapping[str, str] | None = None) -> str:
    """The sentence with which `up` ends; it leaves nothing behind."""
    assert run_up(options, environ or {}) == 1
    assert _working_in(options.data_dir) == []
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    return message


def test_a_port_in_use_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port} on 127.0.0.1" in _refusal(UpOptions(tmp_path / "data", port), capsys)


def test_a_data_directory_in_use_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with up._locked(tmp_path / "data"):
        assert "Another `photodock up` uses" in _refusal(UpOptions(tmp_path / "data", free_port()), capsys)


def test_a_ready_file_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = UpOptions(tmp_path / "data", free_port(), tmp_path)
    assert "Cannot use" in _refusal(options, capsys)


def test_a_wrong_setting_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = UpOptions(tmp_path / "data", free_port())
    assert "PHOTODOCK_JWT_SECRET" in _refusal(options, capsys, {"PHOTODOCK_JWT_SECRET": "short"})


def test_a_failure_while_starting_is_one_sentence_and_ends_what_was_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = UpOptions(tmp_path / "data", free_port(), detector="none")
    environ = {"PHOTODOCK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere"}
    assert "database can't be reached" in _refusal(options, capsys, environ)


@pytest.fixture
def database(tmp_path: Path, logs: Path) -> Any:
    with PostgresServer(tmp_path / "pg", logs, fast=True) as server:
        yield server


def test_tables_of_another_program_are_one_sentence(tmp_path: Path, logs: Path, database: PostgresServer) -> None:
    backing = Backing(tmp_path, logs, {"PHOTODOCK_DATABASE_URL": database.database_url})
    settings, tenant = settings_of(backing.environment()), kept_tenant(tmp_path)
    set_up(settings, tenant, None)

    async def give_away() -> None:
        connection = await asyncpg.connect(database.database_url)
        await connection.execute("UPDATE alembic_version SET version_num = 'ae1027a6acf'")
        await connection.close()

    asyncio.run(give_away())
    with pytest.raises(ForeignTables, match="another program's tables"):
        set_up(settings, tenant, None)


def test_a_renamed_project_keeps_its_name(tmp_path: Path, logs: Path, database: PostgresServer) -> None:
    backing = Backing(tmp_path, logs, {"PHOTODOCK_DATABASE_URL": database.database_url})
    settings, tenant = settings_of(backing.environment()), kept_tenant(tmp_path)
    set_up(settings, tenant, None)

    async def name(new: str | None = None) -> object:
        connection = await asyncpg.connect(database.database_url)
        if new:
            await connection.execute("UPDATE projects SET name = $1", new)
        found = await connection.fetchval("SELECT name FROM projects WHERE id = $1", tenant.project_id)
        await connection.close()
        return found

    assert asyncio.run(name("Main Street 5")) == "Main Street 5"
    set_up(settings, tenant, None)
    assert asyncio.run(name()) == "Main Street 5"


def test_a_bucket_that_cannot_be_set_up_is_one_sentence(tmp_path: Path, logs: Path, database: PostgresServer) -> None:
    with SeaweedServer(tmp_path / "s3", logs) as store:
        facts = {
            "PHOTODOCK_DATABASE_URL": database.database_url,
            "PHOTODOCK_S3_ENDPOINT_URL": store.endpoint_url,
            "PHOTODOCK_S3_BUCKET": store.bucket,
        }
        settings = settings_of(Backing(tmp_path, logs, facts).environment())
        with pytest.raises(EmbeddedError, match="refused to set up the bucket"):
            set_up(settings, kept_tenant(tmp_path), Keys(store.access_key, "wrong"))
