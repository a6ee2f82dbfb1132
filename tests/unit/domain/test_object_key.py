from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from photodock.domain.object_key import ObjectKey, originals_of, parse_object_key
from photodock.domain.photo import EXTENSIONS, object_key
from photodock.domain.renditions import RenditionName, rendition_key

PROJECT = "0198c2b4-7b1e-4c34-9a5f-0d6f1b2c3d4e"
PHOTO = "01a2045d-e729-75a1-a237-622d7a224704"
GOOD = f"{PROJECT}/2026/11/22/{PHOTO}.jpg"


@pytest.mark.parametrize("mime_type", EXTENSIONS)
def test_what_is_written_can_be_read(mime_type: str) -> None:
    before = datetime.now(UTC)
    project_id, photo_id, now = uuid4(), uuid7(), datetime.now(UTC)
    key = parse_object_key(object_key(project_id, photo_id, mime_type, now))
    assert key == ObjectKey(project_id, now.date(), photo_id, EXTENSIONS[mime_type])
    assert key.file_name == f"{photo_id}.{EXTENSIONS[mime_type]}"
    # To the millisecond, rounded down.
    assert before - timedelta(milliseconds=1) < key.made_at <= now


def test_the_parts_of_a_key() -> None:
    key = parse_object_key(GOOD)
    assert key == ObjectKey(UUID(PROJECT), date(2026, 11, 22), UUID(PHOTO), "jpg")
    assert key.made_at == datetime(2026, 11, 22, 17, 46, 32, 617000, UTC)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "roof.jpg",
        f"/{GOOD}",
        f"{GOOD}/",
        f"{GOOD}\n",
        f"{GOOD}\0",
        f"{GOOD}.bak",
        f"x{GOOD}",
        GOOD.upper(),
        GOOD.replace(".jpg", ".JPG"),
        GOOD.replace(".jpg", ".jpeg"),
        GOOD.replace(".jpg", ""),
        GOOD.replace("2026", "26"),
        GOOD.replace("/11/", "/1/"),
        GOOD.replace("/11/", "/13/"),
        GOOD.replace("/11/22", "/02/30"),
        GOOD.replace("2026", "0000"),
        GOOD.replace("2026", "٢٠٢٦"),
        GOOD.replace("/22/", "//22/"),
        GOOD.replace("/22/", "/22/../22/"),
        GOOD.replace("-", ""),
        GOOD.replace(PHOTO, str(UUID(int=0))),
        GOOD.replace("-75a1-", "-45a1-"),
        GOOD.replace(PHOTO, f"{{{PHOTO}}}"),
    ],
)
def test_every_other_key_is_not_ours(key: str) -> None:
    assert parse_object_key(key) is None


@pytest.mark.parametrize("name", RenditionName)
@pytest.mark.parametrize("mime_type", EXTENSIONS)
def test_a_renditions_key_leads_back_to_its_photo(name: RenditionName, mime_type: str) -> None:
    key = object_key(uuid4(), uuid7(), mime_type, datetime.now(UTC))
    assert key in originals_of(rendition_key(key, name))
    assert originals_of(key) == ()
    assert parse_object_key(rendition_key(key, name)) is None


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".preview.webp",
        GOOD.replace(".jpg", ".webp"),
        GOOD.replace(".jpg", ".huge.webp"),
        GOOD.replace(".jpg", ".preview.jpg"),
        GOOD.replace(".jpg", ".preview.webp\n"),
        GOOD.replace(".jpg", ".jpg.preview.webp"),
        GOOD.replace(".jpg", ".preview.preview.webp"),
        GOOD.replace("/11/22", "/02/30").replace(".jpg", ".preview.webp"),
        GOOD.replace(".jpg", ".preview.webp").upper(),
    ],
)
def test_every_other_key_is_no_renditions(key: str) -> None:
    assert originals_of(key) == ()
