"""docs/backup.md, command for command: a backup of a system at work, and its restore on other servers."""

import asyncio
import os
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from acceptance.conftest import fresh_backend
from conftest import S3, Sqs
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.postgres_files import postgres_programs, unprivileged_user
from photodock.storage.bucket import Bucket, ensure_bucket
from photodock.storage.credentials import CredentialsProvider
from support.images import jpeg
from support.pages import blocks_of
from support.processes import Deployment
from support.whole import System, running_system

RCLONE, DUMP, COPY, COPY_BACK, RESTORE, RECONCILE, DOCTOR = blocks_of("docs/backup.md", "bash")


async def fresh_bucket(s3: S3) -> S3:
    made = replace(s3, bucket=f"backup-{uuid4().hex[:12]}")
    bucket = Bucket(made.bucket, made.region, made.endpoint_url, "path")
    credentials = CredentialsProvider.static(made.access_key, made.secret_key)
    await ensure_bucket(credentials, bucket, allowed_origins=["https://app.example"])
    return made


async def shell(block: str, deployment: Deployment, folder: Path, copy: S3) -> str:
    """Runs a block of the page as an operator does, with PostgreSQL's own programs at hand."""
    programs = [str(Path(sys.executable).parent), str(postgres_programs(unprivileged_user()))]
    environment = {**deployment.environment(), "BACKUP_BUCKET": copy.bucket}
    environment["PATH"] = os.pathsep.join([*programs, "/usr/bin", "/bin"])
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euc", RCLONE + block),
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(90):
        out, err = await process.communicate()
    assert process.returncode == 0, out.decode() + err.decode()
    return out.decode()


@dataclass(frozen=True, slots=True)
class Made:
    """What was there before the restore: an id for each name of a photo."""

    organization_id: UUID
    ids: dict[str, str]


async def test_what_was_backed_up_is_restored_and_what_came_after_is_found_again(
    postgres: PostgresServer, template: str, s3: S3, sqs: Sqs, tmp_path: Path
) -> None:
    copy, other_bucket = await fresh_bucket(s3), await fresh_bucket(s3)
    names = ("done", "gone", "waiting", "awaited", "later")
    photos = {name: jpeg(320 + number, 240) for number, name in enumerate(names)}
    async with fresh_backend(postgres, await fresh_bucket(s3), sqs) as backend:
        async with running_system(tmp_path / "before", backend) as system:
            made = await photos_around_the_dump(system, photos, tmp_path, copy)
        with PostgresServer(tmp_path / "other", tmp_path / "logs", fast=True) as other:
            restored = replace(backend, database_url=other.database_url, s3_bucket=other_bucket.bucket)
            operator = Deployment(tmp_path / "operator", restored)
            await shell(COPY_BACK, operator, tmp_path, copy)
            await shell(RESTORE, operator, tmp_path, copy)
            async with running_system(tmp_path / "after", restored) as system:
                system.api.organization_id = made.organization_id
                await what_the_dump_had_is_there(system, photos, made.ids)
                found = await shell(RECONCILE, operator, tmp_path, copy)
                await what_came_after_is_found(system, photos, made.ids, found)
                await shell(DOCTOR, operator, tmp_path, copy)


async def photos_around_the_dump(system: System, photos: dict[str, bytes], folder: Path, copy: S3) -> Made:
    """Photos in every state at the moment of the dump, and others between it and the bucket's copy."""
    api = system.api
    project = await api.make_project()
    done, gone = [await api.upload(project, photos[name]) for name in ("done", "gone")]
    for photo in (done, gone):
        assert (await system.finished(photo["id"]))["status"] == "completed"
    await system.deployment.stop(system.worker)
    waiting = await api.upload(project, photos["waiting"])
    awaited = await api.issue(project, photos["awaited"], file_name="awaited.jpg")
    await shell(DUMP, system.deployment, folder, copy)
    assert (await api.put(awaited, photos["awaited"])).status_code == 200
    later = await api.upload(project, photos["later"])
    assert (await api.call("DELETE", f"/photos/{gone['id']}")).status_code == 204
    await shell(COPY, system.deployment, folder, copy)
    ids = {"done": done["id"], "gone": gone["id"], "waiting": waiting["id"], "awaited": awaited["photo_id"]}
    return Made(api.organization_id, {**ids, "later": later["id"]})


async def what_the_dump_had_is_there(system: System, photos: dict[str, bytes], ids: dict[str, str]) -> None:
    done = await system.api.photo(ids["done"])
    assert done["status"] == "completed"
    assert await downloaded(system, done) == photos["done"]
    # The outbox goes on: its job was never sent before.
    assert (await system.finished(ids["waiting"]))["status"] == "completed"
    assert system.detector.job_of(ids["waiting"])
    await system.let_pass(ids["awaited"], timedelta(hours=1))
    awaited = await system.finished(ids["awaited"])
    assert (awaited["status"], awaited["file_name"]) == ("completed", "awaited.jpg")
    assert await downloaded(system, awaited) == photos["awaited"]
    gone = await system.api.photo(ids["gone"])
    assert (await system.api.storage.get(gone["download_url"])).status_code == 404


async def what_came_after_is_found(system: System, photos: dict[str, bytes], ids: dict[str, str], found: str) -> None:
    assert ids["later"] in found
    assert "done: 1 adopted" in found
    later = await system.finished(ids["later"])
    assert later["status"] == "completed"
    assert await downloaded(system, later) == photos["later"]


async def downloaded(system: System, photo: dict[str, Any]) -> bytes:
    answer = await system.api.storage.get(photo["download_url"])
    assert answer.status_code == 200, answer.text
    return answer.content
