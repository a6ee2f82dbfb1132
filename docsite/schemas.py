"""JSON Schema in words: what a field takes, and tables of an object's fields."""

from collections.abc import Iterator, Mapping
from typing import Any

from docsite.tables import table

Schema = Mapping[str, Any]
BOUNDS = (
    ("minLength", "at least {:,} characters"),
    ("maxLength", "at most {:,} characters"),
    ("minimum", "from {:,}"),
    ("maximum", "to {:,}"),
    ("minItems", "at least {:,}"),
    ("maxItems", "at most {:,}"),
)
LARGEST = 2**53
"""A bound beyond that is a number's own, and tells a reader nothing."""


def fields(schema: Schema) -> list[str]:
    required = schema.get("required", ())
    rows = [
        (f"`{name}`", kind(field), "yes" if name in required else "", field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    ]
    return table(("Field", "Type", "Required", "Meaning"), rows) if rows else []


def kind(schema: Schema) -> str:
    """What the value may be, with links to the objects further down the page."""
    return ", ".join([" or ".join(dict.fromkeys(kinds(schema))), *bounds(schema)])


def kinds(schema: Schema) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield f"[{name}](#{name.lower()})"
    elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
        for one in alternatives:
            yield kind(one)
    elif "const" in schema:
        yield f"`{schema['const']}`"
    elif "enum" in schema:
        yield " or ".join(f"`{'null' if value is None else value}`" for value in schema["enum"])
    elif schema.get("type") == "array":
        yield f"list of {kind(schema.get('items', {}))}"
    elif isinstance(schema.get("type"), list):
        yield from schema["type"]
    else:
        yield schema.get("format") or schema.get("type") or "anything"


def bounds(schema: Schema) -> Iterator[str]:
    for name, words in BOUNDS:
        value = schema.get(name)
        if value and value < LARGEST:
            yield words.format(int(value) if value == int(value) else value)
