"""CORS: the bucket's rules and proxies broken, one way at a time."""

import json
from typing import Any

import pytest

from integration.doctor.conftest import ORIGIN, Bed, diagnose
from photodock.bootstrap.core import bucket_of
from photodock.doctor.findings import State
from photodock.settings import Settings
from photodock.storage.bucket import ensure_bucket, s3_client
from photodock.storage.credentials import CredentialsProvider
from support.http_proxy import proxy_to
from support.serving import changed

RULE = {
    "AllowedOrigins": [ORIGIN],
    "AllowedMethods": ["PUT", "GET", "HEAD"],
    "AllowedHeaders": ["content-type", "if-none-match", "x-amz-checksum-sha256"],
    "ExposeHeaders": ["ETag"],
}


async def with_rule(bed: Bed, **changes: Any) -> None:
    async with bed.client() as client:
        await client.put_bucket_cors(Bucket=bed.bucket, CORSConfiguration={"CORSRules": [RULE | changes]})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"AllowedOrigins": ["https://other.example"]}, "no rule allows this origin to PUT"),
        ({"AllowedMethods": ["GET", "POST"]}, "no rule allows this origin to PUT"),
        ({"AllowedHeaders": ["content-type"]}, "preflight is answered 403"),
        ({"ExposeHeaders": ["x-amz-request-id"]}, "the ETag is not exposed"),
    ],
)
async def test_a_rule_that_lacks_something_is_told_with_the_rule_to_paste(
    changes: dict[str, Any], told: str, bed: Bed
) -> None:
    await with_rule(bed, **changes)
    found = await diagnose(bed.settings, "cors")
    assert told in found.said("cors")
    assert "put-bucket-cors" in found.said("cors")
    pasted = json.loads(found.of("cors").paste or "")
    await with_rule(bed, **pasted["CORSRules"][0])
    assert (await diagnose(bed.settings, "cors")).wrong == []


async def test_each_allowed_origin_has_a_finding_of_its_own(bed: Bed) -> None:
    settings = bed.but(cors_allowed_origins=(ORIGIN, "https://other.example", "https://slash.example/")).settings
    findings = (await diagnose(settings, "cors")).findings
    assert [(finding.subject, finding.state) for finding in findings] == [
        (ORIGIN, State.OK),
        ("https://other.example", State.WRONG),
        ("https://slash.example/", State.WRONG),
    ]
    assert "https://slash.example in PHOTODOCK_CORS_ALLOWED_ORIGINS" in (findings[2].mend or "")


async def test_a_bucket_without_rules_lets_nobody_in_on_the_strict_server(bed: Bed) -> None:
    async with bed.client() as client:
        await client.delete_bucket_cors(Bucket=bed.bucket)
    found = await diagnose(bed.settings, "cors", "cors_strangers")
    assert "no rule allows this origin to PUT" in found.said("cors")
    assert found.of("cors_strangers").state is State.OK


@pytest.mark.parametrize("origins", [(ORIGIN,), ("*",), ()])
async def test_a_bucket_without_rules_that_lets_everybody_in_is_found(
    origins: tuple[str, ...], seaweed: Settings
) -> None:
    """SeaweedFS does: a page works, until the bucket is on another S3."""
    settings = changed(seaweed, s3_bucket="photos-without-rules", cors_allowed_origins=origins)
    bucket, credentials = bucket_of(settings), await CredentialsProvider.from_chain()
    await ensure_bucket(credentials, bucket, allowed_origins=["*"])
    async with s3_client(credentials, bucket) as client:
        await client.delete_bucket_cors(Bucket=bucket.name)
    found = await diagnose(settings, "cors", "cors_strangers")
    assert found.wrong == ["cors_strangers"]
    assert "The bucket has no CORS rule" in found.said("cors_strangers")
    assert "put-bucket-cors" in found.said("cors_strangers")


async def test_a_rule_for_everybody_is_told_where_origins_are_named(bed: Bed) -> None:
    await with_rule(bed, AllowedOrigins=["*"])
    said = (await diagnose(bed.settings, "cors_strangers")).said("cors_strangers")
    assert "Pages of every origin may upload" in said
    assert ORIGIN in said


async def test_a_proxy_that_adds_the_header_a_second_time_is_told(bed: Bed) -> None:
    def change_back(headers) -> None:
        headers.add("Access-Control-Allow-Origin", "*")

    async with proxy_to(bed.owner.endpoint_url, change_back=change_back) as address:
        said = (await diagnose(bed.but(s3_public_endpoint_url=address).settings, "cors")).said("cors")
    assert "is sent twice" in said
    assert "take it out of the proxy" in said


async def test_a_proxy_that_takes_the_header_from_the_answer_is_told(bed: Bed) -> None:
    def change_back(headers) -> None:
        if "ETag" in headers:
            headers.popall("Access-Control-Allow-Origin", None)

    async with proxy_to(bed.owner.endpoint_url, change_back=change_back) as address:
        said = (await diagnose(bed.but(s3_public_endpoint_url=address).settings, "cors")).said("cors")
    assert "the answer to PUT (200) has no Access-Control-Allow-Origin" in said
    assert "put-bucket-cors" not in said


async def test_without_allowed_origins_there_is_nothing_to_look_at(bed: Bed) -> None:
    assert (await diagnose(bed.but(cors_allowed_origins=()).settings, "cors")).of("cors").state is State.NOT_APPLICABLE
