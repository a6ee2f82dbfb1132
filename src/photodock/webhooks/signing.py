"""Secrets of webhooks, and signatures with them: Standard Webhooks, https://www.standardwebhooks.com."""

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from photodock.domain.webhooks import Event

PREFIX = "whsec_"
SECRET_BYTES = 32
"""Of the 24 to 64 that the specification allows: as long as the hash."""


class SecretUnreadable(Exception):
    """It was sealed with a key that the service no longer has."""


class Secrets:
    """Makes secrets, and seals them for the database: whoever reads that alone can sign nothing.

    Of `keys`, each 32 bytes in base64, the first seals, and all of them open.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key.rstrip("=") + "=") for key in keys])

    def sealed(self, secret: bytes) -> str:
        return self._fernet.encrypt(secret).decode()

    def opened(self, sealed: str) -> bytes:
        """Raises SecretUnreadable."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise SecretUnreadable from None


def make_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """As the receiver's library takes it."""
    return PREFIX + base64.b64encode(secret).decode()


def signed_headers(event: Event, body: bytes, keys: Sequence[bytes], now: datetime) -> dict[str, str]:
    """One signature for each of `keys`: while a secret is replaced the receiver may know either."""
    timestamp = int(now.timestamp())
    content = f"{event.id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys)
    return {
        "webhook-id": str(event.id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
