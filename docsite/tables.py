"""What generated pages have in common: tables and code in Markdown."""

import json
from collections.abc import Iterable, Sequence
from typing import Any


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [row(heads), row(["---"] * len(heads)), *(row(cells) for cells in rows), ""]


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |"


def code(language: str, text: str) -> list[str]:
    return [f"```{language}", text.rstrip(), "```", ""]


def as_json(value: Any) -> list[str]:
    return code("json", json.dumps(value, indent=2, ensure_ascii=False))
