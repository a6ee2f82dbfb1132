"""docs/metrics.md lists what is exposed, and asks only of that."""

import re
from pathlib import Path

from prometheus_client import generate_latest

from photodock.metrics.definitions import ALL, REGISTRY

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "metrics.md").read_text()


def test_the_page_lists_every_metric_as_it_is_defined() -> None:
    shown = [line for line in PAGE.splitlines() if line.startswith("| `photodock_")]
    assert shown == [
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels) or 'none'} | {one.exposed} "
        f"| {one.meaning} |"
        for one in ALL
    ]


def test_every_metric_of_the_registry_is_described() -> None:
    exposed = {
        (name if kind != "counter" or name.endswith("_total") else f"{name}_total", kind)
        for name, kind in re.findall(r"(?m)^# TYPE (\S+) (\S+)$", generate_latest(REGISTRY).decode())
        if not name.endswith("_created")
    }
    assert exposed <= {(one.name, one.kind) for one in ALL}


def test_names_say_whose_they_are_and_in_which_unit() -> None:
    for one in ALL:
        assert re.fullmatch(r"photodock_[a-z0-9_]+", one.name)
        assert one.name.endswith("_total") == (one.kind == "counter"), one.name
        assert one.kind != "histogram" or one.name.endswith(("_seconds", "_bytes")), one.name
