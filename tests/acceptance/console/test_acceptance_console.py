"""The console in Chromium, against `photodock up`; its own tests (vitest) are in web/test."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image, UnidentifiedImageError

from photodock.api.auth import mint
from photodock.domain.identity import Principal
from photodock.embedded.ports import free_port
from support.packages import require
from support.polling import eventually

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"
REAL_PHOTOS = ROOT.parent / "shared" / "photos" / "images"
CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = ROOT / "build" / "console"
COUNT = 20
UP_SECONDS = 90
VITEST_SECONDS = 840


@pytest.fixture
def up(tmp_path: Path) -> Iterator[tuple[dict[str, str], str]]:
    """The ready file of a `photodock up`, and the address of the console that it prints."""
    ready = tmp_path / "ready.json"
    said = tmp_path / "said.txt"
    words = ["up", "--data-dir", tmp_path / "data", "--port", str(free_port()), "--ready-file", ready]
    environment = os.environ | {"PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "0"}
    with said.open("w") as output:
        command = [sys.executable, "-m", "photodock", *words]
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=tmp_path, env=environment)
    try:
        shown = eventually(lambda: "Logs" in said.read_text() or process.poll() is not None, UP_SECONDS)
        assert shown, said.read_text()
        assert process.poll() is None, said.read_text()
        line = next(line for line in said.read_text().splitlines() if line.startswith("Console"))
        yield json.loads(ready.read_text()), line.split()[-1]
    finally:
        process.terminate()
        process.wait(30)


def photos(folder: Path) -> None:
    """Photos of real cameras, where the folder with them is at hand; others make up the number."""
    found = 0
    for file in sorted(REAL_PHOTOS.glob("*")) if REAL_PHOTOS.is_dir() else ():
        if found < COUNT - 5 and is_plain(file):
            (folder / file.name.lower()).write_bytes(file.read_bytes())
            found += 1
    for number in range(COUNT - found):
        made_photo(number, folder / f"a-site-{number:02}.jpg")


def is_plain(file: Path) -> bool:
    """Whether every part of the system must get along with it."""
    try:
        with Image.open(file) as picture:
            picture.load()
            return picture.mode == "RGB" and min(picture.size) >= 400 and picture.format in ("JPEG", "PNG")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        return False


def made_photo(number: int, file: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS 80D"
    exif.get_ifd(0x8769)[0x9003] = f"2025:11:17 10:{number:02}:00"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (52.0, 30.0, 58.7 + number), "E", (13.0, 22.0, 39.7)
    gps[16], gps[17] = "T", 40.0 * number
    noise = Image.effect_noise((1280, 960), 40 + number)
    sky = Image.linear_gradient("L").resize((1280, 960))
    Image.merge("RGB", (noise, sky, sky.rotate(180))).save(file, exif=exif, quality=80)


@pytest.mark.timeout(1000)
async def test_a_site_managers_photos_arrive_and_are_seen(up: tuple[dict[str, str], str], tmp_path: Path) -> None:
    require("chromium", CHROMIUM)
    ready, console_url = up
    folder = tmp_path / "photos"
    folder.mkdir()
    photos(folder)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    stranger = Principal("berta", uuid4(), frozenset(("photos:read", "photos:write", "photos:admin")))
    environment = {
        "PHOTODOCK_TEST_URL": ready["url"],
        "PHOTODOCK_TEST_TOKEN": ready["token"],
        "PHOTODOCK_TEST_FOREIGN_TOKEN": mint(ready["jwt_secret"], stranger, lifetime_seconds=3600),
        "PHOTODOCK_TEST_CONSOLE_URL": console_url,
        "PHOTODOCK_TEST_SCREENSHOTS": str(SCREENSHOTS),
        "PHOTODOCK_TEST_PHOTOS": str(folder),
        "PHOTODOCK_TEST_CHROMIUM": str(CHROMIUM),
    }
    status, output = await vitest(environment)
    assert status == 0, output


async def vitest(environment: dict[str, str]) -> tuple[int | None, str]:
    """With the Node of this virtual environment; the exit status, and all that was said."""
    programs = Path(sys.executable).parent
    process = await asyncio.create_subprocess_exec(
        programs / "node",
        WEB / "node_modules" / "vitest" / "vitest.mjs",
        "run",
        cwd=WEB,
        env=os.environ | environment | {"NO_COLOR": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(VITEST_SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode()
