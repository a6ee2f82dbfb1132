"""Positions in the feed as clients hold them: encrypted with their organization's key.

A position says how much goes on in the whole system. So nobody may read one, nor see whether two are the same where
that would tell of others' changes.
"""

import base64
import binascii
import os
import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from photodock.domain.change import Position

PURPOSE = b"photodock position 1"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
FORM = struct.Struct(">QqQ8s")
"""Transaction, id, microseconds since `EPOCH` (PostgreSQL keeps no finer ones), salt."""
NO_SALT, SALT_BYTES = bytes(8), 8
LENGTH = 64
"""Of what `encode` gives: 48 bytes, with the cipher's 16 in front."""


class Positions:
    """One organization's. AES-SIV (RFC 5297), which no repetition breaks."""

    def __init__(self, key: bytes, organization_id: UUID) -> None:
        self._cipher = AESSIV(key)
        self._associated = [PURPOSE, organization_id.bytes]

    def of_change(self, position: Position) -> str:
        """Of an own change: always the same for the same one."""
        return self._encode(position, NO_SALT)

    def of_anyone(self, position: Position) -> str:
        """Of a change that may be another organization's: never the same again."""
        return self._encode(position, os.urandom(SALT_BYTES))

    def _encode(self, position: Position, salt: bytes) -> str:
        moment = (position.at - EPOCH) // timedelta(microseconds=1)
        plain = FORM.pack(position.transaction_id, position.id, moment, salt)
        return base64.urlsafe_b64encode(self._cipher.encrypt(plain, self._associated)).decode()

    def decode(self, text: str) -> Position | None:
        """None for whatever was not made here, for this organization."""
        if len(text) != LENGTH:
            return None
        try:
            plain = self._cipher.decrypt(base64.b64decode(text, b"-_", validate=True), self._associated)
        except (binascii.Error, ValueError, InvalidTag):
            return None
        transaction_id, change_id, moment, _ = FORM.unpack(plain)
        return Position(transaction_id, change_id, EPOCH + timedelta(microseconds=moment))
