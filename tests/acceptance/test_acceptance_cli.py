"""The command line, as its users run it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import jwt
import pytest

from conftest import administer, database_named, numbers
from photodock.embedded.postgres import PostgresServer
from support.clock import eventually
from support.images import jpeg, png
from support.processes import Finished
from support.system import SECRET, Caller, token_for
from support.whole import System

NOBODY = "postgresql://photodock:not-the-password@127.0.0.1:1/photodock"
"""A database that is not there."""


def in_words(finished: Finished) -> bool:
    return "Traceback" not in finished.err + finished.out and "not-the-password" not in finished.err


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder as a contractor's: four good photos, and four that are refused for four reasons."""
    folder = tmp_path / "photos"
    (folder / "north").mkdir(parents=True)
    (folder / "roof.jpg").write_bytes(jpeg(640, 480))
    (folder / "屋根 🏠.jpg").write_bytes(jpeg(make=None))
    (folder / "north" / "wall.PNG").write_bytes(png())
    (folder / "north" / "door.jpeg").write_bytes(jpeg(make="Zenith"))
    (folder / "tiny.png").write_bytes(png()[:500])
    (folder / "notes.jpg").write_bytes(b"These are the measures of the roof.\n" * 50)
    (folder / "iphone.heic").write_bytes(b"\0\0\0\x18ftypheic" * 100)
    (folder / "broken.jpg").write_bytes(jpeg()[:3] + bytes(range(256)) * 8)
    return folder


async def upload(system: System, project: str, *arguments: str) -> Finished:
    token = token_for(system.api.organization_id)
    return await system.deployment.run(
        "upload",
        *arguments,
        "--project",
        project,
        overrides={"PHOTODOCK_URL": system.serving.url, "PHOTODOCK_TOKEN": token},
    )


async def test_an_upload_shows_each_photo_and_fails_for_those_refused(
    system: System, api: Caller, project: str, photos: Path
) -> None:
    finished = await upload(system, project, str(photos))

    rows = {line.split("  ")[0].strip(): line for line in finished.out.splitlines()[1:] if "  " in line}
    assert finished.status == 1
    assert in_words(finished)
    assert set(rows) == {
        *("roof.jpg", "屋根 🏠.jpg", "north/wall.PNG", "north/door.jpeg"),
        *("tiny.png", "notes.jpg", "iphone.heic", "broken.jpg"),
    }
    for name, status in {"tiny.png": "file_too_small", "notes.jpg": "content_mismatch"}.items():
        assert status in rows[name]
        assert f"{name}: {status}: " in finished.out
    assert "invalid_file_type" in rows["iphone.heic"]
    assert "detection_failed" in rows["broken.jpg"]
    for part in ("completed", "Acme Roofcam 1", "2025-11-17 10:30:00", "52.51630, 13.37770"):
        assert part in rows["roof.jpg"]
    listed = (await api.call("GET", f"/photos?project_id={project}&status=completed")).json()["items"]
    assert {photo["file_name"] for photo in listed} == {"roof.jpg", "屋根 🏠.jpg", "wall.PNG", "door.jpeg"}
    assert all(photo["id"] in finished.out for photo in listed)


async def test_an_upload_of_good_photos_succeeds(system: System, project: str, photos: Path) -> None:
    finished = await upload(system, project, "--json", str(photos / "roof.jpg"), str(photos / "north"))

    lines = [json.loads(line) for line in finished.out.splitlines()]
    assert finished.status == 0
    assert {line["status"] for line in lines} == {"completed"}
    assert len(lines) == 3


async def test_an_upload_that_cannot_begin_says_why(system: System, project: str, photos: Path) -> None:
    foreign, unknown, unreachable = await asyncio.gather(
        system.deployment.run(
            *("upload", str(photos / "roof.jpg"), "--project", project, "--url", system.serving.url),
            overrides={"PHOTODOCK_TOKEN": token_for(uuid4())},
        ),
        system.deployment.run(
            *("upload", str(photos / "roof.jpg"), "--project", project, "--url", system.serving.url),
            overrides={"PHOTODOCK_TOKEN": "nonsense"},
        ),
        upload(system, project, str(photos / "missing.jpg")),
    )
    assert [one.status for one in (foreign, unknown, unreachable)] == [1, 1, 1]
    assert all(in_words(one) for one in (foreign, unknown, unreachable))
    assert "project" in foreign.out + foreign.err
    assert "token" in unknown.out + unknown.err
    assert "file_not_found" in unreachable.out


