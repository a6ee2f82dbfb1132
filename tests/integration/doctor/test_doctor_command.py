"""`photodock doctor`: what it prints, how it ends, and what it leaves. As a process of its own where that matters."""

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from integration.doctor.conftest import Bed
from photodock.cli import app
from photodock.doctor.checks import NAMES
from photodock.embedded.ministack import MiniStackServer
from support.clock import eventually
from support.processes import Backend, Deployment, Finished
from support.system import SECRET

Doctor = Callable[..., Finished]
WRONG = "wrong-secret-of-a-test"
COMMAND = (sys.executable, "-P", "-m", "photodock", "doctor")


@pytest.fixture
def deployment(bed: Bed, strict: MiniStackServer, tmp_path: Path) -> Deployment:
    settings = bed.settings
    assert settings.queue_url
    backend = Backend(
        database_url=settings.database_url.get_secret_value(),
        s3_endpoint_url=bed.owner.endpoint_url,
        s3_bucket=bed.bucket,
        s3_access_key=bed.owner.access_key,
        s3_secret_key=bed.owner.secret_key,
        sqs_endpoint_url=strict.endpoint_url,
        queue_url=settings.queue_url.get_secret_value(),
    )
    return Deployment(tmp_path, backend, {"PHOTODOCK_CORS_ALLOWED_ORIGINS": ",".join(settings.cors_allowed_origins)})


@pytest.fixture
def doctor(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """The command in this process, which has read the SDK's descriptions already, with nothing but its environment."""
    monkeypatch.setattr("photodock.logs.silence", lambda: None)

    def run(*arguments: str, **overrides: str) -> Finished:
        environment = deployment.environment(overrides)
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - environment.keys():
                if name.startswith(("PHOTODOCK_", "AWS_")):
                    patch.delenv(name)
            for name, value in environment.items():
                if name.startswith(("PHOTODOCK_", "AWS_")):
                    patch.setenv(name, value)
            with capture_logs():
                done = CliRunner().invoke(app, ["doctor", *arguments])
        return Finished(done.exit_code, done.stdout, done.stderr)

    return run


async def test_all_well_is_status_0_with_a_line_for_each_check(deployment: Deployment) -> None:
    done = await deployment.run("doctor")
    assert (done.status, done.err) == (0, "")
    shown = [line.split()[1] for line in done.out.splitlines() if line[0] in "✓✗\N{EN DASH}"]
    assert shown == list(NAMES)
    assert "✗" not in done.out
    assert "\x1b" not in done.out, "colours are for terminals"


def test_json_is_one_object_a_line_with_stable_names(doctor: Doctor) -> None:
    done = doctor("--json", "--only", "bucket,queue", "--only", "cors")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [(line["check"], line["subject"], line["state"]) for line in lines] == [
        ("bucket", None, "ok"),
        ("cors", "https://app.example", "ok"),
        ("queue", None, "ok"),
    ]
    assert all(list(line) == ["check", "subject", "state", "found", "mend", "paste"] for line in lines)


def test_something_wrong_is_status_1_with_the_mend(doctor: Doctor) -> None:
    done = doctor(PHOTODOCK_CORS_ALLOWED_ORIGINS="https://other.example")
    assert done.status == 1
    assert "✗ cors " in done.out
    assert '"AllowedOrigins": [\n' in done.out
    assert "→ Put this into cors.json" in done.out


def test_what_is_skipped_is_not_looked_at_and_does_not_count(doctor: Doctor) -> None:
    done = doctor("--skip", "cors", PHOTODOCK_CORS_ALLOWED_ORIGINS="https://other.example")
    assert done.status == 0
    assert " cors " not in done.out


def test_what_a_chosen_check_needs_is_shown_where_it_is_wrong(doctor: Doctor) -> None:
    done = doctor("--json", "--only", "cors", PHOTODOCK_S3_BUCKET="photos-nowhere")
    assert [json.loads(line)["check"] for line in done.out.splitlines()] == ["bucket", "cors"]
    assert done.status == 1


def test_settings_that_cannot_be_used_are_status_2(doctor: Doctor) -> None:
    done = doctor(
        "--json",
        PHOTODOCK_DATABASE_URL="",
        PHOTODOCK_S3_TIMEOUT="soon",
    )
    assert done.status == 2
    found = {line["subject"]: line for line in map(json.loads, done.out.splitlines())}
    assert set(found) == {"PHOTODOCK_DATABASE_URL", "PHOTODOCK_S3_TIMEOUT"}
    assert "90, 90s, 15m" in found["PHOTODOCK_S3_TIMEOUT"]["mend"]


def test_a_misspelt_variable_is_found(doctor: Doctor) -> None:
    done = doctor("--only", "settings", PHOTODOCK_S3_BUKET="photos")
    assert done.status == 1
    assert "Rename it to PHOTODOCK_S3_BUCKET" in done.out


def test_without_keys_for_tokens_the_settings_are_wrong(doctor: Doctor) -> None:
    done = doctor("--only", "settings", PHOTODOCK_JWT_SECRET="")
    assert done.status == 1
    assert "openssl rand -hex 32" in done.out


def test_a_check_that_is_none_is_status_2(doctor: Doctor) -> None:
    done = doctor("--only", "everything")
    assert done.status == 2
    assert "there is no check everything" in done.err


@pytest.mark.parametrize("overrides", [{"AWS_SECRET_ACCESS_KEY": WRONG}, {"PHOTODOCK_S3_REGION": "eu-west-1"}])
def test_nothing_secret_is_shown_whatever_is_wrong(
    doctor: Doctor, deployment: Deployment, bed: Bed, overrides: dict[str, str]
) -> None:
    done = doctor(**overrides)
    secrets = [SECRET, bed.owner.secret_key, bed.owner.access_key, WRONG, "X-Amz-Signature"]
    secrets.append(deployment.backend.database_url.rpartition("@")[0].rpartition(":")[2])
    assert [secret for secret in secrets if secret in done.out + done.err] == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_run_that_is_broken_off_leaves_nothing_in_the_bucket(
    number: signal.Signals,
    status: int,
    deployment: Deployment,
    strict: MiniStackServer,
    trials_left: Callable[[], Awaitable[list[str]]],
) -> None:
    queue = strict.create_queues("events-that-never-come")
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("--only", "events"),
        env=deployment.environment({"PHOTODOCK_S3_EVENTS_QUEUE_URL": queue}),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await eventually(trials_left, seconds=60)
        process.send_signal(number)
        async with asyncio.timeout(60):
            assert await process.wait() == status
    finally:
        if process.returncode is None:
            process.kill()
    assert await trials_left() == []


async def test_a_terminal_gets_colours(deployment: Deployment) -> None:
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *("--only", "settings"), env=deployment.environment({"TERM": "xterm"}), stdout=theirs
    )
    async with asyncio.timeout(60):
        assert await process.wait() == 0
    os.close(theirs)
    assert b"\x1b[32m" in os.read(ours, 65_536)
    os.close(ours)
