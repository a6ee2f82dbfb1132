"""Every call of the API, from docs/openapi.json; what to do about each error, from docs/errors.md."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docsite.schemas import fields, kind
from docsite.tables import as_json, code, table

DOCS = Path(__file__).parents[1] / "docs"
PREFIX = "/api/v1"
TITLES = {
    "uploads": "Uploads",
    "photos": "Photos",
    "projects": "Projects",
    "policies": "Policies",
    "outbox": "Parked jobs",
    "events": "Events",
    "webhooks": "Webhooks",
    "service": "Health",
}
INTRODUCTION = """# HTTP API, call by call

Every call with all that it takes and answers, made from the [OpenAPI document](../openapi.json), which clients are made
from. [HTTP API, with examples](../api.md) tells the same as a story, with requests to paste. All calls but those of
health stand under `/api/v1` and want `Authorization: Bearer <token>`. Errors are [problem documents](../errors.md).
"""
Document = dict[str, Any]


def page() -> str:
    document: Document = json.loads((DOCS / "openapi.json").read_text())
    mends = mends_of((DOCS / "errors.md").read_text())
    lines = [INTRODUCTION]
    for tag, title in TITLES.items():
        lines += [f"## {title}", ""]
        for name, operation in operations(document):
            if tag in operation["tags"]:
                lines += call(name, operation, document, mends)
    lines += ["## Objects", ""]
    for name, schema in document["components"]["schemas"].items():
        lines += described(name, schema)
    return "\n".join(lines)


def mends_of(page: str) -> dict[str, str]:
    """What to do about each code; relative links lead from docs/reference/."""
    found = re.findall(r"(?m)^\| `(\w+)` \| \d{3} \|.*\| ([^|]+) \|$", page)
    return {code: re.sub(r"\]\((?=[\w-]+\.md)", "](../", mend) for code, mend in found}


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path.removeprefix(PREFIX)}", operation


def call(name: str, operation: Document, document: Document, mends: dict[str, str]) -> list[str]:
    anchor = re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")
    lines = [f"### {name}", "", f"**{operation['summary']}.** [With an example](../api.md#{anchor})", ""]
    lines += [operation.get("description", ""), ""]
    parameters = [
        (
            f"`{one['name']}`",
            one["in"],
            kind(one["schema"]),
            "yes" if one.get("required") else "",
            one.get("description", ""),
        )
        for one in operation.get("parameters", ())
    ]
    lines += table(("Parameter", "In", "Type", "Required", "Meaning"), parameters) if parameters else []
    if body := operation.get("requestBody"):
        lines += ["**Body**", "", *content(body["content"], document)]
    for status, answer in operation["responses"].items():
        if int(status) < 300:
            lines += [f"**Answer {status}**", "", *content(answer.get("content", {}), document)]
    errors = list(refusals(operation, mends))
    return lines + (["**Errors**", "", *table(("Status", "Code", "What to do"), errors)] if errors else [])


def refusals(operation: Document, mends: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for status, answer in sorted(operation["responses"].items()):
        for found in re.findall(r"`(\w+)`: ", answer["description"]) if int(status) >= 400 else ():
            yield status, f"`{found}`", mends[found]


def content(kinds: Document, document: Document) -> list[str]:
    lines = []
    for media_type, one in kinds.items():
        schema = one.get("schema", {})
        lines += [f"{kind(schema)}, `{media_type}`", ""]
        if "example" in one:
            lines += code("text", one["example"])
        elif "$ref" in schema:
            lines += example(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return lines or ["Nothing.", ""]


def described(name: str, schema: Document) -> list[str]:
    lines = [f"### {name}", "", schema.get("description", ""), ""]
    return lines + (fields(schema) or [kind(schema), ""])


def example(schema: Document) -> list[str]:
    return as_json(schema["examples"][0]) if schema.get("examples") else []
