"""The fuzzer's corpus, a short run of it, and that it would notice."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from photo_fuzz import target
from photo_fuzz.seeds import CORPUS, file_name, seeds
from photodock.imaging import Inspection
from support.inspections import assert_sound
from support.samples import RICH, SAMPLES

TESTS = Path(__file__).parents[2]
RUNS = 4_000
CORPUS_LIMIT = 128 * 1024


def of_facts(**facts: Any) -> Inspection:
    return Inspection("image/jpeg", 64, 48, facts, None)


@pytest.mark.parametrize("seed", sorted(CORPUS.iterdir()), ids=lambda seed: seed.name)
def test_the_corpus_is_read_without_failure(seed: Path) -> None:
    target.examine(seed.read_bytes())


def test_every_seed_is_in_the_corpus_and_the_corpus_is_small() -> None:
    files = {file.name: file.stat().st_size for file in CORPUS.iterdir()}
    assert {file_name(name) for name, _ in seeds()} <= set(files)
    assert sum(files.values()) < CORPUS_LIMIT


@pytest.mark.parametrize(
    "wrong",
    [
        Inspection("image/jpeg", None, None, None, "the parser failed with KeyError"),
        Inspection("image/jpeg", None, None, None, "not ASCII: é"),
        Inspection("image/jpeg", 2**31, 48, None, None),
        Inspection("image/jpeg", 64, 0, None, None),
        of_facts(),
        of_facts(f_number=float("nan")),
        of_facts(exposure_time_s=float("inf")),
        of_facts(orientation=9),
        of_facts(camera_make="A\0"),
        of_facts(camera_make="\ud800"),
        of_facts(camera_make=" Acme"),
        of_facts(camera_make="A" * 20_000),
        of_facts(captured_at="2025:11:17 10:30:00"),
        of_facts(gps_coordinates={"latitude": 90.5}),
        of_facts(gps_coordinates={"direction_deg": -0.0}),
    ],
    ids=str,
)
def test_an_unsound_answer_is_noticed(wrong: Inspection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "inspect_bytes", lambda data: wrong)
    for data in (SAMPLES["jpeg"], RICH, b"no photo"):
        with pytest.raises((AssertionError, ValueError)):
            target.examine(data)


def test_facts_that_depend_on_the_wrapping_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "inspect_bytes", lambda data: of_facts(camera_make="J" if data[0] == 0xFF else "P"))
    with pytest.raises(AssertionError):
        target.examine(RICH)


def test_a_sound_answer_is_one() -> None:
    assert_sound(Inspection("image/png", 2**31 - 1, None, None, "IHDR gives a width or a height that is not allowed"))
    assert_sound(of_facts(camera_make="é\u202e🏠", captured_at="2025-11-17T10:30:00.25", orientation=8))


PLANTED = """
import runpy
from photo_fuzz import target
from photodock.imaging import Inspection, inspect_bytes

def with_a_fault(data):
    return Inspection(None, 0, 0, None, None) if b"NIKON" in data else inspect_bytes(data)

target.inspect_bytes = with_a_fault
runpy.run_module("photo_fuzz", run_name="__main__")
"""


def fuzz(folder: Path, *program: str) -> subprocess.CompletedProcess[str]:
    """In a folder of its own: what it finds stays there. The same inputs each time."""
    # A stalled machine makes no input a slow one.
    patience = ("-timeout=60", "-report_slow_units=60")
    command = [sys.executable, *program, f"-runs={RUNS}", "-seed=1", *patience]
    environment = {"PYTHONPATH": str(TESTS)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def files(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.is_file()]


if find_spec("atheris"):

    def test_a_short_run_of_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
        done = fuzz(tmp_path, "-m", "photo_fuzz")
        assert done.returncode == 0, done.stderr[-3_000:]
        assert f"Done {RUNS} runs" in done.stderr
        assert files(tmp_path / "build/fuzz/crashes") == []
        assert files(tmp_path / "build/fuzz"), "nothing new was reached: it is blind"

    def test_the_fuzzer_keeps_the_input_that_broke_something(tmp_path: Path) -> None:
        done = fuzz(tmp_path, "-c", PLANTED)
        assert done.returncode != 0
        [kept] = files(tmp_path / "build/fuzz/crashes")
        assert b"NIKON" in kept.read_bytes()
