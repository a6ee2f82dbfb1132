"""The unit files themselves, looked at by systemd's own tool."""

import re
import subprocess
from pathlib import Path

import pytest

from support.packages import require
from support.units import INSTALLED, UNITS

ANALYZE = Path("/usr/bin/systemd-analyze")
SERVICES = ("photodock-serve@.service", "photodock-worker@.service", "photodock-migrate.service")
MOST_EXPOSED = 20
"""Of 100; systemd calls below 40 good, and a unit without a word about it has 96."""


def analyze(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    require("systemd", ANALYZE)
    return subprocess.run([ANALYZE, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they lie in /etc/systemd/system, but with a program that is there."""
    for file in UNITS.iterdir():
        (tmp_path / file.name).write_text(file.read_text().replace(INSTALLED, "/usr/bin/true"))
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "photodock-serve@8001.service",
        "photodock-serve@8001.socket",
        "photodock-worker@1.service",
        "photodock-migrate.service",
        "photodock.target",
    ],
)
def test_systemd_finds_nothing_wrong(installed: Path, name: str) -> None:
    template = installed / re.sub(r"@\w+", "@", name)
    (installed / name).write_text(template.read_text())
    done = analyze(installed, "verify", "--man=no", f"./{name}")
    # Of what else this machine's own units say, nothing is ours.
    about_ours = [line for line in (done.stdout + done.stderr).splitlines() if "photodock" in line]
    assert about_ours == []


@pytest.mark.parametrize("name", SERVICES[:2])
def test_what_runs_all_the_time_may_do_little(installed: Path, name: str) -> None:
    done = analyze(installed, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", f"./{name}")
    assert done.returncode == 0, done.stdout[-600:] + done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_each_runs_a_command_that_there_is(name: str) -> None:
    (command,) = re.findall(rf"(?m)^ExecStart={INSTALLED} (\w+)$", (UNITS / name).read_text())
    assert command in {"serve", "worker", "migrate"}
