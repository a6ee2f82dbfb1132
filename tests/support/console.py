"""What the console's tests find in the system: photos to send, and a project with more than anybody scrolls through."""

import asyncio
import base64
import io
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from PIL import Image, UnidentifiedImageError

from photodock.api.auth import mint
from photodock.domain.identity import Principal
from photodock.domain.photo import object_key
from photodock.domain.renditions import LONGEST_SIDES, RenditionName, rendition_key
from photodock.pixels import Rendered, render
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.s3 import ObjectStore

REAL_PHOTOS = Path(__file__).parents[2].parent / "shared" / "photos" / "images"
REAL = 20
SIDES = list(LONGEST_SIDES.values())
MADE = 8
"""Beside them, so that what they show is known."""


Vitest = Callable[..., Awaitable[str]]


@dataclass(frozen=True)
class Up:
    """The ready file of a `photodock up`, and the address of the console that it prints."""

    ready: dict[str, str] = field(repr=False)
    console_url: str = field(repr=False)

    def token(self, user: str, *scopes: str, organization: UUID | None = None) -> str:
        principal = Principal(user, organization or UUID(self.ready["organization_id"]), frozenset(scopes))
        return mint(self.ready["jwt_secret"], principal, lifetime_seconds=3600)

    def expired_token(self) -> str:
        principal = Principal("late", UUID(self.ready["organization_id"]), frozenset(("photos:read",)))
        return mint(self.ready["jwt_secret"], principal, lifetime_seconds=-3600)


def make_photos(folder: Path) -> None:
    """Photos of real cameras, where the folder with them is at hand; others make up the number. The real ones' names
    are the last."""
    files = sorted(REAL_PHOTOS.glob("*"), key=lambda file: file.stat().st_size, reverse=True)
    found = list(islice(filter(is_plain, files), REAL))
    for file in found:
        (folder / f"real-{file.name.lower()}").write_bytes(file.read_bytes())
    for number in range(MADE + REAL - len(found)):
        (folder / f"a-site-{number:02}.jpg").write_bytes(made_photo(number))


def is_plain(file: Path) -> bool:
    """Whether every part of the system must get along with it."""
    try:
        with Image.open(file) as picture:
            picture.load()
            return picture.mode == "RGB" and min(picture.size) >= 100 and picture.format in ("JPEG", "PNG")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        return False


def made_photo(number: int) -> bytes:
    """Of a camera, with a position and a direction; each number another photo."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS 80D"
    more = exif.get_ifd(0x8769)
    more[0x9003], more[0x9011] = f"2025:11:17 {10 + number // 60}:{number % 60:02}:00", "+01:00"
    more[0x829A], more[0x829D], more[0x8827], more[0x920A] = 0.004, 8.0, 100, 35.0
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (52.0, 30.0, 10.0 + number % 50), "E", (13.0, 22.0, 39.7)
    gps[16], gps[17] = "T", 40.0 * (number % 9)
    noise = Image.effect_noise((1280, 960), 40 + number)
    sky = Image.linear_gradient("L").resize((1280, 960))
    file = io.BytesIO()
    Image.merge("RGB", (noise, sky, sky.rotate(180))).save(file, "JPEG", exif=exif, quality=80)
    return file.getvalue()


async def fill(ready: dict[str, str], project_id: UUID, count: int) -> None:
    """Puts completed photos into a project, past the API: of a few pictures, under all the keys."""
    pictures = [await render(made_photo(number), SIDES) for number in range(6)]
    rows = list(_rows(UUID(ready["organization_id"]), project_id, count, pictures))
    connection = await asyncpg.connect(ready["database_url"])
    try:
        records = [tuple(row.values()) for row in rows]
        await connection.copy_records_to_table("photos", records=records, columns=list(rows[0]))
    finally:
        await connection.close()
    thumbnails = [made.pictures[-1].data for made in pictures]
    bucket = Bucket(ready["s3_bucket"], "us-east-1", ready["s3_endpoint_url"], "path")
    store = ObjectStore(bucket, CredentialsProvider.static(ready["s3_access_key"], ready["s3_secret_key"]), delays=())
    sending = asyncio.Semaphore(16)

    async def send(row: dict[str, Any], data: bytes) -> None:
        key = rendition_key(row["s3_key"], RenditionName.THUMBNAIL)
        async with sending:
            await store.put(key, data, content_type="image/webp", cache_control="private, max-age=3600")

    try:
        await asyncio.gather(*(send(row, data) for row, data in zip(rows, cycle(thumbnails), strict=False)))
    finally:
        await store.aclose()


def _rows(organization_id: UUID, project_id: UUID, count: int, pictures: list[Rendered]) -> Iterator[dict[str, Any]]:
    newest = datetime(2025, 11, 17, 16, tzinfo=UTC)
    for number, made in zip(range(count), cycle(pictures), strict=False):
        at = newest - timedelta(minutes=number)
        photo_id = UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | number)
        sizes = zip(LONGEST_SIDES, made.pictures, strict=True)
        yield {
            "id": photo_id,
            "organization_id": organization_id,
            "project_id": project_id,
            "user_id": "scanner",
            "upload_id": photo_id,
            "file_name": f"IMG_{count - number:05}.jpg",
            "mime_type": "image/jpeg",
            "file_size": 2_400_000 + number,
            "s3_key": object_key(project_id, photo_id, "image/jpeg", at),
            "status": "completed",
            "width": 1280,
            "height": 960,
            "exif_data": json.dumps({"camera_model": "Canon EOS 80D", "captured_at": at.strftime("%Y-%m-%dT%H:%M:%S")}),
            "detection_types": ["damage"],
            "priority": "normal",
            "detection_results": json.dumps({}),
            "created_at": at,
            "uploaded_at": at,
            "processing_at": at,
            "completed_at": at,
            "url_expires_at": at,
            "renditions": json.dumps(
                [
                    {"name": name, "width": one.width, "height": one.height, "file_size": len(one.data)}
                    for name, one in sizes
                ]
            ),
            "thumbhash": base64.b64encode(made.thumbhash).decode(),
        }
