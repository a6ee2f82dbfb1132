"""What a photo looks like to those who may read it."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote
from uuid import UUID

import pytest

from conftest import S3
from photodock.db.pool import Database
from photodock.services.library import SLOT_SECONDS, Library
from support.images import jpeg, png
from support.store import key_of
from support.system import Caller, sha256

PHOTO_KEYS = {
    *("id", "project_id", "upload_id", "file_name", "mime_type", "file_size", "checksum_sha256", "width", "height"),
    *("renditions", "thumbhash"),
    *("status", "s3_url", "download_url", "exif_data", "client_metadata", "detection", "error", "created_at"),
    *("uploaded_at", "processing_at", "completed_at", "failed_at", "status_url"),
}
TIMES = ("created_at", "uploaded_at", "processing_at", "completed_at", "failed_at")


async def test_a_photo_has_exactly_the_keys_of_the_contract(api: Caller, project: str, s3: S3) -> None:
    metadata = {"captured_at": "2025-11-17T10:30:00+01:00", "latitude": 52.5, "accuracy_m": 8.0}
    issued = await api.issue(project, jpeg(), file_name="Dach 🏠.jpg", client_metadata=metadata, priority="low")
    photo = await api.photo(issued["photo_id"])

    assert set(photo) == PHOTO_KEYS
    assert set(photo["detection"]) == {"types", "priority", "status", "results", "error"}
    assert (photo["id"], photo["upload_id"]) == (issued["photo_id"], issued["upload_id"])
    assert (photo["project_id"], photo["file_name"], photo["file_size"]) == (project, "Dach 🏠.jpg", len(jpeg()))
    assert photo["client_metadata"] == metadata
    assert photo["detection"] == {
        "types": ["damage", "material"],
        "priority": "low",
        "status": "pending",
        "results": None,
        "error": None,
    }
    assert photo["s3_url"] == issued["s3_url"] == f"{s3.endpoint_url}/{s3.bucket}/{key_of(issued)}"
    assert photo["status_url"] == f"/api/v1/photos/{photo['id']}"
    assert [photo[name] for name in (*TIMES[1:], "download_url", "exif_data", "width", "error")] == [None] * 8


async def test_times_are_rfc_3339_in_utc(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    for name in ("created_at", "uploaded_at"):
        assert photo[name].endswith("Z")
        assert abs(datetime.fromisoformat(photo[name]) - datetime.now(UTC)) < timedelta(minutes=1)
    history = (await api.call("GET", f"/photos/{photo['id']}/history")).json()
    assert all(item["at"].endswith("Z") for item in history["items"])


@pytest.mark.parametrize("name", ["roof.png", "屋根 🏠.png", 'a"b;c.png', "ä%20+ b.PNG"])
async def test_the_download_url_gives_the_bytes_under_their_name(api: Caller, project: str, name: str) -> None:
    data = png()
    photo = await api.upload(project, data, mime_type="image/png", file_name=name)

    answer = await api.storage.get(photo["download_url"])

    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/png", data)
    assert name_in(answer.headers["content-disposition"]) == name


def name_in(disposition: str) -> str:
    """RFC 6266: `filename*` goes before the plain `filename`, which cannot hold every character."""
    extended = re.search(r"filename\*=UTF-8''([^;]+)", disposition)
    plain = re.search(r'filename="([^"]*)"', disposition)
    assert extended or plain, disposition
    return unquote(extended[1]) if extended else str(plain and plain[1])


async def test_an_object_is_private(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    assert (await api.storage.get(photo["s3_url"])).status_code == 403


async def test_exif_alone(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    answer = await api.call("GET", f"/photos/{photo['id']}/exif")
    assert (answer.status_code, answer.json()) == (200, {"exif_data": photo["exif_data"]})


async def test_history_says_who_and_why_oldest_first(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    await api.pipeline().report(photo["id"], "processing")
    items = (await api.call("GET", f"/photos/{photo['id']}/history")).json()["items"]

    assert [set(item) for item in items] == [{"from", "to", "at", "actor", "reason"}] * 3
    assert [(item["from"], item["to"], item["actor"]) for item in items] == [
        (None, "pending_upload", "anna"),
        ("pending_upload", "uploaded", "anna"),
        ("uploaded", "processing", "pipeline:detector"),
    ]
    assert items[0]["at"] == photo["created_at"]
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)


async def test_colleagues_and_the_pipeline_read_a_photo_and_strangers_do_not(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    for reader in (api.colleague(), api.pipeline()):
        assert await reader.photo(photo["id"]) == photo
    assert (await api.stranger().call("GET", f"/photos/{photo['id']}")).status_code == 404


async def test_a_photo_is_kept_out_of_shared_caches(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    answer = await api.call("GET", f"/photos/{photo['id']}")
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_whatever_else_tells_of_photos_is_kept_by_no_cache(api: Caller, project: str) -> None:
    photo_id = (await api.issue(project, jpeg()))["photo_id"]
    new = {"project_id": project, "file_name": "roof.jpg", "file_size": 2_000, "mime_type": "image/jpeg"}
    for method, path, body in (
        ("GET", "/photos", None),
        ("GET", f"/photos/{photo_id}/exif", None),
        ("GET", f"/photos/{photo_id}/history", None),
        ("GET", "/projects", None),
        ("GET", "/policies", None),
        ("POST", "/photos/upload-url", new),
        ("POST", f"/photos/{photo_id}/upload-url", None),
        ("POST", "/photos/upload-urls", {"items": [new]}),
        ("POST", "/photos/confirm", {"photo_ids": [photo_id]}),
        ("POST", f"/photos/{photo_id}/multipart", None),
        ("GET", f"/photos/{photo_id}/multipart/parts", None),
        ("POST", "/photos/exists", {"project_id": project, "checksums": [sha256(b"")]}),
    ):
        answer = await api.call(method, path, json=body)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), path


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


async def test_a_download_url_stays_the_same_within_a_slot_and_is_good_after_its_end(
    api: Caller, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = await api.upload(project, jpeg())
    slot_begin = datetime.fromtimestamp(int(datetime.now(UTC).timestamp()) // SLOT_SECONDS * SLOT_SECONDS, UTC)
    clock = Clock(slot_begin)
    library: Library = api.http._transport.app.state.library
    monkeypatch.setattr(library, "_clock", clock)

    first = await api.call("GET", f"/photos/{photo['id']}")
    clock.now += timedelta(seconds=SLOT_SECONDS - 1)
    last = await api.call("GET", f"/photos/{photo['id']}", headers={"If-None-Match": first.headers["etag"]})
    clock.now += timedelta(seconds=1)
    fresh = await api.call("GET", f"/photos/{photo['id']}", headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, last.status_code, fresh.status_code) == (200, 304, 200)
    assert fresh.json()["download_url"] != first.json()["download_url"]
    assert "X-Amz-Expires=900" in first.json()["download_url"]


async def test_a_change_of_the_row_changes_the_etag(api: Caller, project: str, db: Database) -> None:
    issued = await api.issue(project, jpeg())
    first = await api.call("GET", f"/photos/{issued['photo_id']}")
    await api.call("POST", f"/photos/{issued['photo_id']}/upload-url")
    second = await api.call("GET", f"/photos/{issued['photo_id']}", headers={"If-None-Match": first.headers["etag"]})
    assert (second.status_code, second.json()["upload_id"] != issued["upload_id"]) == (200, True)
    row = await db.fetchrow("SELECT version FROM photos WHERE id = $1", UUID(issued["photo_id"]))
    assert row is not None
    assert second.headers["etag"].startswith(f'"{row["version"]}-')


async def test_a_photo_read_again_is_as_it_is_now(api: Caller, project: str) -> None:
    """The second answer may be the first one again; it must not outlive a change, or reach anybody else."""
    issued = await api.issue(project, data := jpeg())
    path = f"/photos/{issued['photo_id']}"
    first, second = await api.call("GET", path), await api.call("GET", path)
    assert (second.status_code, second.content, second.headers["etag"]) == (200, first.content, first.headers["etag"])
    stranger = api.stranger()
    assert (await stranger.call("GET", path)).status_code == 404
    assert (await stranger.call("GET", path, headers={"If-None-Match": first.headers["etag"]})).status_code == 404
    assert (await api.pipeline().call("GET", path)).content == first.content
    await api.put(issued, data)
    await api.confirm(issued["photo_id"])
    third = await api.call("GET", path)
    assert (third.json()["status"], third.headers["etag"] != first.headers["etag"]) == ("uploaded", True)
    await api.call("DELETE", path)
    gone = await api.call("GET", path)
    assert (gone.status_code, gone.json()["code"]) == (404, "photo_not_found")
