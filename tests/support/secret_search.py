"""After the last test: no log of the whole run may hold a secret, a token or a signature that the run has used.

Searched are the log files of every process and server that tests started (all write them into the run's folder for
temporary files), and whatever the tests' own process has printed or logged. What is found is named by its place and
kind, and not repeated.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

KEPT_SECRETS = ("password", "secret-key", "s3-secret-key", "jwt-secret", "webhook-key")
"""The files in which servers that are started here keep the secrets that they have made."""
MARKS = {
    "an access token": re.compile(rb"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
    "a webhook's secret": re.compile(rb"whsec_[A-Za-z0-9+/]{32,}"),
    "a webhook's signature": re.compile(rb"v1,[A-Za-z0-9+/]{43}="),
    "a signature": re.compile(rb"Signature(=|%3D|\W{1,4})[0-9a-f]{64}"),
}


class SecretSearch:
    """A plugin of pytest. `secrets` are those that are written in the tests themselves."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = {f"the secret {secret[:4]}…": secret.encode() for secret in secrets}
        self._found: list[str] = []
        self._files = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, content in report.sections:
            self._found += [f"{report.nodeid}, {name}: {what}" for what in self._kinds(content.encode(), {})]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workerinput"):
            return  # One of several processes: their parent searches, when all have ended.
        folder = session.config._tmp_path_factory.getbasetemp()
        made = dict(kept_secrets(folder))
        for file in log_files(folder):
            self._files += 1
            self._found += [f"{file.relative_to(folder)}: {what}" for what in self._kinds(file.read_bytes(), made)]
        if self._found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._found:
            terminalreporter.section("secrets in logs", red=True)
            for line in dict.fromkeys(self._found):
                terminalreporter.line(line)
        elif self._files:
            terminalreporter.line(f"No secret in any of {self._files} log files, nor in what the tests have printed.")

    def _kinds(self, text: bytes, made: dict[str, bytes]) -> Iterator[str]:
        yield from (kind for kind, mark in MARKS.items() if mark.search(text))
        yield from (kind for kind, secret in {**self._secrets, **made}.items() if secret in text)


def log_files(folder: Path) -> Iterator[Path]:
    """`.log`, and `.log.1` of the run before."""
    yield from (file for file in sorted(folder.rglob("*.log*")) if file.is_file())


def kept_secrets(folder: Path) -> Iterator[tuple[str, bytes]]:
    for name in KEPT_SECRETS:
        for file in folder.rglob(name):
            if file.is_file() and (secret := file.read_bytes().strip()):
                yield f"the secret in {file.relative_to(folder)}", secret
