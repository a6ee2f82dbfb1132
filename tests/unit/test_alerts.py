"""Alerts and dashboard ask for metrics that there are, and each alert has its section in the runbook."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from photodock.metrics.definitions import ALL
from support.packages import require

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = (PROMETHEUS / "rules.yml").read_text()
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "photodock.json").read_text())
PROMTOOL = Path("/usr/bin/promtool")
PARTS = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
SERIES = {one.name + part for one in ALL for part in PARTS[one.kind]}
ALERTS = re.findall(r"(?m)^ +- alert: (\w+)$", RULES)


def asked_for(text: str) -> set[str]:
    return set(re.findall(r"\bphotodock_\w+", text))


def queries() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("arguments", [("check", "rules", "rules.yml"), ("test", "rules", "tests.yml")], ids=" ".join)
def test_promtool_takes_the_rules_and_their_own_tests(arguments: tuple[str, ...]) -> None:
    require("prometheus", PROMTOOL)
    done = subprocess.run(
        [PROMTOOL, *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_alerts_ask_only_for_what_there_is() -> None:
    assert asked_for(RULES)
    assert asked_for(RULES) <= SERIES


def test_the_dashboard_asks_only_for_what_there_is() -> None:
    assert len(queries()) >= len(DASHBOARD["panels"]) >= 15
    for query in queries():
        assert asked_for(query), query
        assert asked_for(query) <= SERIES, query


def test_the_pages_ask_only_for_what_there_is() -> None:
    for page in ("metrics.md", "runbook.md"):
        shown = asked_for((ROOT / "docs" / page).read_text())
        assert shown - SERIES <= {one.name for one in ALL}, page


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    sections = re.findall(r"(?m)^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text())
    assert sections == ALERTS
    assert re.findall(r"runbook: docs/runbook\.md#(\w+)", RULES) == [name.lower() for name in ALERTS]
