"""The search for secrets in the logs of a whole run: it must be able to fail, or its silence would say nothing."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CONFTEST = """
from support.secret_search import SecretSearch

def pytest_configure(config):
    config.pluginmanager.register(SecretSearch(["a-secret-of-these-tests"]))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Outside of this run's own folder, which is searched too."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def run(folder: Path, bodies: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    """Each body is a test, with `log` as the log file of a server."""
    tests = (
        f"def test_{number}(tmp_path):\n    log = tmp_path / 'serve.log'\n    {body}\n"
        for number, body in enumerate(bodies)
    )
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_inner.py").write_text("\n".join(["import sys, logging", *tests]))
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {TESTS}\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--basetemp={folder / 'run'}", *options]
    # Of all plugins that are installed it needs one, and may not need that.
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, check=False, timeout=120)


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl"
LEAKS = {
    f"log.write_text('Bearer {TOKEN}')": "test_00/serve.log: an access token",
    f"(tmp_path / 'serve.log.1').write_text('{TOKEN}')": "test_10/serve.log.1: an access token",
    f"log.write_text('?X-Amz-Signature={'0a' * 32}')": "test_20/serve.log: a signature",
    "log.write_text('a-secret-of-these-tests')": "test_30/serve.log: the secret a-se…",
    "(tmp_path / 'password').write_text('made-1'); log.write_text('user:made-1@host')": (
        "test_40/serve.log: the secret in "
    ),
    "print('a-secret-of-these-tests')": "test_5, Captured stdout call: the secret a-se…",
    f"sys.stderr.write('{TOKEN}')": "test_6, Captured stderr call: an access token",
    "logging.warning('a-secret-of-these-tests')": "test_7, Captured log call: the secret a-se…",
}
ONE_PROCESS_OR_SEVERAL = pytest.mark.parametrize(
    "options", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "several"]
)


@ONE_PROCESS_OR_SEVERAL
def test_a_run_that_leaks_fails_and_says_where_but_not_what(folder: Path, options: tuple[str, ...]) -> None:
    found = run(folder, list(LEAKS), *options)
    assert found.returncode == 1, found.stdout
    assert f"{len(LEAKS)} passed" in found.stdout
    said = found.stdout.partition("secrets in logs")[2]
    assert [expected for expected in LEAKS.values() if expected not in said] == []
    assert not [secret for secret in ("made-1", "a-secret-of-these-tests", TOKEN) if secret in said]


@ONE_PROCESS_OR_SEVERAL
def test_a_run_that_leaks_nothing_passes(folder: Path, options: tuple[str, ...]) -> None:
    found = run(folder, ["log.write_text('token: [hidden]')"], *options)
    assert found.returncode == 0, found.stdout
    assert "No secret in any of 1 log files" in found.stdout
