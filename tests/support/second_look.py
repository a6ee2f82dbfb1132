"""With `--second-look` a test that fails in its own body is run once more; one that passes then is named at the end.

What fixtures find when they end (an audit of a whole system, a leak) counts at once, and so do coverage and the search
for secrets: they are of the whole run, which goes on as it is.
"""

import pytest
from _pytest.runner import runtestprotocol

UNSTEADY = "unsteady"


class SecondLook:
    """A plugin of pytest."""

    def __init__(self) -> None:
        self._unsteady: list[tuple[str, str]] = []

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = [report for report in reports if report.failed]
        if [report.when for report in failed] == ["call"]:
            item.user_properties.append((UNSTEADY, failed[0].longreprtext))
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Also in the process that only gathers what others have run."""
        if report.when == "call" and report.passed:
            self._unsteady += [(report.nodeid, str(text)) for name, text in report.user_properties if name == UNSTEADY]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for nodeid, text in self._unsteady:
            terminalreporter.section(f"UNSTEADY: {nodeid}", yellow=True)
            terminalreporter.write_line(text)
