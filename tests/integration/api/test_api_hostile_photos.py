"""Photos made to do harm go through the running service, and come out of it as photos."""

import gzip
from typing import Any
from uuid import UUID

import pytest

from photodock.administration import sweep_once
from photodock.db.pool import Database
from photodock.settings import Settings
from photodock.workers.photo_sweep import STORAGE_AWAY_WAIT
from support.hostile import SCRIPT, Hostile, hostile_photos
from support.images import jpeg, png
from support.store import Store, key_of
from support.system import Caller

LEAST_BYTES = 1_024  # of a photo that is taken in
PAGE = SCRIPT.ljust(LEAST_BYTES)


@pytest.mark.parametrize("photo", hostile_photos(), ids=str)
async def test_a_hostile_photo_goes_through_the_service_as_any_other(api: Caller, project: str, photo: Hostile) -> None:
    data = photo.data.ljust(LEAST_BYTES, b"\0")
    confirmed = await api.upload(project, data, mime_type=photo.mime_type)

    shown = await api.photo(confirmed["id"])
    assert (shown["status"], shown["error"]) == ("uploaded", None)
    assert (shown["width"], shown["height"], shown["exif_data"]) == (photo.width, photo.height, photo.exif_data)
    exif = (await api.call("GET", f"/photos/{confirmed['id']}/exif")).json()
    assert exif == {"exif_data": photo.exif_data}
    assert await api.history(confirmed["id"]) == [(None, "pending_upload"), ("pending_upload", "uploaded")]


@pytest.mark.parametrize(
    ("data", "declared", "file_name"),
    [
        (jpeg() + PAGE, "image/jpeg", "photo.html"),
        (jpeg() + PAGE, "image/jpeg", '"><script>.svg'),
        (png() + PAGE, "image/png", "photo.png.exe"),
        (b"\xff\xd8\xff" + PAGE, "image/jpeg", "page.htm"),
    ],
    ids=["JPEG and HTML", "a name that is a tag", "PNG and script", "a JPEG's first bytes alone"],
)
@pytest.mark.parametrize("uploads_as", [{}, {"Content-Disposition": 'attachment; filename="evil.html"'}])
async def test_a_download_is_answered_with_the_photos_type_whatever_it_holds(
    api: Caller, project: str, data: bytes, declared: str, file_name: str, uploads_as: dict[str, str]
) -> None:
    issued = await api.issue(project, data, mime_type=declared, file_name=file_name)
    headers = issued["headers"] | uploads_as
    assert (await api.storage.put(issued["upload_url"], content=data, headers=headers)).status_code == 200
    photo = (await api.confirm(issued["photo_id"])).json()

    for accepted in ("image/*", "text/html"):
        served = await api.storage.get(photo["download_url"], headers={"Accept": accepted})
        assert (served.status_code, served.content) == (200, data)
        assert served.headers["Content-Type"] == declared
        assert served.headers["Content-Disposition"].startswith('attachment; filename="')
        assert "evil" not in served.headers["Content-Disposition"]
        assert "Content-Encoding" not in served.headers


async def test_a_page_under_a_photos_name_is_never_served(api: Caller, project: str, store: Store) -> None:
    issued = await api.issue(project, PAGE)
    assert (await api.put(issued, PAGE)).status_code == 200
    photo = (await api.confirm(issued["photo_id"])).json()
    assert (photo["error"]["code"], photo["download_url"]) == ("content_mismatch", None)
    assert not await store.has(key_of(issued))


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "gzip, gzip", "aws-chunked"])
async def test_a_photo_stored_with_an_encoding_is_a_mismatch(
    api: Caller, project: str, store: Store, encoding: str
) -> None:
    """S3 would repeat it to whoever downloads the photo, and their client would unpack it."""
    photo = await uploaded_with(api, project, jpeg(), {"Content-Encoding": encoding})
    assert (photo["status"], photo["error"]["code"]) == ("failed", "content_mismatch")
    assert "Content-Encoding" in photo["error"]["detail"]
    assert encoding not in photo["error"]["detail"]
    assert photo["download_url"] is None


