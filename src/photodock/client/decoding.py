"""From the API's JSON to the values in `models`, by their annotations."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar, cast, get_args, get_origin
from uuid import UUID

T = TypeVar("T")

_SCALARS = (str, int, float, bool)


def decode(kind: Callable[..., T], found: object, **more: object) -> T:
    """`found` as a `kind`, a dataclass, `more` beside it. Raises ValueError where it is none; unknown fields are passed
    over."""
    if not isinstance(found, Mapping):
        raise ValueError("no object")
    given = {**found, **more}
    return kind(**{field.name: _field(field, given) for field in fields(cast(Any, kind))})


def _field(field: Field[Any], given: Mapping[str, object]) -> object:
    if field.name in given:
        return _value(field.type, given[field.name], field.name)
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    raise ValueError(f"missing: {field.name}")


def _value(hint: Any, found: Any, name: str) -> object:
    if hint in _SCALARS or get_origin(hint) is dict:
        # bool is an int to Python, but not to JSON.
        expected = get_origin(hint) or hint
        if isinstance(found, expected) and (expected is bool or not isinstance(found, bool)):
            return found
    elif hint is UUID and isinstance(found, str):
        return UUID(found)
    elif hint is datetime and isinstance(found, str):
        return datetime.fromisoformat(found)
    elif isinstance(hint, types.UnionType):
        return None if found is None else _value(get_args(hint)[0], found, name)
    elif get_origin(hint) is tuple and isinstance(found, list):
        return tuple(_value(get_args(hint)[0], item, name) for item in found)
    elif is_dataclass(hint) and isinstance(hint, type):
        return decode(hint, found)
    raise ValueError(f"not as described: {name}")
