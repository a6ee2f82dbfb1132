"""Every setting, from the class that reads them."""

from collections.abc import Iterator
from datetime import timedelta
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from docsite.tables import table
from photodock.settings import PREFIX, Settings

UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
BOUNDS = ((Ge, "ge", "from"), (Gt, "gt", "above"), (Le, "le", "to"), (Lt, "lt", "below"))
GROUPS = {
    "Access tokens": ("jwt",),
    "The database": ("database", "migration"),
    "The store": ("s3",),
    "Queues": ("queue", "sqs", "retry", "outbox"),
    "Uploads and their limits": ("upload", "min", "max_file", "multipart", "pending_uploads", "organization_upload"),
    "Projects": ("organization_projects",),
    "Detection": ("detection",),
    "Pixels": ("decode", "renditions", "rendition"),
    "Webhooks": ("webhook",),
    "Traces": ("otlp", "trace"),
    "Clients' connections": ("request", "max_connections", "max_streams", "user_max", "stream", "cors"),
}
OTHERS = "Everything else"
INTRODUCTION = """# Settings

Environment variables, read and checked once at start; a wrong one ends the process with a sentence that says what to
do. Durations are `90`, `90s`, `15m`, `1h` or `7d`; lists are separated by commas. This page is made from the class that
reads them.
"""


def page() -> str:
    fields = Settings.model_fields
    lines = [INTRODUCTION]
    for group in (*GROUPS, OTHERS):
        named = [name for name in fields if group_of(name) == group]
        lines += [f"## {group}", "", *table(("Variable", "Default", "Takes", "Meaning"), map(cells, named))]
    return "\n".join(lines)


def group_of(name: str) -> str:
    """That with the longest beginning in common."""
    known = [(len(word), group) for group, words in GROUPS.items() for word in words if name.startswith(word)]
    if name.startswith("organization_") and not known:
        return "Uploads and their limits" if "pending" in name else "Clients' connections"
    return max(known)[1] if known else OTHERS


def cells(name: str) -> tuple[str, str, str, str]:
    field = Settings.model_fields[name]
    return f"`{PREFIX}{name.upper()}`", shown_default(field), takes(field), field.description or ""


def duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    unit, size = next((unit, size) for unit, size in UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"


def shown_default(field: FieldInfo) -> str:
    match field.default:
        case _ if field.is_required():
            return "**must be set**"
        case timedelta() as value:
            return f"`{duration(value)}`"
        case tuple() as values if values:
            return f"`{','.join(format(value, 'g') if isinstance(value, float) else str(value) for value in values)}`"
        case None | "" | ():
            return "empty"
        case bool(value):
            return f"`{str(value).lower()}`"
        case value:
            return f"`{value}`"


def takes(field: FieldInfo) -> str:
    return " ".join([kind(field.annotation), *bounds(field.metadata)])


def kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return kind(next(one for one in arguments if one is not type(None)))
    if origin is tuple:
        return "a list"
    names = {
        bool: "`true` or `false`",
        int: "a number",
        float: "a number",
        timedelta: "a duration",
        SecretStr: "a secret",
    }
    return names.get(annotation, "a text")


def bounds(metadata: list[Any]) -> Iterator[str]:
    for type_, name, word in BOUNDS:
        for constraint in metadata:
            if isinstance(constraint, type_):
                yield f"{word} {getattr(constraint, name):,}"
