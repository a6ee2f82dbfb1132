"""What PostgreSQL tells of how it ran a statement."""

from collections.abc import Iterator
from typing import Any


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Of the answer to EXPLAIN (FORMAT JSON): the plan itself and all its parts."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)
