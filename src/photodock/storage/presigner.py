"""Presigned URLs: AWS Signature Version 4 in the query string, without any network.

After "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)" of the Amazon S3 API reference.
What many URLs share is computed once (`storage/signing.py`).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote, urlsplit

from photodock.domain.photo import EXTENSIONS
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import Credentials
from photodock.storage.disposition import content_disposition, download_name
from photodock.storage.puts import PresignedUpload, Puts, quoted
from photodock.storage.signing import CredentialScope, Second

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Presigner:
    """Signs uploads to and downloads from one bucket.

    `credentials` is asked for every URL and may answer differently each time: rotated credentials take effect at
    once. A URL never claims to live longer than the credentials that signed it.
    """

    def __init__(self, bucket: Bucket, credentials: Callable[[], Credentials]) -> None:
        self._bucket = bucket
        self._credentials = credentials
        self._bucket_url = bucket.url
        address = urlsplit(bucket.url)
        self._origin = f"{address.scheme}://{address.netloc}"
        self._base_path = address.path
        self._host = host_header(bucket.url)
        # By method: uploads are signed for this second, downloads for the one in which their slot began.
        self._last: dict[str, Second] = {}
        self._puts: Puts | None = None

    @property
    def credentials(self) -> Credentials:
        """Those that sign now: the same object until they change."""
        return self._credentials()

    def put(
        self,
        key: str,
        *,
        content_type: str,
        content_length: int,
        checksum_sha256: str | None,
        expires_in_seconds: int,
        now: datetime,
    ) -> PresignedUpload:
        """A URL for one PUT of exactly `content_length` bytes of this type, and to a free key only.

        With `checksum_sha256` (base64 of 32 bytes) also of exactly these bytes. `expires_in_seconds` is at most
        604800 (S3's limit); the answer's may be shorter. Raises StorageAccessDenied when the credentials have ended.
        """
        return self.puts(expires_in_seconds, now).put(
            key, content_type=content_type, content_length=content_length, checksum_sha256=checksum_sha256
        )

    def puts(self, expires_in_seconds: int, now: datetime) -> Puts:
        """What signs PUTs now, as `put` does: for many of them. Raises StorageAccessDenied."""
        second = self._second_of("PUT", now)
        lifetime = second.lifetime(expires_in_seconds)
        last = self._puts
        if last and last.second is second and last.lifetime == lifetime:
            return last
        self._puts = Puts(second, lifetime, origin=self._origin, base_path=self._base_path, host=self._host)
        return self._puts

    def put_part(
        self,
        key: str,
        *,
        upload_id: str,
        number: int,
        content_length: int,
        checksum_sha256: str | None,
        expires_in_seconds: int,
        now: datetime,
    ) -> PresignedUpload:
        """A URL for one part of a multipart upload: exactly so many bytes and, with the checksum, exactly these.

        A part may be sent again; no header keeps it from that, because the object is free until the upload's end.
        """
        headers = {} if checksum_sha256 is None else {"X-Amz-Checksum-Sha256": checksum_sha256}
        signed_headers = "content-length;host"
        canonical_headers = f"content-length:{content_length}\nhost:{self._host}\n"
        if checksum_sha256 is not None:
            signed_headers += ";x-amz-checksum-sha256"
            canonical_headers += f"x-amz-checksum-sha256:{checksum_sha256}\n"
        second = self._second_of("PUT", now)
        lifetime = second.lifetime(expires_in_seconds)
        url = self._signed_url(
            "PUT",
            key,
            second=second,
            lifetime=lifetime,
            signed_headers=signed_headers,
            canonical_headers=canonical_headers,
            parameters=f"partNumber={number}&uploadId={quote(upload_id, safe='')}",
        )
        return PresignedUpload(url, headers, lifetime, second.start + timedelta(seconds=lifetime))

    def get(self, key: str, *, content_type: str, file_name: str, expires_in_seconds: int, now: datetime) -> str:
        """A URL for saving the object under its client's file name; an `<img>` shows it all the same.

        S3 answers with the type given here, whatever the object's own says, and anything but a photo has no known
        type, so that no browser ever runs what somebody uploaded.
        """
        return self._get(key, expires_in_seconds, now, _response_parameters(content_type, file_name))

    def get_own(self, key: str, *, expires_in_seconds: int, now: datetime) -> str:
        """A URL for reading an object that this service wrote itself, under the type that it was written with."""
        return self._get(key, expires_in_seconds, now, "")

    def _get(self, key: str, expires_in_seconds: int, now: datetime, response_parameters: str) -> str:
        second = self._second_of("GET", now)
        return self._signed_url(
            "GET",
            key,
            second=second,
            lifetime=second.lifetime(expires_in_seconds),
            signed_headers="host",
            canonical_headers=f"host:{self._host}\n",
            parameters=response_parameters,
        )

    def object_url(self, key: str) -> str:
        """The object's plain address, unsigned."""
        return f"{self._bucket_url}/{quoted(key)}"

    def s3_uri(self, key: str) -> str:
        """`s3://bucket/key`, as detectors know the object."""
        return f"s3://{self._bucket.name}/{key}"

    def _signed_url(
        self,
        method: str,
        key: str,
        *,
        second: Second,
        lifetime: int,
        signed_headers: str,
        canonical_headers: str,
        parameters: str = "",
    ) -> str:
        """`parameters`: others of the query, in the order of their names, which begin with small letters."""
        path = f"{self._base_path}/{quoted(key)}"
        canonical_query, query = second.queries(lifetime, signed_headers)
        if parameters:
            canonical_query = f"{canonical_query}&{parameters}"
            query = f"{parameters}&{query}"
        canonical_request = (
            f"{method}\n{path}\n{canonical_query}\n{canonical_headers}\n{signed_headers}\nUNSIGNED-PAYLOAD"
        )
        signature = second.signature(canonical_request)
        return f"{self._origin}{path}?{query}&X-Amz-Signature={signature}"

    def _second_of(self, method: str, now: datetime) -> Second:
        credentials = self._credentials()
        last = self._last.get(method)
        if last and last.scope.credentials is credentials and last.start <= now < last.end:
            return last
        start = now.astimezone(UTC).replace(microsecond=0)
        date = start.strftime("%Y%m%d")
        scope = last.scope if last else None
        if scope is None or scope.credentials is not credentials or scope.date != date:
            scope = CredentialScope.derive(credentials, date, self._bucket.region)
        second = self._last[method] = Second.enter(scope, start)
        return second


@lru_cache(maxsize=1024)
def _response_parameters(content_type: str, file_name: str) -> str:
    disposition = content_disposition(download_name(content_type, file_name))
    served_type = content_type if content_type in EXTENSIONS else "application/octet-stream"
    return (
        f"response-content-disposition={quote(disposition, safe='')}"
        f"&response-content-type={quote(served_type, safe='')}"
    )


def host_header(url: str) -> str:
    """The Host header that HTTP clients send: lower case, and the port only where it is not the scheme's own."""
    address = urlsplit(url)
    host = address.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if address.port in (None, _DEFAULT_PORTS.get(address.scheme)):
        return host
    return f"{host}:{address.port}"
