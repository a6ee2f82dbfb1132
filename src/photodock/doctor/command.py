"""What `photodock doctor` does."""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rich.console import Console

from photodock import logs
from photodock.doctor.checks import CHECKS, NAMES
from photodock.doctor.checks.base import Check
from photodock.doctor.checks.configuration import faults_of
from photodock.doctor.findings import Finding, State
from photodock.doctor.installation import opened
from photodock.doctor.report import json_line, show, summary
from photodock.doctor.running import examined
from photodock.settings import SettingsError, load_settings

WELL, WRONG, NOT_RUN = 0, 1, 2
"""Exit status: all well; something is wrong; the checks could not be run."""
CLEAR_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Wish:
    """Names of checks: `only` these, or all where it is empty; without those in `skip`."""

    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    json_lines: bool = False

    def unknown(self) -> list[str]:
        return sorted({*self.only, *self.skip} - set(NAMES))

    def chosen(self) -> set[str]:
        return set(self.only or NAMES) - set(self.skip)


async def run_doctor(
    wish: Wish,
    write: Callable[[str], None],
    *,
    checks: Sequence[Check] = CHECKS,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Writes each finding as it comes; returns the exit status. What was put into the bucket is taken away again when
    the run is broken off, too."""
    report = _Report(wish, write)
    try:
        settings = load_settings()
    except SettingsError as error:
        report.add(replace(finding, check="settings") for finding in faults_of(error))
        return NOT_RUN
    async with opened(settings, environ) as here:
        try:
            async for findings in examined(here, checks, wish.chosen()):
                report.add(findings)
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.shield(asyncio.wait_for(here.clear(), CLEAR_SECONDS))
    report.end()
    return WRONG if report.counts[State.WRONG] else WELL


class _Report:
    def __init__(self, wish: Wish, write: Callable[[str], None]) -> None:
        self._write = write
        self._json_lines = wish.json_lines
        # Its colours, where it is a terminal.
        self._console = Console()
        self.counts: Counter[State] = Counter()

    def add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.counts[finding.state] += 1
            if self._json_lines:
                self._write(json_line(finding))
            else:
                show(self._console, finding)

    def end(self) -> None:
        if not self._json_lines:
            self._console.print(summary(self.counts), soft_wrap=True)


def run(wish: Wish, write: Callable[[str], None]) -> int:
    """Until it is done, or a signal breaks it off: then 128 and the signal's number, and the bucket is as before."""

    async def breakable() -> int:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        broken_by: list[int] = []

        def break_off(number: int) -> None:
            broken_by.append(number)
            if task and len(broken_by) == 1:
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, break_off, number)
        try:
            return await run_doctor(wish, write)
        except asyncio.CancelledError:
            if not broken_by:
                raise
            return 128 + broken_by[0]

    logs.silence()
    return asyncio.run(breakable())
