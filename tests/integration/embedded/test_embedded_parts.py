"""What `up` is put together from, each part by itself."""

import json
import os
import signal
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import fields
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from rich.console import Console

from photodock.embedded.announcement import Announcement, show, write_ready_file
from photodock.embedded.aws_http import Keys
from photodock.embedded.backing import Backing, settings_of
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.process import ChildProcess, minimal_environment
from photodock.embedded.sample import written_sample
from photodock.embedded.seaweedfs import SeaweedServer
from photodock.embedded.supervision import Interruption, Supervisor
from photodock.embedded.tenant import kept_tenant

DATABASE = {"PHOTODOCK_DATABASE_URL": "postgresql://u:p@db.invalid/d"}
STORE = {"PHOTODOCK_S3_ENDPOINT_URL": "https://s3.invalid", "PHOTODOCK_S3_BUCKET": "theirs"}
QUEUE = {"PHOTODOCK_QUEUE_URL": "https://sqs.invalid/1/jobs"}
AWS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}
ALL = {PostgresServer, SeaweedServer, MiniStackServer}


@pytest.mark.parametrize(
    ("environ", "started"),
    [
        ({}, ALL),
        ({"PHOTODOCK_DATABASE_URL": ""}, ALL),
        (DATABASE, ALL - {PostgresServer}),
        (STORE, ALL - {SeaweedServer}),
        (QUEUE | AWS, ALL - {MiniStackServer}),
        (DATABASE | STORE | QUEUE, set()),
    ],
)
def test_a_server_that_the_environment_names_is_not_started(
    tmp_path: Path, logs: Path, environ: dict[str, str], started: set[type]
) -> None:
    backing = Backing(tmp_path, logs, environ)
    backing_types = {type(server) for server in backing.servers}
    assert backing_types == started
    found = backing.environment()
    assert found == found | {name: value for name, value in environ.items() if value}


def test_children_of_a_local_system_get_settings_but_nothing_of_a_callers_aws_account(
    tmp_path: Path, logs: Path
) -> None:
    environ = AWS | {"AWS_PROFILE": "production", "HTTPS_PROXY": "http://proxy.invalid", "PHOTODOCK_LOG_LEVEL": "debug"}
    found = Backing(tmp_path, logs, environ).environment()
    assert not {"AWS_PROFILE", "HTTPS_PROXY"} & set(found)
    assert found["AWS_ACCESS_KEY_ID"] == "photodock-local"
    assert found["PHOTODOCK_LOG_LEVEL"] == "debug"
    assert found["PHOTODOCK_DETECTION_TIMEOUT"] == "120s"
    assert found["PHOTODOCK_S3_BUCKET"] == "companycam-photos-local"


def test_children_of_a_system_on_aws_get_the_callers_whole_environment(tmp_path: Path, logs: Path) -> None:
    environ = STORE | {"AWS_PROFILE": "production", "PHOTODOCK_DETECTION_TIMEOUT": "5m"}
    found = Backing(tmp_path, logs, environ).environment()
    assert found["AWS_PROFILE"] == "production"
    assert found["PHOTODOCK_DETECTION_TIMEOUT"] == "5m"
    assert "AWS_ACCESS_KEY_ID" not in found


def test_a_local_store_beside_a_real_queue_takes_the_queues_keys(tmp_path: Path, logs: Path) -> None:
    store = Backing(tmp_path, logs, QUEUE | AWS).store
    assert store
    assert store.keys == Keys("AKIA", "secret")
    with pytest.raises(EmbeddedError, match="set AWS_ACCESS_KEY_ID too"):
        Backing(tmp_path, logs, QUEUE)


def test_a_bucket_that_the_environment_names_is_made_locally(tmp_path: Path, logs: Path) -> None:
    for environ, name in (
        ({"PHOTODOCK_S3_BUCKET": "mine"}, "mine"),
        ({"PHOTODOCK_ENVIRONMENT": "demo"}, "companycam-photos-demo"),
    ):
        backing = Backing(tmp_path, logs, environ)
        assert backing.environment()["PHOTODOCK_S3_BUCKET"] == name


def test_a_wrong_setting_is_one_sentence_that_names_it(tmp_path: Path, logs: Path) -> None:
    environment = Backing(tmp_path, logs, DATABASE | {"PHOTODOCK_MAX_FILE_SIZE": "many"}).environment()
    with pytest.raises(EmbeddedError, match="PHOTODOCK_MAX_FILE_SIZE"):
        settings_of(environment)


