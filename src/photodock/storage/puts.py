"""Presigned PUTs: what the URLs of one second have in common is written once, however many they are."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from photodock.storage.signing import Second

_UPLOAD_HEADERS = "content-length;content-type;host;if-none-match"
_PLAIN_KEY = re.compile("[A-Za-z0-9/._-]*")


def quoted(key: str) -> str:
    """Our own keys need none; what other programs put into the bucket may."""
    return key if _PLAIN_KEY.fullmatch(key) else quote(key)


class PresignedUpload(NamedTuple):
    """One issued URL. `headers` is what the client must set besides Host and Content-Length."""

    url: str
    headers: dict[str, str]
    expires_in_seconds: int
    expires_at: datetime

    @property
    def object_url(self) -> str:
        """The object's plain address, unsigned."""
        return self.url.partition("?")[0]

    def __repr__(self) -> str:
        """Without the URL, which is a right."""
        return f"PresignedUpload(headers={self.headers}, expires_at={self.expires_at})"


class _Form(NamedTuple):
    """What is the same for all of them that sign the same headers."""

    canonical_query: str
    query: str
    signed_headers: str


class Puts:
    """Signs uploads of one second that are good for the same time."""

    def __init__(self, second: Second, lifetime: int, *, origin: str, base_path: str, host: str) -> None:
        self.second = second
        self.lifetime = lifetime
        self._expires_at = second.start + timedelta(seconds=lifetime)
        self._origin = origin
        self._base_path = base_path
        self._host = host
        self._plain = self._form(_UPLOAD_HEADERS)
        self._checked = self._form(f"{_UPLOAD_HEADERS};x-amz-checksum-sha256")

    def put(self, key: str, *, content_type: str, content_length: int, checksum_sha256: str | None) -> PresignedUpload:
        """A URL for one PUT of exactly `content_length` bytes of this type, and to a free key only.

        With `checksum_sha256` (base64 of 32 bytes) also of exactly these bytes.
        """
        content_type = " ".join(content_type.split())
        headers = {"Content-Type": content_type, "If-None-Match": "*"}
        form, checksum = self._plain, ""
        if checksum_sha256 is not None:
            headers["X-Amz-Checksum-Sha256"] = checksum_sha256
            form, checksum = self._checked, f"x-amz-checksum-sha256:{checksum_sha256}\n"
        path = f"{self._base_path}/{quoted(key)}"
        signature = self.second.signature(
            f"PUT\n{path}\n{form.canonical_query}\n"
            f"content-length:{content_length}\ncontent-type:{content_type}\nhost:{self._host}\nif-none-match:*\n"
            f"{checksum}\n{form.signed_headers}\nUNSIGNED-PAYLOAD"
        )
        url = f"{self._origin}{path}?{form.query}&X-Amz-Signature={signature}"
        return PresignedUpload(url, headers, self.lifetime, self._expires_at)

    def _form(self, signed_headers: str) -> _Form:
        return _Form(*self.second.queries(self.lifetime, signed_headers), signed_headers)
