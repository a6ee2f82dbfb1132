"""The bucket, by the back door: what no upload URL allows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


def key_of(issued: dict[str, Any]) -> str:
    """The object's key from an `s3_url` in path style."""
    return urlsplit(issued["s3_url"]).path.split("/", 2)[2]


@dataclass(frozen=True)
class Store:
    client: "S3Client"
    bucket: str

    async def put(self, key: str, data: bytes, content_type: str = "image/jpeg") -> None:
        await self.client.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType=content_type)

    async def has(self, key: str) -> bool:
        try:
            await self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            return False
        return True
