"""The documentation's commands, typed as they stand there, page by page: tests/support/walks.py has the table."""

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from photodock.embedded.ports import free_port
from support.images import jpeg
from support.pages import ROOT, blocks_of
from support.polling import eventually
from support.walks import WALKS, Walk

CALLS = ROOT / "tests" / "support" / "walk_calls.py"
SECONDS = 400
PART = 5_242_880
MAKE_RUN = re.compile(r"make run ARGS='([^']*)'")
# Each call's answer is noted; jobs have process groups of their own, and end with the shell.
OPENING = """set -eu; set -m
trap 'for job in $(jobs -p); do kill -- -$job 2>/dev/null || true; done; wait' EXIT
curl() { command curl --dump-header "$(mktemp "answers/$BLOCK.XXXXXX")" "$@"; }
"""
DETECTOR = """export PHOTODOCK_URL=$(python -c 'import json; print(json.load(open(".photodock/ready.json"))["url"])')
export PHOTODOCK_TOKEN=$(photodock token --user sample-detector --scope photos:pipeline)
exec python -m photodock.quality_detector"""


@dataclass(frozen=True)
class Running:
    """A system that `photodock up` started, without a detector."""

    folder: Path
    ready: dict[str, str]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("documentation")
    data = folder / ".photodock"
    words = ["up", "--data-dir", data, "--port", str(free_port()), "--ready-file", folder / "ready.json"]
    with (folder / "said.txt").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "photodock", *words, "--detector", "none"], stdout=output, stderr=output, cwd=folder
        )
    try:
        assert eventually(lambda: (folder / "ready.json").exists() or process.poll() is not None, 180)
        shutil.copy(folder / "ready.json", data / "ready.json")
        yield Running(folder, json.loads((folder / "ready.json").read_text()))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A reader's: an environment with photodock in it, and photos."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "roof.jpg").write_bytes(jpeg(1280, 960))
    (tmp_path / "large.jpg").write_bytes(large(8_500_000))
    (tmp_path / "huge.jpg").write_bytes(large(20_000_000))
    (tmp_path / "answers").mkdir()
    (tmp_path / "scratch").mkdir()
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copy(CALLS, tmp_path / "calls.py")
    return tmp_path


def large(size: int) -> bytes:
    photo = jpeg(640, 480)
    return photo + bytes(size - len(photo))


def instead(folder: Path, ready: dict[str, str]) -> dict[str, str]:
    """What stands in the examples, and what it is here."""
    roof, parts = (folder / "roof.jpg").read_bytes(), (folder / "large.jpg").read_bytes()
    return {
        "http://127.0.0.1:8000": ready["url"],
        "01a2045b-274e-7317-adc7-c28d689c5d95": ready["project_id"],
        "01a2045b-274e-7317-adc7-c28c62ce071d": ready["organization_id"],
        "695472": str(len(roof)),
        "Di3ug8RiMqpq45acglv+oHjgawNsgi1R+dUJ6LmLuz4=": base64.b64encode(hashlib.sha256(roof).digest()).decode(),
        "79b281060d337b9b2b84ccf390adcf74": hashlib.md5(parts[:PART], usedforsecurity=False).hexdigest(),
        "c73c16de8912c313c06ac38b9961e806": hashlib.md5(parts[PART:], usedforsecurity=False).hexdigest(),
    }


def script(page: str, walk: Walk) -> str:
    lines = [OPENING, walk.before]
    for number, block in enumerate(blocks_of(page, "bash"), 1):
        if number not in walk.skipped:
            lines += [
                f"BLOCK={number}; echo '--- block {number}'",
                walk.between.get(number, ""),
                run(walk, number, block),
            ]
    return "\n".join([*lines, "BLOCK=after; echo '--- after'", walk.after])


def run(walk: Walk, number: int, block: str) -> str:
    if number in walk.background:
        name = f"background_{number}"
        ending = f"end_{number}() {{ kill -INT -- -$PID_{number}; wait $PID_{number} || true; }}"
        return f"{name}() {{\n{block}\n}}\n{name} > {name}.txt 2>&1 & PID_{number}=$!\n{ending}"
    if number in walk.endless:
        shown = f"endless_{number}.txt"
        found = f"until grep -qE '{walk.endless[number]}' {shown}; do sleep 0.1; done"
        return f"(\n{block}\n) > {shown} 2>&1 & ENDLESS=$!\n{found}\nkill -- -$ENDLESS"
    if number in walk.exits:
        return f"set +e\n{block}\n[ $? = {walk.exits[number]} ] || exit 9\nset -e"
    return block


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", WALKS)
def test_a_page_can_be_followed_command_by_command(page: str, folder: Path, request: pytest.FixtureRequest) -> None:
    walk = WALKS[page]
    text = re.sub(r"(?<!\w)/tmp/", "scratch/", script(page, walk))
    if walk.own_system:
        text = MAKE_RUN.sub(r".venv/bin/photodock up \1", text)
        text = text.replace("photodock up ", f"photodock up --port {free_port()} ")
    else:
        running: Running = request.getfixturevalue("running")
        (folder / ".photodock").symlink_to(running.folder / ".photodock")
        for example, here in instead(folder, running.ready).items():
            text = text.replace(example, here)
        if walk.detector:
            text = text.replace(
                OPENING, f"{OPENING}(. .photodock/environment.sh; {DETECTOR}) > detector.txt 2>&1 &\n", 1
            )
    for name, (language, number) in walk.saves.items():
        (folder / name).write_text(blocks_of(page, language)[number - 1])
    (folder / "walk.sh").write_text(text)
    done = follow(folder)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    found = answers(folder)
    for number in {*found, *walk.answers}:
        statuses, expected = found.get(number, set()), walk.answers.get(number)
        good = statuses == expected if expected else all(200 <= status < 300 for status in statuses)
        assert good, f"{page}, bash {number}: answered {statuses}\n{done.stdout[-3000:]}"


def follow(folder: Path) -> subprocess.CompletedProcess[str]:
    """In an environment that has a reader's variables and no others, and answers each question with yes."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    process = subprocess.Popen(
        ["bash", "walk.sh"],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", **kept},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate("y\n" * 20, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()  # and the shell ends what it has started
        out, err = process.communicate(timeout=20)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def answers(folder: Path) -> dict[int, set[int]]:
    """The HTTP statuses that each block's calls have ended with."""
    found: dict[int, set[int]] = {}
    for file in (folder / "answers").glob("[0-9]*"):
        for status in re.findall(r"(?m)^HTTP/[\d.]+ (\d+)", file.read_text())[-1:]:
            found.setdefault(int(file.name.partition(".")[0]), set()).add(int(status))
    return found
