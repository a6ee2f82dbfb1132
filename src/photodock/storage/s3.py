"""Reading, writing and deleting the bucket's objects."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

import obstore
import structlog
from obstore.store import S3Store

from photodock.domain.errors import ObjectNotFound, StorageAccessDenied, StorageUnavailable
from photodock.metrics.definitions import S3_READ_BYTES
from photodock.storage.bucket import Bucket
from photodock.storage.calls import Limits
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.failures import AWAY, RangeNotSatisfiable, translated
from photodock.storage.multipart import MultipartCalls

if TYPE_CHECKING:
    from obstore import Attributes
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import ListObjectsV2OutputTypeDef

log = structlog.get_logger(__name__)

_PROBE_KEY = "photodock-readiness-probe"


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """The beginning of an object. `size` is the whole object's, in bytes; the type is what its PUT declared."""

    size: int
    content_type: str | None
    etag: str | None
    data: bytes = field(repr=False)
    content_encoding: str | None = None
    """What the uploader said; no signed header keeps it from saying so, and S3 repeats it to whoever downloads."""


@dataclass(frozen=True, slots=True)
class ListedObject:
    """What a listing says of an object; it does not say the type. `size` in bytes, `last_modified` in UTC."""

    key: str
    size: int
    last_modified: datetime


