"""Signer, reader and SDK client must mean the same address by one bucket."""

from datetime import timedelta

import obstore
import pytest

from photodock.storage.bucket import Bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import s3_reader

KEY = "project/2026/11/22/photo.jpg"
CREDENTIALS = CredentialsProvider.static("AKIDEXAMPLE", "secret")

every_kind_of_bucket = pytest.mark.parametrize(
    "bucket",
    [
        Bucket("photos", "eu-west-1"),
        Bucket("photos", "us-east-1", addressing_style="path"),
        Bucket("my.photos", "eu-west-1"),
        Bucket("photos", "us-east-1", "http://127.0.0.1:8333"),
        Bucket("photos", "us-east-1", "https://store.example:9000/"),
        Bucket("photos", "us-east-1", "https://store.example:9000/s3", "path"),
    ],
    ids=lambda bucket: bucket.url,
)


@every_kind_of_bucket
async def test_the_reader_asks_at_the_signers_address(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere.example")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere.example")
    reader = s3_reader(bucket, CREDENTIALS, connect_timeout=1, timeout=1)
    url = await obstore.sign_async(reader, "GET", KEY, timedelta(minutes=1))
    assert url.split("?")[0] == Presigner(bucket, CREDENTIALS.current).object_url(KEY)


@every_kind_of_bucket
async def test_the_sdk_asks_at_the_signers_address(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere.example")
    async with s3_client(CREDENTIALS, bucket) as client:
        url = await client.generate_presigned_url("get_object", Params={"Bucket": bucket.name, "Key": KEY})
    assert url.split("?")[0] == Presigner(bucket, CREDENTIALS.current).object_url(KEY)
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
