"""An installation whose storage is broken in one way, and what the doctor makes of it."""

import json
from datetime import timedelta
from email.utils import format_datetime

import pytest

from integration.doctor.conftest import Bed, diagnose, use
from photodock.doctor.findings import State
from photodock.domain.object_key import TRIAL_PREFIX
from photodock.embedded.ministack import MiniStackServer
from photodock.services.uploads import utc_now
from photodock.settings import Settings
from support.http_proxy import proxy_to
from support.serving import changed
from support.stores import StoreKeys, user_of

STORAGE = ("bucket", "public_endpoint", "clock", "upload", "missing_object", "private")


async def test_a_whole_installation_on_the_strict_server_is_well(bed: Bed, trials_left) -> None:
    found = await diagnose(bed.settings)
    assert found.wrong == []
    assert {finding.check for finding in found.findings if finding.state is State.NOT_APPLICABLE} == {
        *("events_queue", "events_dead_letter_queue", "events", "jwks", "webhooks", "webhook_guard", "traces"),
    }
    assert await trials_left() == []


async def test_a_wrong_secret_is_named_as_such(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, StoreKeys(bed.owner.endpoint_url, bed.owner.access_key, "wrong" + bed.owner.secret_key[5:]))
    found = await diagnose(bed.settings, *STORAGE)
    assert "AWS_SECRET_ACCESS_KEY is not the secret of this access key" in found.said("bucket")
    assert found.of("upload").state is State.NOT_APPLICABLE