async def test_a_compressed_photo_is_a_mismatch(api: Caller, project: str) -> None:
    photo = await uploaded_with(api, project, gzip.compress(png(256, 256)), {"Content-Encoding": "gzip"})
    assert photo["error"]["code"] == "content_mismatch"


UNREADABLE = [
    ("Content-Disposition", 'attachment; filename="Dach Süd.jpg"'.encode()),
    ("Content-Language", b"\xe4"),
    ("Content-Encoding", b"\xe4"),
    ("Cache-Control", b"\xff"),
]
"""Headers that no signature covers, and that the readers of objects refuse when S3 repeats them."""


@pytest.mark.parametrize(("name", "value"), UNREADABLE, ids=["name of a file", "language", "encoding", "a byte"])
async def test_a_photo_stored_with_a_header_that_cannot_be_read_is_a_mismatch(
    api: Caller, project: str, store: Store, name: str, value: bytes
) -> None:
    good, bad, also_good = await confirmed_beside(api, project, {name: value})
    assert (good["status"], bad["status"], also_good["status"]) == ("uploaded", "failed", "uploaded")
    assert (bad["error"]["code"], "Send the given ones" in bad["error"]["detail"]) == ("content_mismatch", True)
    assert not await store.has(key_of(bad))


async def test_a_photo_whose_headers_are_longer_than_is_read_stays_and_keeps_no_other_from_its_answer(
    api: Caller, project: str, db: Database, settings: Settings
) -> None:
    """What is too long may as well be the answer of something in between: no reason to delete a photo."""
    good, bad, also_good = await confirmed_beside(api, project, {"Cache-Control": b"a" * 1_000_000})
    assert (good["status"], also_good["status"]) == ("uploaded", "uploaded")
    assert bad["error"]["code"] == "storage_unavailable"
    [row] = await db.fetch(
        "UPDATE photos SET sweep_at = now() WHERE status = 'pending_upload' AND project_id = $1 RETURNING id",
        UUID(project),
    )
    await sweep_once(settings)
    [look] = await db.fetch("SELECT sweep_at - now() AS wait FROM photos WHERE id = $1", row["id"])
    assert look["wait"] > STORAGE_AWAY_WAIT * 2, "it is not the store that is away"
    assert (await api.photo(str(row["id"])))["status"] == "pending_upload"


async def confirmed_beside(api: Caller, project: str, added: dict[str, bytes]) -> list[dict[str, Any]]:
    """What a call for three photos answers, of which the second was stored with more headers than it should have."""
    issued = [await api.issue(project, jpeg()) for _ in "123"]
    for number, one in enumerate(issued):
        headers = {key: value.encode() for key, value in one["headers"].items()} | (added if number == 1 else {})
        assert (await api.storage.put(one["upload_url"], content=jpeg(), headers=headers)).status_code == 200
    answer = await api.call("POST", "/photos/confirm", json={"photo_ids": [one["photo_id"] for one in issued]})
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize(
    "headers",
    [{"Content-Encoding": "identity"}, {"Cache-Control": "no-cache", "Pragma": "no-cache"}, {"Content-Language": "de"}],
    ids=lambda headers: next(iter(headers)),
)
async def test_what_harmless_clients_send_besides_is_no_mismatch(
    api: Caller, project: str, headers: dict[str, str]
) -> None:
    assert (await uploaded_with(api, project, jpeg(), headers))["status"] == "uploaded"


async def uploaded_with(api: Caller, project: str, data: bytes, headers: dict[str, str]) -> dict[str, Any]:
    issued = await api.issue(project, data)
    sent = await api.storage.put(issued["upload_url"], content=data, headers=issued["headers"] | headers)
    assert sent.status_code == 200
    photo: dict[str, Any] = (await api.confirm(issued["photo_id"])).json()
    return photo
