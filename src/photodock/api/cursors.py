"""Cursors of keyset pages: opaque to clients, the last photo's id inside."""

import base64
import binascii
from uuid import UUID

from photodock.domain.errors import InvalidRequest

PATTERN = "^[A-Za-z0-9_-]{21}[AQgw]$"
"""Of all cursors, as OpenAPI tells it: 16 bytes, 4 bits of the last character unused."""


def encode(photo_id: UUID) -> str:
    return base64.urlsafe_b64encode(photo_id.bytes).rstrip(b"=").decode()


def decode(cursor: str | None) -> UUID | None:
    """Raises InvalidRequest for anything that `encode` did not make."""
    if cursor is None:
        return None
    try:
        photo_id = UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (binascii.Error, ValueError):
        photo_id = None
    if photo_id is None or encode(photo_id) != cursor:
        raise InvalidRequest("The cursor is not one of ours. Use next_cursor of the page before, unchanged.")
    return photo_id
