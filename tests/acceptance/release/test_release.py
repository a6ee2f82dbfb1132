"""What a release is: built from a tag, installed into an empty environment, run far away from the checkout."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

import httpx
import pytest
from PIL import Image

from photodock.embedded.ports import free_port
from support.polling import eventually

# The first that needs them waits for the builds, or for the installation of all that photodock depends on.
pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[3]
VERSION = "7.8.9"
CONSOLE = Path("src/photodock/web")
"""Built, and not in git."""


def run(*words: str | Path, cwd: Path) -> str:
    """In an environment that holds nothing of this one's but where pip finds packages."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_")) or name == "HOME"}
    done = subprocess.run(
        words, cwd=cwd, env={"PATH": "/usr/bin:/bin", **kept}, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class Release:
    sdist: Path
    wheel: Path


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The sdist of a tagged clone with its console, and the wheel that comes of the sdist."""
    folder = tmp_path_factory.mktemp("release")
    run("git", "clone", "-q", ROOT, folder / "clone", cwd=folder)
    run("git", "tag", f"v{VERSION}", cwd=folder / "clone")
    shutil.copytree(ROOT / CONSOLE, folder / "clone" / CONSOLE)
    build = (sys.executable, "-m", "hatchling", "build", "-d", folder / "dist")
    run(*build, "-t", "sdist", cwd=folder / "clone")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    run(*build, "-t", "wheel", cwd=folder / "unpacked" / f"photodock-{VERSION}")
    (wheel,) = (folder / "dist").glob("*.whl")
    return Release(sdist, wheel)


@pytest.fixture(scope="session")
def installed(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The programs of an empty environment that has the wheel alone, and what it depends on."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "venv", with_pip=True)
    programs = home / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check")
    run(*pip, "--require-hashes", "-r", ROOT / "requirements" / "run.txt", cwd=home)
    run(*pip, "--no-deps", release.wheel, cwd=home)
    yield programs
    shutil.rmtree(home)


def test_the_version_is_the_tags(release: Release) -> None:
    assert release.sdist.name == f"photodock-{VERSION}.tar.gz"
    assert release.wheel.name == f"photodock-{VERSION}-py3-none-any.whl"


def test_the_wheel_has_the_package_and_nothing_else(release: Release) -> None:
    with zipfile.ZipFile(release.wheel) as wheel:
        names = wheel.namelist()
        metadata = Parser().parsestr(wheel.read(f"photodock-{VERSION}.dist-info/METADATA").decode())
    assert {name.split("/")[0] for name in names} == {"photodock", f"photodock-{VERSION}.dist-info"}
    assert {"photodock/py.typed", "photodock/api/pages/docs.html", "photodock/web/index.html"} <= set(names)
    assert f"photodock-{VERSION}.dist-info/licenses/LICENSE" in names
    assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("MIT", ">=3.11")
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert "make run" in str(metadata.get_payload())


def test_the_console_is_built_before_the_release(tmp_path: Path) -> None:
    run("git", "clone", "-q", ROOT, tmp_path / "clone", cwd=tmp_path)
    commands = run("make", "--dry-run", "build", cwd=tmp_path / "clone")
    assert 0 < commands.index("--prefix web run build") < commands.index("hatchling build")


def test_all_it_depends_on_is_locked(installed: Path, tmp_path: Path) -> None:
    run(installed / "python", "-m", "pip", "check", cwd=tmp_path)
    where = run(installed / "python", "-c", "import photodock; print(photodock.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    assert run(installed / "photodock", "--version", cwd=tmp_path).split() == ["photodock", VERSION]


def test_the_whole_system_starts_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    Image.effect_noise((320, 240), 60).save(tmp_path / "roof.jpg")
    ready = tmp_path / "ready.json"
    up = [installed / "photodock", "up", "--port", str(free_port()), "--ready-file", ready]
    with subprocess.Popen(up, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, stdout=subprocess.DEVNULL) as system:
        try:
            assert eventually(lambda: ready.exists() or system.poll() is not None, 240)
            assert system.poll() is None
            about = json.loads(ready.read_text())
            assert "<script" in httpx.get(about["url"] + "/").text
            told = subprocess.run(
                [installed / "photodock", "upload", "--json", "--project", about["project_id"], "roof.jpg"],
                cwd=tmp_path,
                env={"PATH": "/usr/bin:/bin", "PHOTODOCK_URL": about["url"], "PHOTODOCK_TOKEN": about["token"]},
                capture_output=True,
                text=True,
                check=True,
                timeout=240,
            ).stdout
            assert json.loads(told)["status"] == "completed"
        finally:
            system.send_signal(signal.SIGINT)
        assert system.wait(60) == 0
