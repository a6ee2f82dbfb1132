"""Multipart uploads: a client sends an object's parts by presigned URLs, the service begins and ends it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from photodock.domain.errors import UploadOver
from photodock.storage.calls import S3Calls
from photodock.storage.failures import translated

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef, ListMultipartUploadsOutputTypeDef

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """`size` in bytes."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """A multipart upload that was neither completed nor aborted; `begun_at` in UTC."""

    key: str
    upload_id: str
    begun_at: datetime


class MultipartCalls(S3Calls):
    """Needs s3:PutObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts and s3:ListBucketMultipartUploads."""

    async def begin_upload(self, key: str, content_type: str, *, part_checksums: bool) -> str:
        """Returns the upload's id. With `part_checksums` S3 takes parts with a SHA-256 alone, otherwise only without.

        An attempt whose answer was lost leaves an upload that nobody knows; see `open_uploads`.
        """
        algorithm: dict[str, Any] = {"ChecksumAlgorithm": "SHA256"} if part_checksums else {}
        begun = await self._call(
            "begin_upload",
            key,
            lambda client: client.create_multipart_upload(
                Bucket=self._bucket.name, Key=key, ContentType=content_type, **algorithm
            ),
        )
        return begun["UploadId"]

    async def list_parts(self, key: str, upload_id: str) -> list[UploadedPart]:
        """In the order of their numbers; of a part that was sent again, on stores that keep both, the last one.

        One page: there are never more parts than it holds. Raises UploadOver.
        """
        found = await self._call(
            "list_parts",
            key,
            lambda client: client.list_parts(Bucket=self._bucket.name, Key=key, UploadId=upload_id),
        )
        entries = sorted(found.get("Parts", ()), key=lambda entry: entry["LastModified"])
        parts = {
            entry["PartNumber"]: UploadedPart(entry["PartNumber"], entry["Size"], entry["ETag"]) for entry in entries
        }
        return [parts[number] for number in sorted(parts)]

    async def complete_upload(
        self, key: str, upload_id: str, parts: Sequence[UploadedPart], checksums: Sequence[str] | None
    ) -> None:
        """Makes the object of its parts, where the key is free; `checksums` of an upload that was begun with them.

        Raises UploadOver, also when there is an object under this key already; PartsRefused.
        """
        named: list[CompletedPartTypeDef] = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        for entry, checksum in zip(named, checksums or (), strict=bool(checksums)):
            entry["ChecksumSHA256"] = checksum
        await self._call(
            "complete_upload",
            key,
            lambda client: client.complete_multipart_upload(
                Bucket=self._bucket.name,
                Key=key,
                UploadId=upload_id,
                MultipartUpload={"Parts": named},
                IfNoneMatch="*",
            ),
        )

    async def abort_upload(self, key: str, upload_id: str) -> None:
        """Its parts are gone, and its URLs good for nothing. That it is over already is no error."""
        try:
            await self._call(
                "abort_upload",
                key,
                lambda client: client.abort_multipart_upload(Bucket=self._bucket.name, Key=key, UploadId=upload_id),
            )
        except UploadOver:
            return

    async def open_uploads(self) -> AsyncIterator[OpenUpload]:
        """All of the bucket, whoever began them."""
        key, upload = "", ""
        while True:
            page = await self._call("open_uploads", key, partial(self._page_of_uploads, key, upload))
            for found in page.get("Uploads", ()):
                yield OpenUpload(found["Key"], found["UploadId"], found["Initiated"].astimezone(UTC))
            # SeaweedFS names no key here, and goes on behind the upload alone.
            following = page.get("NextKeyMarker", ""), page.get("NextUploadIdMarker", "")
            if not page.get("IsTruncated") or following == (key, upload):
                return
            key, upload = following

    async def _page_of_uploads(self, key: str, upload: str, client: "S3Client") -> "ListMultipartUploadsOutputTypeDef":
        return await client.list_multipart_uploads(Bucket=self._bucket.name, KeyMarker=key, UploadIdMarker=upload)

    async def _call(self, operation: str, key: str, call: "Callable[[S3Client], Awaitable[T]]") -> T:
        async def attempt() -> T:
            with translated(operation, key):
                client = await self._sdk_client()
                # The SDK's own limit is for each piece of the answer: a trickle would never meet it.
                async with asyncio.timeout(self._timeout):
                    return await call(client)

        return await self._tried(operation, key, attempt)
