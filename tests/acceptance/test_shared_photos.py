"""`photodock inspect` against 80 public photos whose facts are known, where the folder with them is at hand."""

import subprocess
import sys
from pathlib import Path

SHARED = Path(__file__).parents[2].parent / "shared" / "photos"


def inspect(images: list[Path]) -> str:
    command = [Path(sys.executable).with_name("photodock"), "inspect", *images]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def compare(answers: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SHARED / "compare.py", SHARED / "truth.jsonl", SHARED]
    return subprocess.run(command, input=answers, capture_output=True, text=True, check=False, timeout=60)


if SHARED.is_dir():

    def test_every_photo_with_a_known_truth_is_read_exactly() -> None:
        answers = inspect(sorted((SHARED / "images").iterdir()))
        compared = compare(answers)
        assert compared.returncode == 0, compared.stdout + compared.stderr
        # A comparison that overlooks a wrong answer would prove nothing.
        assert compare(answers.replace('"iso": 100,', '"iso": 101,')).returncode == 1
