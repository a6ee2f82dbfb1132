"""JSON of a client's making, as JSONB can hold it and as it is answered."""

import json
import math
from decimal import Decimal
from typing import Any

MAX_DETECTIONS_BYTES = 256 * 1024
MAX_JSON_DEPTH = 64
"""Of detections: far above any detector's need, far below what recursion in a parser would mind."""

TEXT_PATTERN = r"^[^\u0000]*$"
STORABLE = "StorableValue"
"""The name of the schema of what JSONB can store; `STORABLE_SCHEMA` is it."""
STORABLE_OBJECT: dict[str, Any] = {
    "propertyNames": {"pattern": TEXT_PATTERN},
    "additionalProperties": {"$ref": f"#/components/schemas/{STORABLE}"},
}
STORABLE_SCHEMA: dict[str, Any] = {
    "description": "Any JSON without U+0000 in its texts.",
    "anyOf": [
        {"type": ["number", "boolean", "null"]},
        {"type": "string", "pattern": TEXT_PATTERN},
        {"type": "array", "items": {"$ref": f"#/components/schemas/{STORABLE}"}},
        {"type": "object", **STORABLE_OBJECT},
    ],
}


def storable(value: Any, depth: int = 0) -> Any:
    """Refuses what JSONB refuses: NaN, infinities, U+0000 and lone surrogates, and depths that break parsers."""
    if depth > MAX_JSON_DEPTH:
        raise ValueError(f"may be nested {MAX_JSON_DEPTH} levels deep at the most")
    match value:
        case float() if not math.isfinite(value):
            raise ValueError("may not hold NaN or infinite numbers")
        case str() if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("may not hold U+0000 or lone surrogates")
        case dict():
            for key, item in value.items():
                storable(key, depth + 1)
                storable(item, depth + 1)
        case list():
            for item in value:
                storable(item, depth + 1)
    return value


def _behind_exponents(value: Any) -> int:
    """How many more digits PostgreSQL writes, which knows no exponents: `1e308` is 309 of them."""
    match value:
        case dict():
            return sum(map(_behind_exponents, value.values()))
        case list():
            return sum(map(_behind_exponents, value))
        case float() if "e" in (written := repr(value)):
            return len(f"{Decimal(written):f}") - len(written)
        case _:
            return 0


def not_too_large(value: dict[str, Any]) -> dict[str, Any]:
    # Measured without blanks, escapes and exponents: as it is answered, however the client has written it.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) + _behind_exponents(value) > MAX_DETECTIONS_BYTES:
        raise ValueError(
            f"may have {MAX_DETECTIONS_BYTES // 1024} KB at the most, as JSON without blanks and exponents"
        )
    return value
