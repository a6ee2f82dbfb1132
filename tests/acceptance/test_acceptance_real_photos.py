"""Photos of real cameras through the whole system, where the folder with them is at hand."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from photodock.imaging import Inspection, inspect_file
from support.whole import System

PHOTOS = Path(__file__).parents[3] / "shared" / "photos" / "images"


@dataclass(frozen=True)
class RealPhoto:
    """A file of somebody's camera, with what can be read from it as a whole."""

    name: str
    declared: str
    data: bytes
    content: Inspection

    @classmethod
    def of(cls, file: Path) -> "RealPhoto":
        declared = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}[file.suffix.lower()]
        return cls(file.name, declared, file.read_bytes(), inspect_file(file))

    @property
    def outcome(self) -> str | None:
        """The code of the error that its content must end with before any detector sees it."""
        if len(self.data) < 1_024:
            return "file_too_small"
        return "content_mismatch" if self.content.mime_type != self.declared else None


if PHOTOS.is_dir():

    async def test_real_photos_end_with_what_their_files_hold(system: System, project: str) -> None:
        photos = [RealPhoto.of(file) for file in sorted(PHOTOS.iterdir())]
        slots = asyncio.Semaphore(8)

        async def through(photo: RealPhoto) -> str | None:
            async with slots:
                return await sent_through(system, project, photo)

        codes = await asyncio.gather(*(through(photo) for photo in photos))
        assert codes == [photo.outcome for photo in photos]
        assert Counter(codes)[None] > 50


async def sent_through(system: System, project: str, file: RealPhoto) -> str | None:
    """The error code that the photo ended with, if it is not the detector's."""
    api = system.api
    answer = await api.request_upload(project, file.data, file_name=file.name, mime_type=file.declared)
    if answer.status_code != 200:
        return str(answer.json()["code"])
    issued = answer.json()
    assert (await api.put(issued, file.data)).status_code == 200, file.name
    assert (await api.confirm(issued["photo_id"])).status_code == 200, file.name
    photo = await system.finished(issued["photo_id"], seconds=60)
    code = photo["error"] and photo["error"]["code"]
    if code == "content_mismatch":
        return str(code)

    found = [photo[name] for name in ("width", "height", "exif_data")]
    assert found == [file.content.width, file.content.height, file.content.exif_data], file.name
    assert system.detector.job_of(photo["id"]), file.name
    # Some files are damaged on purpose, and no decoder opens them.
    return None if code == "detection_failed" else code
