"""Large files in parts, by the Python client, on the real service and storage."""

from uuid import uuid4

import pytest

from photodock.client import AsyncClient, Declaration, Progress
from support.images import jpeg
from support.system import Caller, sha256, token_for
from support.whole import System

SIZE = 18_000_000
PARTS_FROM = 8_388_608


class CutOff(Exception):
    """As a process that is killed: nothing is cleared away."""


async def test_a_large_photo_goes_on_behind_the_parts_that_have_arrived(
    system: System, api: Caller, project: str
) -> None:
    data = jpeg(640, 480, least_bytes=SIZE)
    token = token_for(api.organization_id)
    told: list[Progress] = []

    def cut_off(now: Progress) -> None:
        told.append(now)
        if now.sent_bytes > SIZE / 2:
            raise CutOff

    key = str(uuid4())
    async with AsyncClient(system.serving.url, token) as client:
        given = {"project_id": project, "file_name": "roof.jpg", "idempotency_key": key, "parts_from": PARTS_FROM}
        with pytest.raises(CutOff):
            await client.upload(data, **given, on_progress=cut_off)
        photo_id = told[-1].photo_id
        assert photo_id is not None
        arrived = sum(part.size for part in (await client.multipart_parts(photo_id)).uploaded)
        assert 0 < arrived < SIZE
        told.clear()
        photo = await client.upload(data, **given, wait=60, on_progress=told.append)
        assert (photo.id, photo.status, photo.width) == (photo_id, "completed", 640)
        assert [now.sent_bytes for now in told if now.stage == "sending"][1] == arrived
        assert await client.download(photo.id) == data


async def test_parts_call_by_call(system: System, api: Caller, project: str) -> None:
    data = jpeg(640, 480, least_bytes=SIZE)
    async with AsyncClient(system.serving.url, token_for(api.organization_id)) as client:
        declared = Declaration(project, "roof.jpg", SIZE, "image/jpeg", checksum_sha256=sha256(data))
        issued = await client.request_upload(declared)
        upload = await client.start_multipart(issued.photo_id)
        assert (upload.photo_id, upload.part_checksums) == (issued.photo_id, False)
        parts = await client.multipart_parts(issued.photo_id, range(1, upload.part_count + 1))
        for part in parts.items:
            start = (part.part_number - 1) * upload.part_size
            sent = await api.storage.put(
                part.upload_url, content=data[start : start + part.size], headers=part.headers, timeout=60
            )
            assert sent.status_code == 200
        there = (await client.multipart_parts(issued.photo_id)).uploaded
        assert len(there) == upload.part_count
        assert (await client.complete_multipart(issued.photo_id, there)).status == "uploaded"
        again = await client.request_upload(Declaration(project, "roof.jpg", SIZE, "image/jpeg"))
        await client.start_multipart(again.photo_id)
        await client.abort_multipart(again.photo_id)


async def test_what_a_project_has_is_told_by_checksums(system: System, api: Caller, project: str) -> None:
    data = jpeg(64, 32)
    async with AsyncClient(system.serving.url, token_for(api.organization_id)) as client:
        photo = await client.upload(data, project_id=project, file_name="roof.jpg")
        [found] = await client.existing(project, [sha256(data), sha256(b"another")])
    assert (found.photo_id, found.checksum_sha256) == (photo.id, sha256(data))
