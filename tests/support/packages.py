"""Debian's packages, installed when a test first needs them."""

import subprocess
from pathlib import Path

import pytest

INSTALL = Path(__file__).with_name("install.sh")
INSTALL_SECONDS = 300


def require(package: str, program: Path) -> None:
    """Fails the test, with a sentence, where the package is missing and can't be installed."""
    if program.exists():
        return
    try:
        done = subprocess.run([INSTALL, package], capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.fail(f"{package} is missing and was not installed within {INSTALL_SECONDS} s: run {INSTALL} {package}.")
    if done.returncode:
        said = f"{done.stdout}\n{done.stderr}".strip()[-500:]
        pytest.fail(
            f"{package} is missing and can't be installed here: run {INSTALL} {package} as root. It said:\n{said}"
        )