async def test_a_token_made_here_is_accepted_there(system: System, api: Caller, project: str) -> None:
    organization = str(api.organization_id)
    made = await system.deployment.run(
        "token", "--user", "eve", "--organization", organization, "--scope", "photos:read", "--days", "1"
    )

    assert made.status == 0
    claims = jwt.decode(made.out.strip(), SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["org"], claims["scope"]) == ("eve", organization, "photos:read")
    headers = {"Authorization": f"Bearer {made.out.strip()}"}
    answer = await api.http.get("/api/v1/projects", headers=headers)
    assert [item["id"] for item in answer.json()["items"]] == [project]
    refused = await api.http.put(f"/api/v1/projects/{project}", headers=headers, json={"name": "Mine"})
    assert refused.json()["code"] == "insufficient_scope"


@pytest.mark.parametrize("name", ["PHOTODOCK_JWT_PUBLIC_KEY", "PHOTODOCK_JWT_JWKS_URL"])
async def test_beside_an_identity_provider_no_token_is_made(system: System, name: str) -> None:
    refused = await system.deployment.run("token", overrides={name: "https://idp.example/keys"})
    assert (refused.status, refused.out) == (2, "")
    assert "it makes the tokens" in refused.err


async def test_a_scope_that_is_none_makes_no_token(system: System) -> None:
    refused = await system.deployment.run("token", "--scope", "photos:reed")
    assert (refused.status, refused.out) == (2, "")
    assert "photos:read" in refused.err


async def test_a_project_made_here_is_there(system: System, api: Caller) -> None:
    organization = str(api.organization_id)
    made = await system.deployment.run("project", "South roof", "--organization", organization)
    project = str(UUID(made.out.strip()))
    renamed, foreign = await asyncio.gather(
        system.deployment.run("project", "Old roof", "--organization", organization, "--id", project),
        system.deployment.run("project", "Mine", "--organization", str(uuid4()), "--id", project),
    )

    assert (made.status, renamed.status, foreign.status) == (0, 0, 1)
    assert in_words(foreign)
    assert (await api.call("GET", "/projects")).json()["items"] == [{"id": project, "name": "Old roof"}]


