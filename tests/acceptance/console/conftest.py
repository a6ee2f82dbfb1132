"""`photodock up`, once for each module, and vitest with what its tests in web/test have to know."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from photodock.embedded.ports import free_port
from support.console import Up, Vitest, make_photos
from support.packages import require
from support.polling import eventually
from support.vitest import CHROMIUM, vitest

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"
SCREENSHOTS = ROOT / "build" / "console"
UP_SECONDS = 240
VITEST_SECONDS = 840


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    ready = folder / "ready.json"
    said = folder / "said.txt"
    words = ["up", "--data-dir", folder / "data", "--port", str(free_port()), "--ready-file", ready]
    environment = os.environ | {"PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "0"}
    with said.open("w") as output:
        command = [sys.executable, "-m", "photodock", *words]
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, env=environment)
    try:
        shown = eventually(lambda: "Logs" in said.read_text() or process.poll() is not None, UP_SECONDS)
        assert shown, said.read_text()
        assert process.poll() is None, said.read_text()
        line = next(line for line in said.read_text().splitlines() if line.startswith("Console"))
        yield Up(json.loads(ready.read_text()), line.split()[-1])
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(name="vitest")
def console_tests(up: Up, tmp_path: Path) -> Vitest:
    """Runs these files of web/test, fails where they do, and hands back what they said."""
    require("chromium", CHROMIUM)
    folder = tmp_path / "photos"
    folder.mkdir()
    make_photos(folder)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    foreign = uuid4()
    everything = ("photos:read", "photos:write", "photos:admin")
    environment = {
        "PHOTODOCK_TEST_URL": up.ready["url"],
        "PHOTODOCK_TEST_TOKEN": up.ready["token"],
        "PHOTODOCK_TEST_FOREIGN_TOKEN": up.token("berta", *everything, organization=foreign),
        "PHOTODOCK_TEST_FOREIGN_DETECTOR_TOKEN": up.token("detector", "photos:pipeline", organization=foreign),
        "PHOTODOCK_TEST_EXPIRED_TOKEN": up.expired_token(),
        "PHOTODOCK_TEST_CONSOLE_URL": up.console_url,
        "PHOTODOCK_TEST_STORE": up.ready["s3_endpoint_url"],
        "PHOTODOCK_TEST_SCREENSHOTS": str(SCREENSHOTS),
        "PHOTODOCK_TEST_PHOTOS": str(folder),
        "PHOTODOCK_TEST_CHROMIUM": str(CHROMIUM),
    }

    async def run(*files: str, **more: str) -> str:
        return await vitest(WEB, *files, environment=environment | more, seconds=VITEST_SECONDS)

    return run