async def test_a_wrong_secret_is_named_on_seaweedfs_too(seaweed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert "AWS_SECRET_ACCESS_KEY is not the secret" in (await diagnose(seaweed, "bucket")).said("bucket")


async def test_an_unknown_access_key_is_named(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, StoreKeys(bed.owner.endpoint_url, "AKIAUNKNOWNUNKNOWN00", bed.owner.secret_key))
    assert "AWS_ACCESS_KEY_ID is mistyped" in (await diagnose(bed.settings, "bucket")).said("bucket")


async def test_a_wrong_region_is_told_with_the_right_one(bed: Bed) -> None:
    found = await diagnose(bed.but(s3_region="eu-west-1").settings, *STORAGE)
    assert "PHOTODOCK_S3_REGION=us-east-1" in found.said("bucket")


async def test_a_missing_bucket_is_told(bed: Bed) -> None:
    said = (await diagnose(bed.but(s3_bucket="photos-nowhere").settings, "bucket")).said("bucket")
    assert "There is no bucket photos-nowhere" in said
    assert "PHOTODOCK_S3_BUCKET" in said


async def test_a_missing_bucket_is_never_made(seaweed: Settings) -> None:
    """SeaweedFS makes one of whatever name an upload has."""
    settings = changed(seaweed, s3_bucket="photos-nowhere")
    for _ in range(2):
        found = await diagnose(settings, *STORAGE)
        assert "There is no bucket photos-nowhere" in found.said("bucket")
        assert found.of("upload").state is State.NOT_APPLICABLE


async def test_without_the_right_to_list_the_consequence_is_told(
    bed: Bed, strict: MiniStackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"]
    use(monkeypatch, await user_of(strict, {"Effect": "Allow", "Action": allowed, "Resource": "*"}))
    said = (await diagnose(bed.settings, "upload", "missing_object")).said("bucket")
    assert "s3:ListBucket" in said
    assert "403 instead of 404" in said


@pytest.mark.parametrize("missing", ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"])
async def test_a_missing_right_is_named(
    missing: str, bed: Bed, strict: MiniStackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rights = {"s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"} - {missing}
    use(monkeypatch, await user_of(strict, {"Effect": "Allow", "Action": sorted(rights), "Resource": "*"}))
    assert f"llow {missing}" in (await diagnose(bed.settings, "upload")).said("upload")


async def test_a_policy_that_denies_is_found(bed: Bed) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bed.bucket}/*"}
    async with bed.client() as client:
        await client.put_bucket_policy(
            Bucket=bed.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]})
        )
    assert "Deny statement" in (await diagnose(bed.settings, "upload")).said("upload")


async def test_versions_that_may_not_be_deleted_are_told_of(
    bed: Bed, strict: MiniStackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bed.client() as client:
        await client.put_bucket_versioning(Bucket=bed.bucket, VersioningConfiguration={"Status": "Enabled"})
    rights = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"]
    use(monkeypatch, await user_of(strict, {"Effect": "Allow", "Action": rights, "Resource": "*"}))
    assert "s3:DeleteObjectVersion" in (await diagnose(bed.settings, "upload")).said("upload")


async def open_to_all(bed: Bed, *actions: str) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": list(actions)}
    places = [f"arn:aws:s3:::{bed.bucket}", f"arn:aws:s3:::{bed.bucket}/*"]
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": places}]}
    async with bed.client() as client:
        await client.delete_public_access_block(Bucket=bed.bucket)
        await client.put_bucket_policy(Bucket=bed.bucket, Policy=json.dumps(policy))


@pytest.mark.parametrize(
    ("action", "what"), [("s3:GetObject", "read"), ("s3:ListBucket", "list"), ("s3:PutObject", "write")]
)
async def test_a_public_bucket_is_found(action: str, what: str, bed: Bed) -> None:
    await open_to_all(bed, action)
    said = (await diagnose(bed.settings, "private")).said("private")
    assert f"Anybody may {what}, without any signature" in said
    assert "BlockPublicPolicy=true" in said


async def test_a_public_bucket_is_found_on_seaweedfs_too(seaweed: Settings) -> None:
    from photodock.bootstrap.core import bucket_of
    from photodock.storage.bucket import ensure_bucket, s3_client
    from photodock.storage.credentials import CredentialsProvider

    settings = changed(seaweed, s3_bucket="public-photos")
    bucket, credentials = bucket_of(settings), await CredentialsProvider.from_chain()
    await ensure_bucket(credentials, bucket, allowed_origins=["*"])
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket.name}/*",
    }
    async with s3_client(credentials, bucket) as client:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        await client.put_bucket_policy(Bucket=bucket.name, Policy=policy)
    assert "Anybody may read" in (await diagnose(settings, "private")).said("private")


async def test_a_proxy_that_changes_the_host_is_told_from_a_wrong_secret(bed: Bed) -> None:
    def change(passing) -> None:
        passing.headers["Host"] = "inner.example"

    async with proxy_to(bed.owner.endpoint_url, change) as address:
        said = (await diagnose(bed.but(s3_public_endpoint_url=address).settings, "upload")).said("upload")
    assert "The credentials are right" in said
    assert "proxy_set_header Host $http_host" in said


async def test_a_proxy_that_rewrites_the_path_is_told_likewise(bed: Bed) -> None:
    def change(passing) -> None:
        passing.path = passing.path.replace(TRIAL_PREFIX, f"media/{TRIAL_PREFIX}", 1)

    async with proxy_to(bed.owner.endpoint_url, change) as address:
        said = (await diagnose(bed.but(s3_public_endpoint_url=address).settings, "upload")).said("upload")
    assert "the path as they come" in said


async def test_a_proxy_that_drops_a_header_is_told(bed: Bed) -> None:
    def change(passing) -> None:
        passing.headers.pop("If-None-Match", None)

    async with proxy_to(bed.owner.endpoint_url, change) as address:
        said = (await diagnose(bed.but(s3_public_endpoint_url=address).settings, "upload")).said("upload")
    assert "A proxy before S3 changes or drops one of" in said
    assert "If-None-Match" in said


async def test_a_proxy_that_passes_all_on_is_well(bed: Bed) -> None:
    async with proxy_to(bed.owner.endpoint_url) as address:
        found = await diagnose(bed.but(s3_public_endpoint_url=address).settings, *STORAGE, "cors")
    assert found.wrong == []
    assert address in found.of("public_endpoint").found


@pytest.mark.parametrize(("shift", "which"), [(timedelta(minutes=20), "behind"), (timedelta(minutes=-20), "ahead of")])
async def test_a_clock_that_differs_is_found_by_the_answers_date(shift: timedelta, which: str, bed: Bed) -> None:
    def change_back(headers) -> None:
        headers["Date"] = format_datetime(utc_now() + shift, usegmt=True)

    async with proxy_to(bed.owner.endpoint_url, change_back=change_back) as address:
        said = (await diagnose(bed.but(s3_public_endpoint_url=address).settings, "clock")).said("clock")
    assert f"s {which} S3's: S3 refuses every signature" in said
    assert "NTP" in said


@pytest.mark.parametrize(
    ("shift", "told"), [(timedelta(minutes=20), "clock is ahead"), (timedelta(minutes=-20), "clock is behind")]
)
async def test_what_is_signed_by_a_wrong_clock_is_told_as_that(shift: timedelta, told: str, bed: Bed) -> None:
    said = (await diagnose(bed.settings, "upload", clock=lambda: utc_now() + shift)).said("upload")
    assert told in said


async def test_a_store_that_is_away_is_told_with_its_address(bed: Bed) -> None:
    found = await diagnose(bed.but(s3_endpoint_url="http://127.0.0.1:9").settings, "bucket", "public_endpoint")
    for check in ("bucket", "public_endpoint"):
        assert "Nothing listens at 127.0.0.1:9" in found.said(check)
        assert "PHOTODOCK_S3_ENDPOINT_URL" in found.said(check)


async def test_a_host_that_dns_does_not_know_is_told(bed: Bed) -> None:
    settings = bed.but(s3_public_endpoint_url="http://photodock-doctor.invalid").settings
    said = (await diagnose(settings, "public_endpoint")).said("public_endpoint")
    assert "not known to DNS" in said
    assert "PHOTODOCK_S3_PUBLIC_ENDPOINT_URL" in said


async def test_a_console_in_place_of_s3_is_told(bed: Bed) -> None:
    def change_back(headers) -> None:
        headers["Content-Type"] = "text/html; charset=utf-8"

    async with proxy_to(bed.owner.endpoint_url, change_back=change_back) as address:
        settings = bed.but(s3_public_endpoint_url=address).settings
        said = (await diagnose(settings, "public_endpoint")).said("public_endpoint")
    assert "that is not S3" in said


async def test_plain_http_for_pages_with_tls_is_told(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    from photodock.doctor.checks import store

    monkeypatch.setattr(store, "LOCAL_HOSTS", frozenset[str]())
    said = (await diagnose(bed.settings, "public_endpoint")).said("public_endpoint")
    assert "mixed content" in said


async def test_a_run_that_was_killed_leaves_nothing_for_ever(bed: Bed, trials_left) -> None:
    async with bed.client() as client:
        await client.put_object(Bucket=bed.bucket, Key=f"{TRIAL_PREFIX}left-behind.jpg", Body=b"x")
        await client.put_object(Bucket=bed.bucket, Key="another/object.jpg", Body=b"x")
    await diagnose(bed.settings, "clock", "bucket")
    assert len(await trials_left()) == 2, "it may belong to a run that goes on"
    await diagnose(bed.settings, "bucket", clock=lambda: utc_now() + timedelta(minutes=6))
    assert await trials_left() == ["another/object.jpg"]