@pytest.fixture
async def empty_database(postgres: PostgresServer) -> AsyncIterator[str]:
    name = f"empty_{next(numbers)}"
    await administer(postgres.database_url, f"CREATE DATABASE {name}")
    yield database_named(postgres.database_url, name)
    await administer(postgres.database_url, f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_bucket_is_made_where_there_is_none_and_then_left_alone(system: System) -> None:
    own = {
        "PHOTODOCK_S3_BUCKET": f"bucket-{uuid4().hex[:12]}",
        "PHOTODOCK_CORS_ALLOWED_ORIGINS": "https://app.example.com",
    }
    first, second = [await system.deployment.run("bucket", overrides=own) for _ in range(2)]
    assert (first.status, first.out.count(": made")) == (0, 3)
    assert (second.status, second.out.count(": was there, left as it is")) == (0, 3)


async def test_a_buckets_rule_needs_origins_and_a_store_that_lets_in(system: System) -> None:
    aimless = await system.deployment.run("bucket", overrides={"PHOTODOCK_CORS_ALLOWED_ORIGINS": ""})
    assert (aimless.status, "PHOTODOCK_CORS_ALLOWED_ORIGINS: is not set" in aimless.err) == (2, True)
    wrong = {"PHOTODOCK_CORS_ALLOWED_ORIGINS": "https://app.example.com", "AWS_SECRET_ACCESS_KEY": "wrong"}
    refused = await system.deployment.run("bucket", overrides=wrong)
    assert (refused.status, refused.err.startswith("The S3 server refused to set up the bucket:")) == (1, True)
    assert "Traceback" not in refused.err


async def test_two_migrations_at_once_are_one(system: System, empty_database: str) -> None:
    overrides = {"PHOTODOCK_DATABASE_URL": empty_database}
    make_project = ("project", "North roof", "--organization", str(uuid4()))
    before = await system.deployment.run(*make_project, overrides=overrides)
    first, second = await asyncio.gather(
        system.deployment.run("migrate", overrides=overrides), system.deployment.run("migrate", overrides=overrides)
    )

    assert (before.status, in_words(before)) == (1, True)
    assert "photodock migrate" in before.err
    assert (first.status, second.status) == (0, 0)
    assert first.out == second.out


async def test_a_photo_is_brought_through_by_hand(system: System, api: Caller, project: str) -> None:
    """Nobody confirms it, and then its job is parked: `sweep` and `outbox` are what an operator has."""
    issued = await api.issue(project, jpeg())
    photo_id = issued["photo_id"]
    assert (await api.put(issued, jpeg())).status_code == 200
    async with system.without_worker():
        await system.let_pass(photo_id, timedelta(minutes=21))
        assert (await system.deployment.run("sweep")).status == 0
        assert (await api.photo(photo_id))["status"] == "uploaded"
        await park(system, photo_id)

        listed = await system.deployment.run("outbox", "list")
        # Of another test the worker may have left one.
        [job] = [job for job in map(json.loads, listed.out.splitlines()) if job["photo_id"] == photo_id]
        assert job["organization_id"] == str(api.organization_id)
        assert (job["attempts"], bool(job["last_error"])) == (1, True)
        freed = await system.deployment.run("outbox", "retry", str(job["id"]))
    assert (freed.status, freed.out.strip()) == (0, "1 parked job will be sent again.")
    assert (await system.finished(photo_id))["status"] == "completed"


async def park(system: System, photo_id: str) -> None:
    """A worker whose queue is misspelt gives up the photo's job."""
    misspelt = f"{system.deployment.backend.queue_url}-gone"
    worker = await system.deployment.worker({"PHOTODOCK_QUEUE_URL": misspelt, "PHOTODOCK_OUTBOX_MAX_ATTEMPTS": "1"})

    async def parked() -> bool:
        return (
            await system.db.fetchrow("SELECT FROM outbox WHERE photo_id = $1 AND parked_at IS NOT NULL", photo_id)
            is not None
        )

    await eventually(parked)
    await system.deployment.stop(worker)


async def test_inspect_reads_what_the_service_reads(system: System, api: Caller, project: str, photos: Path) -> None:
    paths = [str(photos / name) for name in ("roof.jpg", "notes.jpg", "missing.jpg")]
    finished = await system.deployment.run("inspect", *paths)

    roof, notes, missing = (json.loads(line) for line in finished.out.splitlines())
    photo = await api.upload(project, (photos / "roof.jpg").read_bytes())
    assert finished.status == 1
    assert {name: roof[name] for name in ("mime_type", "width", "height", "exif_data")} == {
        name: photo[name] for name in ("mime_type", "width", "height", "exif_data")
    }
    assert (notes["mime_type"], notes["file"]) == (None, paths[1])
    assert missing["error"] == "No such file or directory"


COMMANDS = {
    "serve": ["serve", "--port", "1"],
    "worker": ["worker"],
    "migrate": ["migrate"],
    "token": ["token"],
    "outbox list": ["outbox", "list"],
}


@pytest.mark.parametrize(
    ("missing", "commands"),
    [
        ("PHOTODOCK_DATABASE_URL", ("worker", "migrate")),
        ("PHOTODOCK_JWT_SECRET", ("serve", "token")),
        ("PHOTODOCK_QUEUE_URL", ("worker",)),
    ],
)
async def test_a_missing_setting_is_named(system: System, missing: str, commands: tuple[str, ...]) -> None:
    finished = await asyncio.gather(
        *(system.deployment.run(*COMMANDS[command], overrides={missing: ""}) for command in commands)
    )
    for command, one in zip(commands, finished, strict=True):
        assert (command, one.status, in_words(one)) == (command, 2, True), one.err
        assert f"{missing}" in one.err, command
        assert "is not set" in one.err, command


async def test_a_database_that_is_away_is_one_sentence(system: System) -> None:
    commands = ("migrate", "outbox list")
    finished = await asyncio.gather(
        *(
            system.deployment.run(*COMMANDS[command], overrides={"PHOTODOCK_DATABASE_URL": NOBODY})
            for command in commands
        )
    )
    for command, one in zip(commands, finished, strict=True):
        assert (command, one.status, in_words(one)) == (command, 1, True), one.err
        assert "The database can't be reached right now." in one.err, command


async def test_serve_on_a_port_in_use_says_so(system: System) -> None:
    port = system.serving.url.rpartition(":")[2]
    finished = await system.deployment.run("serve", "--port", port)

    assert finished.status > 0
    assert in_words(finished)
    assert "address already in use" in finished.err