def test_the_first_organization_and_project_stay_the_same(tmp_path: Path) -> None:
    tenant = kept_tenant(tmp_path)
    assert kept_tenant(tmp_path) == tenant
    assert tenant.organization_id != tenant.project_id


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"organization_id": "x", "project_id": "y"}'])
def test_a_damaged_tenant_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "tenant.json").write_text(content)
    with pytest.raises(EmbeddedError, match=r"tenant\.json is damaged"):
        kept_tenant(tmp_path)


@pytest.fixture
def announcement() -> Announcement:
    values = {field.name: f"{field.name}-{uuid4()}" for field in fields(Announcement)}
    return Announcement(**values | {"token": "t" * 600})


def test_the_ready_file_is_private_and_complete(tmp_path: Path, announcement: Announcement) -> None:
    file = tmp_path / "ready.json"
    write_ready_file(file, announcement)
    content = json.loads(file.read_text())
    assert set(content) == {field.name for field in fields(Announcement)}
    assert content["queue_url"] == announcement.queue_url
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_shown_pastes_as_it_is_however_narrow_the_terminal(tmp_path: Path, announcement: Announcement) -> None:
    shown = StringIO()
    show(Console(file=shown, width=40), announcement, logs=tmp_path, sample=tmp_path / "a sample.png")
    lines = shown.getvalue().splitlines()
    assert any(line.endswith(announcement.token) for line in lines)
    [command] = [line for line in lines if " upload " in line]
    assert f"PHOTODOCK_TOKEN={announcement.token}" in command
    assert f"PHOTODOCK_URL={announcement.url}" in command
    assert command.endswith(f"--project {announcement.project_id} '{tmp_path}/a sample.png'")


def test_the_sample_is_a_photo_that_is_taken_in(tmp_path: Path) -> None:
    sample = written_sample(tmp_path)
    with Image.open(sample) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (640, 480))
    assert sample.stat().st_size > 1024


@pytest.mark.parametrize(
    ("path", "here", "called"), [(True, None, "photodock"), (False, ".", None), (False, "/", None)]
)
def test_the_upload_line_calls_this_installations_program(
    path: bool,
    here: str | None,
    called: str | None,
    tmp_path: Path,
    announcement: Announcement,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "photodock").write_text("#!/bin/sh\n")
    (programs / "photodock").chmod(0o755)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(programs))
    monkeypatch.setenv("PATH", str(programs) if path else "/usr/bin")
    monkeypatch.chdir(tmp_path if here == "." else "/")
    shown = StringIO()
    show(Console(file=shown), announcement, logs=tmp_path, sample=tmp_path / "sample.png")
    expected = called or ("bin/photodock" if here == "." else os.path.relpath(programs / "photodock", "/"))
    assert f" {expected} upload " in shown.getvalue()


class _Sleeper:
    """A service that tells when it was asked to end."""

    def __init__(self, folder: Path, name: str, script: str) -> None:
        self.process = ChildProcess(
            name,
            ["/bin/sh", "-c", script],
            work_dir=folder,
            state_dir=folder,
            log_dir=folder,
            environment=minimal_environment(folder),
        )


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor(Interruption())
    yield made
    made.stop()


def test_a_service_that_ends_by_itself_is_one_sentence_that_names_its_log(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    steady = _Sleeper(tmp_path, "steady", "sleep 60").process
    dying = _Sleeper(tmp_path, "dying", "kill -KILL $$").process
    supervisor.start(steady, dying)
    with pytest.raises(EmbeddedError, match=r"dying was ended by SIGKILL; .*dying\.log"):
        supervisor.watch()
    assert steady.running


def test_services_are_stopped_side_by_side(
    tmp_path: Path, supervisor: Supervisor, eventually: Callable[..., bool]
) -> None:
    # Whoever is asked to end waits until the others are too.
    wait = "while set -- ending-*; [ $# -lt 3 ]; do sleep 0.02; done"
    slow = f"trap 'touch ending-$$; {wait}; echo ended; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
    services = [_Sleeper(tmp_path, f"slow{number}", slow).process for number in range(3)]
    supervisor.start(*services)
    assert eventually(lambda: all("ready" in service.log_file.read_text() for service in services))
    supervisor.stop()
    assert not any(service.running for service in services)
    assert all("ended" in service.log_file.read_text() for service in services)


def test_a_service_that_is_dead_already_can_be_stopped(tmp_path: Path, supervisor: Supervisor) -> None:
    service = _Sleeper(tmp_path, "service", "sleep 60").process
    supervisor.start(service)
    os.kill(service.pid or 0, signal.SIGKILL)
    supervisor.stop()
    assert not service.running
