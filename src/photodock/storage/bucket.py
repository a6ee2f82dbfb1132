"""The bucket: where it is, how the SDK reaches it, and how it is made for a system of one machine."""

import ipaddress
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import quote, urlsplit

from aiobotocore.config import AioConfig
from botocore.exceptions import ClientError

from photodock.storage.credentials import CredentialsProvider

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.literals import BucketLocationConstraintType
    from types_aiobotocore_s3.type_defs import CORSRuleTypeDef, LifecycleRuleTypeDef

# One DNS label: a name with a dot in it would not match S3's wildcard certificate.
_DNS_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_UPLOAD_HEADERS = ["content-type", "if-none-match", "x-amz-checksum-sha256"]
_PREFLIGHT_SECONDS = 3600
# A photo is waited for seven days after its last URL; the worker aborts what is left then, and this what it missed.
_END_OF_PARTS: "LifecycleRuleTypeDef" = {
    "ID": "incomplete-uploads",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 8},
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is. `endpoint_url` is None for AWS itself, whose regional endpoint is then used."""

    name: str
    region: str
    endpoint_url: str | None = None
    addressing_style: Literal["path", "virtual"] = "virtual"

    @property
    def endpoint(self) -> str:
        """The service's address, without the bucket and without a slash at its end."""
        if self.endpoint_url:
            return self.endpoint_url.rstrip("/")
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://s3.{self.region}.{suffix}"

    @property
    def is_virtual_hosted(self) -> bool:
        """Whether the bucket stands in the host name: asked for, and where DNS and TLS can follow."""
        return (
            self.addressing_style == "virtual"
            and _DNS_LABEL.fullmatch(self.name) is not None
            and not _is_ip_address(urlsplit(self.endpoint).hostname or "")
        )

    @property
    def url(self) -> str:
        """The bucket's own address, without a slash at its end."""
        if self.is_virtual_hosted:
            return self.endpoint.replace("://", f"://{self.name}.", 1)
        return f"{self.endpoint}/{quote(self.name)}"

    @property
    def origin(self) -> str:
        """As a browser names it: without a path."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def s3_client(
    credentials: CredentialsProvider, bucket: Bucket, *, connect_timeout: float = 2, read_timeout: float = 10
) -> "AbstractAsyncContextManager[S3Client]":
    """An SDK client that makes each call once: retrying is the caller's. Timeouts in seconds."""
    config = AioConfig(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "virtual" if bucket.is_virtual_hosted else "path"},
        signature_version="s3v4",
        # Reading the SDK's own JSON models takes 0.2 s: in a thread, not on the event loop.
        warm_up_loader_caches=True,
    )
    return credentials.session.create_client(
        "s3", region_name=bucket.region, endpoint_url=bucket.endpoint, config=config
    )


async def ensure_bucket(
    credentials: CredentialsProvider, bucket: Bucket, *, allowed_origins: Sequence[str], keep_rules: bool = False
) -> list[str]:
    """Makes the bucket if it is not there, and sets its rules: CORS, which lets web pages upload, and the end of
    uploads in parts that nobody completes. Idempotent.

    With `keep_rules`, rules of either kind that are there stay as they are. Returns what was done: `bucket`, `cors`,
    `lifecycle`. Raises botocore's errors as they are: this is for setting a system up, not for serving.
    """
    done = []
    async with s3_client(credentials, bucket) as client:
        if not await _exists(client, bucket.name):
            await _create(client, bucket)
            done.append("bucket")
        if not (keep_rules and await _has(client.get_bucket_cors, bucket, "NoSuchCORSConfiguration")):
            await client.put_bucket_cors(Bucket=bucket.name, CORSConfiguration={"CORSRules": [cors(allowed_origins)]})
            done.append("cors")
        rules = client.get_bucket_lifecycle_configuration
        if not (keep_rules and await _has(rules, bucket, "NoSuchLifecycleConfiguration")):
            await client.put_bucket_lifecycle_configuration(
                Bucket=bucket.name, LifecycleConfiguration={"Rules": [_END_OF_PARTS]}
            )
            done.append("lifecycle")
    return done


def cors(allowed_origins: Sequence[str]) -> "CORSRuleTypeDef":
    """What pages of these origins need to upload, and nothing more."""
    return {
        "AllowedOrigins": list(allowed_origins),
        "AllowedMethods": ["PUT", "GET", "HEAD"],
        "AllowedHeaders": _UPLOAD_HEADERS,
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": _PREFLIGHT_SECONDS,
    }


async def _has(rules: Callable[..., Awaitable[object]], bucket: Bucket, none_of_them: str) -> bool:
    """Whether there are any; S3 answers with an error of this code where there are none."""
    try:
        await rules(Bucket=bucket.name)
    except ClientError as error:
        if error.response["Error"]["Code"] != none_of_them:
            raise
        return False
    return True


async def _exists(client: "S3Client", name: str) -> bool:
    try:
        await client.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False
    return True


async def _create(client: "S3Client", bucket: Bucket) -> None:
    if bucket.region == "us-east-1":  # the one region that S3 does not accept as a location
        await client.create_bucket(Bucket=bucket.name)
        return
    region = cast("BucketLocationConstraintType", bucket.region)
    await client.create_bucket(Bucket=bucket.name, CreateBucketConfiguration={"LocationConstraint": region})


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
