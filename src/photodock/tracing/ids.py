"""The trace that a photo has: its id alone says which (ADR 0031). And W3C Trace Context's `traceparent`."""

import re
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class SpanIds:
    trace_id: int
    span_id: int


@dataclass(frozen=True, slots=True)
class Parent:
    """A span of another process."""

    ids: SpanIds
    is_sampled: bool


def root_of(photo_id: UUID) -> SpanIds:
    """The span with which a photo's trace begins. Hashed, because samplers take a trace id's last 8 bytes for chance:
    those of a photo's id begin with fixed bits."""
    digest = blake2b(photo_id.bytes, digest_size=24, person=b"photodock trace").digest()
    return SpanIds(int.from_bytes(digest[:16]), int.from_bytes(digest[16:]))


def parent_in(traceparent: str | None) -> Parent | None:
    """None for what is no `traceparent` (https://www.w3.org/TR/trace-context/): without one a trace begins anew."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    return Parent(SpanIds(trace_id, span_id), bool(flags & _SAMPLED)) if trace_id and span_id else None
