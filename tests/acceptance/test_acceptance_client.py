"""The Python client against the whole system: its documentation as it is printed, and every call."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from photodock.client import AsyncClient, Client, Declaration, Forbidden, NotFound, Photo, Upload
from support.clock import of_one_minute
from support.images import jpeg, png
from support.system import Caller, sha256, token_for
from support.whole import System

PAGE = Path(__file__).parents[2] / "docs" / "clients" / "python.md"
SCOPES = ("photos:read", "photos:write", "photos:admin")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "roof.jpg").write_bytes(jpeg(640, 480))
    (tmp_path / "wall.png").write_bytes(png())
    return tmp_path


@pytest.fixture
async def client(system: System, api: Caller) -> AsyncIterator[AsyncClient]:
    token = token_for(api.organization_id, scopes=SCOPES)
    async with AsyncClient(system.serving.url, token) as made:
        yield made


async def test_the_pages_examples_run_as_they_are_printed(
    system: System, api: Caller, project: str, folder: Path
) -> None:
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE.read_text())
    (folder / "examples.py").write_text("\n".join(blocks))
    token = token_for(api.organization_id, scopes=SCOPES)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "examples.py"),
        cwd=folder,
        env=system.deployment.environment({"PHOTODOCK_URL": system.serving.url, "PHOTODOCK_TOKEN": token}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(90):
        out, err = await process.communicate()
    lines = out.decode().splitlines()
    assert (process.returncode, err.decode()) == (0, "")
    assert lines[0].startswith("completed 640 480 {")
    assert "invalid_file_type" in lines
    # Its renditions may have been made since.
    assert {"as it was", "changed"} & set(lines)
    assert any(re.fullmatch(r"\['(uploaded|processing|completed)', '\w+'\]", line) for line in lines)
    assert lines[-1] == "True"
    assert (folder / "copy.jpg").read_bytes() == (folder / "roof.jpg").read_bytes()


async def test_a_photo_goes_its_way_call_by_call(client: AsyncClient, project: str) -> None:
    data = jpeg(320, 200)
    declared = Declaration(project, "roof.jpg", len(data), "image/jpeg", checksum_sha256=sha256(data))
    first = await client.request_upload(declared)
    again = await client.request_upload(declared)
    assert (again.photo_id, again.upload_id != first.upload_id) == (first.photo_id, True)
    fresh = await client.refresh_upload(first.photo_id)
    assert fresh.photo_id == first.photo_id
    pending = await client.photo(first.photo_id)
    assert (pending.status, pending.etag is not None) == ("pending_upload", True)
    # Under the same key the file is sent for the same photo.
    photo = await client.upload(
        data, project_id=project, file_name="roof.jpg", idempotency_key=declared.idempotency_key, wait=60
    )
    assert (photo.id, photo.status, photo.width, photo.checksum_sha256) == (
        first.photo_id,
        "completed",
        320,
        sha256(data),
    )
    # Its renditions may come before or after that.
    while photo.thumbhash is None:
        photo = await client.photo_if_changed(photo, wait_seconds=20)
    assert await client.exif(photo.id) == photo.exif_data
    assert [change.to_status for change in await client.history(photo.id)] == [
        *("pending_upload", "uploaded", "processing", "completed")
    ]

    async def read_confirmed_and_read_again() -> tuple[Photo, Photo, Photo]:
        read = await client.photo(photo.id)
        return read, await client.confirm(photo.id), await client.photo_if_changed(read)

    # Else another signing slot, with other URLs, may have begun in between.
    read, once_more, unchanged = await of_one_minute(read_confirmed_and_read_again)
    assert once_more == read
    assert unchanged is read
    [confirmed, unknown] = await client.confirm_many([photo.id, uuid4()])
    assert isinstance(unknown, NotFound)
    assert confirmed.id == photo.id
    assert [found.id async for found in client.photos(project_id=project)] == [photo.id]
    assert (await client.photos_page(ids=[photo.id], limit=1)).items[0].id == photo.id
    assert await client.download(photo.id) == data
    await client.delete(photo.id)
    with pytest.raises(NotFound) as gone:
        await client.photo(photo.id)
    assert gone.value.code == "photo_not_found"


async def test_many_uploads_are_requested_in_one_call(client: AsyncClient, project: str) -> None:
    good = Declaration(project, "roof.jpg", 2_000, "image/jpeg")
    issued, refused = await client.request_uploads([good, Declaration(project, "a.heic", 2_000, "image/heic")])
    assert isinstance(issued, Upload)
    assert refused.code == "invalid_file_type"


async def test_an_organizations_own_calls(client: AsyncClient, project: str) -> None:
    made = await client.put_project(uuid4(), "South roof")
    assert {found.name for found in await client.projects()} == {"North roof", "South roof"}
    assert (await client.put_project(made.id, "Old roof")).name == "Old roof"
    assert (await client.policies()).gps == "keep"
    assert (await client.put_policies(gps="round")).gps == "round"
    assert await client.parked_jobs() == []
    with pytest.raises(NotFound):
        await client.retry_job(2**62)
    assert await client.is_alive()
    ready = await client.readiness()
    assert (ready.ready, ready.parts["database"]) == (True, "ok")


async def test_a_detector_reports_and_a_failed_detection_is_started_again(
    system: System, client: AsyncClient, project: str
) -> None:
    with system.detector.held():
        photo = await client.upload(jpeg(), project_id=project, file_name="roof.jpg")
        async with AsyncClient(system.serving.url, token_for(uuid4(), scopes=("photos:pipeline",))) as detector:
            await detector.report(photo.id, "processing")
            failed = await detector.report(photo.id, "failed", error={"code": "too_dark", "detail": "Night."})
            assert failed.failure is not None
            assert (failed.failure.code, "too_dark: Night." in failed.failure.detail) == ("detection_failed", True)
            assert (await client.retry_detection(photo.id)).status == "uploaded"
            done = await detector.report(photo.id, "completed", detections={"damage": []})
            assert done.detection.results == {"damage": []}
    assert (await client.wait(photo.id, 20)).status == "completed"


async def test_a_foreign_project_is_refused_by_its_code(system: System, project: str) -> None:
    with Client(system.serving.url, token_for(uuid4())) as stranger, pytest.raises(Forbidden) as refused:
        await asyncio.to_thread(stranger.upload, jpeg(), project_id=project, file_name="roof.jpg")
    assert refused.value.code == "project_access_denied"
    assert refused.value.correlation_id
