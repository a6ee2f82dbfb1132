"""AWS Signature Version 4, in the parts that URLs share.

What is the same for one day and one set of credentials is computed once (`CredentialScope`), and likewise for one
second (`Second`); what is left for each URL is one SHA-256 and one HMAC.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from photodock.domain.errors import StorageAccessDenied
from photodock.storage.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"


class Mac:
    """HMAC-SHA256 (RFC 2104), begun with its key and copied for each use, because keying it costs more than using it.
    As its two hashes: the library's own object takes three times as long to copy.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes, begun: bytes = b"") -> None:
        """`key` has at most 64 bytes."""
        padded = key.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + begun)
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def hexdigest(self, rest: bytes) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(rest)
        outer.update(inner.digest())
        return outer.hexdigest()


@dataclass(frozen=True, slots=True)
class CredentialScope:
    """What all URLs of one day, one region and one set of credentials share."""

    credentials: Credentials
    date: str
    name: str
    signing_key: bytes = field(repr=False)
    credential_parameters: str
    token_parameter: str = field(repr=False)

    @classmethod
    def derive(cls, credentials: Credentials, date: str, region: str) -> "CredentialScope":
        name = f"{date}/{region}/s3/aws4_request"
        signing_key = f"AWS4{credentials.secret_access_key}".encode()
        for part in name.split("/"):
            signing_key = hmac.digest(signing_key, part.encode(), "sha256")
        credential = quote(f"{credentials.access_key_id}/{name}", safe="")
        token = credentials.session_token
        return cls(
            credentials=credentials,
            date=date,
            name=name,
            signing_key=signing_key,
            credential_parameters=f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}",
            token_parameter=f"&X-Amz-Security-Token={quote(token, safe='')}" if token else "",
        )


@dataclass(frozen=True, slots=True)
class Second:
    """What all URLs of one second share: a signature's time has no fractions."""

    scope: CredentialScope
    start: datetime
    end: datetime
    parameters: str
    mac: Mac = field(repr=False)
    """Of the string to sign, but for the canonical request's hash at its end."""
    seconds_left: int | None
    """Until the credentials end; None if they don't."""

    @classmethod
    def enter(cls, scope: CredentialScope, start: datetime) -> "Second":
        timestamp = start.strftime("%Y%m%dT%H%M%SZ")
        ends_at = scope.credentials.expires_at
        seconds_left = None if ends_at is None else int((ends_at - start).total_seconds())
        return cls(
            scope=scope,
            start=start,
            end=start + timedelta(seconds=1),
            parameters=f"{scope.credential_parameters}&X-Amz-Date={timestamp}",
            mac=Mac(scope.signing_key, f"{ALGORITHM}\n{timestamp}\n{scope.name}\n".encode()),
            seconds_left=seconds_left,
        )

    def lifetime(self, wanted_seconds: int) -> int:
        """Seconds for which a URL signed now is good: S3 refuses it once the credentials have ended."""
        if self.seconds_left is None:
            return wanted_seconds
        if self.seconds_left < 1:
            raise StorageAccessDenied("No upload or download can be authorized at the moment. Try again later.")
        return min(wanted_seconds, self.seconds_left)

    def queries(self, lifetime: int, signed_headers: str) -> tuple[str, str]:
        """All of the query but the signature: in the order that is signed, by name and capitals first, and in the
        SDK's, which URLs keep."""
        dated = f"{self.parameters}&X-Amz-Expires={lifetime}"
        token = self.scope.token_parameter
        signed = f"&X-Amz-SignedHeaders={signed_headers.replace(';', '%3B')}"
        return f"{dated}{token}{signed}", f"{dated}{signed}{token}"

    def signature(self, canonical_request: str) -> str:
        return self.mac.hexdigest(hashlib.sha256(canonical_request.encode()).hexdigest().encode())