class ObjectStore(MultipartCalls):
    """One bucket, read, written, listed and cleaned; and its multipart uploads."""

    def __init__(self, bucket: Bucket, credentials: CredentialsProvider, **limits: Unpack[Limits]) -> None:
        super().__init__(bucket, credentials, **limits)
        self._reader = s3_reader(bucket, credentials, self._connect_timeout, self._timeout)

    async def read_head(self, key: str, length: int) -> ObjectHead:
        """Size, type, ETag and the first `length` bytes (all of them, if fewer), in one GET; of an empty object in two
        requests. Raises ObjectNotFound, ObjectUnreadable.
        """

        async def attempt() -> ObjectHead:
            try:
                with translated("read_head", key):
                    found = await obstore.get_async(self._reader, key, options={"range": (0, length)})
                    data = bytes(await found.bytes_async())
            except RangeNotSatisfiable:
                return await self._empty(key)
            _require_whole(data, 0, length, found.meta["size"])
            S3_READ_BYTES.labels("read_head").inc(len(data))
            said = found.attributes
            return ObjectHead(
                found.meta["size"], said.get("Content-Type"), found.meta["e_tag"], data, said.get("Content-Encoding")
            )

        return await self._tried("read_head", key, attempt)

    async def _empty(self, key: str) -> ObjectHead:
        """A refused range says that an object is empty, and whoever believes it deletes the object: so it is asked
        another way. Raises StorageUnavailable if that says otherwise."""
        with translated("read_head", key):
            client = await self._sdk_client()
            async with asyncio.timeout(self._timeout):
                said = await client.head_object(Bucket=self._bucket.name, Key=key)
        if said["ContentLength"]:
            raise StorageUnavailable(AWAY)
        return ObjectHead(0, said.get("ContentType"), said.get("ETag"), b"", said.get("ContentEncoding"))

    async def read_range(self, key: str, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end` (exclusive), or as many of them as there are.

        Raises ObjectNotFound.
        """
        return await self._tried("read_range", key, lambda: self._read_range(key, start, end))

    async def put(self, key: str, data: bytes, *, content_type: str, cache_control: str) -> None:
        """Writes the object, or writes over it; it is there as a whole, or as it was."""

        async def attempt() -> None:
            with translated("put", key):
                attributes: Attributes = {"Content-Type": content_type, "Cache-Control": cache_control}
                await obstore.put_async(self._reader, key, data, attributes=attributes, use_multipart=False)

        await self._tried("put", key, attempt)

    async def delete(self, key: str) -> bool:
        """Deletes the object with all its versions and delete markers. That there is none is no error.

        Needs s3:DeleteObject; in a bucket with versioning also s3:ListBucketVersions and s3:DeleteObjectVersion.
        Without those two the object is hidden behind a delete marker: False then, and the log says so.
        """
        return await self._tried("delete", key, lambda: self._delete(key))

    async def list_objects(self, prefix: str, *, after: str = "") -> AsyncIterator[ListedObject]:
        """The objects whose keys begin with `prefix` and come behind `after`, in the order of their keys.

        Needs s3:ListBucket.
        """
        async for page in self._pages(Prefix=prefix, StartAfter=after):
            for found in page.get("Contents", ()):
                yield ListedObject(found["Key"], found["Size"], found["LastModified"].astimezone(UTC))

    async def top_level(self) -> list[str]:
        """The keys up to and with their first slash, each once; whole keys where there is none."""
        found: list[str] = []
        async for page in self._pages(Delimiter="/"):
            found += [prefix["Prefix"] for prefix in page.get("CommonPrefixes", ())]
            found += [entry["Key"] for entry in page.get("Contents", ())]
        return found

    async def check(self) -> None:
        """Returns if the bucket is there and lets itself be read: asks once for a key that does not exist."""
        try:
            await self._read_range(_PROBE_KEY, 0, 1)
        except ObjectNotFound:
            return

    async def _read_range(self, key: str, start: int, end: int) -> bytes:
        try:
            with translated("read_range", key):
                found = await obstore.get_async(self._reader, key, options={"range": (start, end)})
                data = bytes(await found.bytes_async())
        except RangeNotSatisfiable:
            return b""
        _require_whole(data, start, end, found.meta["size"])
        S3_READ_BYTES.labels("read_range").inc(len(data))
        return data

    async def _pages(self, **request: str) -> "AsyncIterator[ListObjectsV2OutputTypeDef]":
        """The pages of a listing, each of them repeated by itself while the store is away.

        Through the SDK: one key that is no plain path (`a//b`) ends obstore's listing with an error.
        """
        following: dict[str, str] | None = request
        while following is not None:
            page = await self._tried("list", following.get("Prefix", ""), partial(self._page, following))
            yield page
            token = page.get("NextContinuationToken")
            following = {**request, "ContinuationToken": token} if token else None

    async def _page(self, request: dict[str, Any]) -> "ListObjectsV2OutputTypeDef":
        with translated("list", request.get("Prefix", "")):
            client = await self._sdk_client()
            # The SDK's own limit is for each piece of the answer: a trickle would never meet it.
            async with asyncio.timeout(self._timeout):
                return await client.list_objects_v2(Bucket=self._bucket.name, **request)

    async def _delete(self, key: str) -> bool:
        with translated("delete", key):
            client = await self._sdk_client()
            async with asyncio.timeout(self._timeout):
                answer = await client.delete_object(Bucket=self._bucket.name, Key=key)
        # Only a bucket with versioning answers a plain delete with a marker: in others the object is gone now.
        if not answer.get("DeleteMarker"):
            return True
        try:
            with translated("delete_versions", key):
                await self._delete_versions(client, key)
        except StorageAccessDenied:
            log.warning("object_versions_kept", key=key, hint="Allow s3:ListBucketVersions and s3:DeleteObjectVersion.")
            return False
        return True

    async def _delete_versions(self, client: "S3Client", key: str) -> None:
        pages = client.get_paginator("list_object_versions").paginate(Bucket=self._bucket.name, Prefix=key)
        async for page in pages:
            for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                # The prefix also finds longer keys.
                if entry["Key"] == key:
                    await client.delete_object(Bucket=self._bucket.name, Key=key, VersionId=entry["VersionId"])


def _require_whole(data: bytes, start: int, end: int, size: int) -> None:
    """Of an answer that was cut short obstore says nothing, and what is missing would pass for another content."""
    if len(data) != min(end, size) - start:
        raise StorageUnavailable(AWAY)


def s3_reader(bucket: Bucket, credentials: CredentialsProvider, connect_timeout: float, timeout: float) -> S3Store:
    """obstore's client for one bucket. It makes each call once, and takes nothing from the environment."""
    # obstore wants the bucket within a virtual-hosted endpoint, and adds it to the path itself otherwise.
    endpoint = bucket.url if bucket.is_virtual_hosted else bucket.endpoint
    return S3Store(
        bucket.name,
        config={
            "endpoint": endpoint,
            # Given too because the environment's AWS_ENDPOINT_URL_S3 would go before `endpoint`.
            "aws_endpoint_url_s3": endpoint,
            "region": bucket.region,
            "virtual_hosted_style_request": bucket.is_virtual_hosted,
            "skip_signature": False,
        },
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=connect_timeout),
            "timeout": timedelta(seconds=timeout),
        },
        retry_config={"max_retries": 0},
        credential_provider=credentials.for_obstore,
    )
