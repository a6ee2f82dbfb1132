"""Alerts and dashboard ask for metrics that there are, and each alert has its section in the runbook."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

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


@pytest.mark.parametrize(
    "arguments",
    [
        *(("check", "rules", "rules.yml"), ("test", "rules", "tests.yml")),
        *(("check", "config", "prometheus.yml"), ("check", "config", "kubernetes.yml")),
    ],
    ids=" ".join,
)
def test_promtool_takes_the_rules_and_their_own_tests(arguments: tuple[str, ...]) -> None:
    require("prometheus", PROMTOOL)
    done = subprocess.run(
        [PROMTOOL, *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_each_alert_is_shown_to_fire() -> None:
    tests = yaml.safe_load((PROMETHEUS / "tests.yml").read_text())["tests"]
    shown = {rule["alertname"] for test in tests for rule in test["alert_rule_test"] if rule["exp_alerts"]}
    assert shown == set(ALERTS)


def test_prometheus_asks_where_the_processes_answer() -> None:
    """The ports are those of the units and of the manifests."""
    targets = {
        job["job_name"]: [target for group in job["static_configs"] for target in group["targets"]]
        for job in yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    }
    systemd = ROOT / "deploy" / "systemd"
    started = re.findall(r"photodock-(serve|worker)@(\w+)\.service", (systemd / "photodock.target").read_text())
    (port,) = re.findall(r"PHOTODOCK_WORKER_METRICS_PORT=(\w*)%i", (systemd / "photodock-worker@.service").read_text())
    expected = [f"127.0.0.1:{instance}" for process, instance in started if process == "serve"]
    assert targets["photodock-serve"] == expected
    expected = [f"127.0.0.1:{port}{instance}" for process, instance in started if process == "worker"]
    assert targets["photodock-worker"] == expected
    in_cluster = yaml.safe_load((PROMETHEUS / "kubernetes.yml").read_text())["scrape_configs"]
    for process, job in zip(("serve", "worker"), in_cluster, strict=True):
        (found,) = job["dns_sd_configs"]
        manifests = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / f"{process}.yaml").read_text()))
        (container,) = manifests[0]["spec"]["template"]["spec"]["containers"]
        (service,) = [one for one in manifests if one["metadata"]["name"] == f"{process}-pods"]
        assert (job["job_name"], found["names"]) == (f"photodock-{process}", [f"{process}-pods.photodock.svc"])
        assert service["spec"]["clusterIP"] == "None"
        assert [port["port"] for port in service["spec"]["ports"]] == [found["port"]]
        assert [port["containerPort"] for port in container["ports"]] == [found["port"]]


def test_alerts_ask_only_for_what_there_is() -> None:
    assert asked_for(RULES)
    assert asked_for(RULES) <= SERIES


def test_the_dashboard_asks_only_for_what_there_is() -> None:
    assert len(queries()) >= len(DASHBOARD["panels"]) >= 15
    for query in queries():
        assert asked_for(query), query
        assert asked_for(query) <= SERIES, query


def test_prometheus_understands_each_of_the_dashboards_queries(tmp_path: Path) -> None:
    require("prometheus", PROMTOOL)
    rules = [
        {"record": f"panel:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries())
    ]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run([PROMTOOL, "check", "rules", file], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_the_dashboard_shows_what_alerts_ask_for_and_the_runbook_says_where() -> None:
    assert asked_for(RULES) <= asked_for(" ".join(queries()))
    (route,) = re.findall(r'\broute="[^"]+"', RULES)
    assert route in " ".join(queries())
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    table = (ROOT / "docs" / "runbook.md").read_text().partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| (`Photodock.+) \| (.+) \|$", table)
    assert sorted(name for alerts, _ in rows for name in re.findall(r"`(\w+)`", alerts)) == sorted(ALERTS)
    for alerts, panels in rows:
        named = re.findall(r"\*([^*]+)\*", panels)
        assert named, alerts
        assert [name for name in named if not any(title.startswith(name) for title in titles)] == []


def test_the_pages_ask_only_for_what_there_is() -> None:
    for page in ("metrics.md", "runbook.md"):
        shown = asked_for((ROOT / "docs" / page).read_text())
        assert shown - SERIES <= {one.name for one in ALL}, page


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    sections = re.findall(r"(?m)^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text())
    assert sections == ALERTS
    assert re.findall(r"runbook: docs/runbook\.md#(\w+)", RULES) == [name.lower() for name in ALERTS]
