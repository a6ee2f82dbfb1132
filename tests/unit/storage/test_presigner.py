import base64
import re
from datetime import UTC, datetime, timedelta, timezone
from unittest.mock import patch
from urllib.parse import parse_qs, quote, urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from photodock.domain.errors import StorageAccessDenied
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import Credentials
from photodock.storage.disposition import content_disposition, download_name
from photodock.storage.presigner import Presigner
from photodock.storage.signing import Second

NOW = datetime(2026, 11, 22, 17, 3, 55, 250_000, tzinfo=UTC)
BUCKET = Bucket("photos", "eu-west-1")
KEY = "0197a1b2/2026/11/22/photo.jpg"

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
key_ids = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=16, max_size=20)
secrets = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/", min_size=1, max_size=40)
tokens = st.none() | st.binary(min_size=1, max_size=90).map(lambda data: base64.b64encode(data).decode())
checksums = st.none() | st.binary(min_size=32, max_size=32).map(lambda data: base64.b64encode(data).decode())
moments = st.floats(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
content_types = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40).filter(
    # botocore takes this one for its own default and drops it.
    lambda text: text.strip() and text != "application/x-www-form-urlencoded; charset=utf-8"
)
buckets = st.builds(
    Bucket,
    name=st.from_regex(r"[a-z0-9][a-z0-9-]{1,20}[a-z0-9]", fullmatch=True) | st.sampled_from(["with.dots", "a_b"]),
    region=st.sampled_from(["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"]),
    endpoint_url=st.sampled_from(
        [
            None,
            "http://127.0.0.1:9000",
            "http://[::1]:9000",
            "http://minio.example:80",
            "https://minio.example:443/",
            "https://Minio.Example:8443",
            "https://gateway.example/s3/",
        ]
    ),
    addressing_style=st.sampled_from(["path", "virtual"]),
)


SESSION = botocore.session.Session()


def presigner(bucket: Bucket = BUCKET, credentials: Credentials | None = None) -> Presigner:
    found = credentials or Credentials("AKIDEXAMPLE", "secret")
    return Presigner(bucket, lambda: found)


def upload(signer: Presigner, **changes):
    arguments = {
        "content_type": "image/jpeg",
        "content_length": 123_456,
        "checksum_sha256": None,
        "expires_in_seconds": 900,
        "now": NOW,
    }
    return signer.put(KEY, **(arguments | changes))


def download(signer: Presigner, **changes) -> str:
    arguments = {"content_type": "image/jpeg", "file_name": "roof.jpg", "expires_in_seconds": 300, "now": NOW}
    return signer.get(KEY, **(arguments | changes))


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def signed_by_botocore(request: AWSRequest, region: str, credentials: Credentials, seconds: int, now: datetime) -> str:
    reference = BotocoreCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    with patch.object(botocore.auth, "get_current_datetime", return_value=now):
        botocore.auth.S3SigV4QueryAuth(reference, "s3", region, expires=seconds).add_auth(request)
    return request.url


@settings(deadline=None)
@given(
    bucket=buckets,
    key=keys,
    credentials=st.builds(Credentials, key_ids, secrets, tokens),
    content_type=content_types,
    size=st.integers(0, 5 * 1024**3),
    checksum=checksums,
    seconds=st.integers(1, 604_800),
    now=moments,
)
def test_an_upload_url_is_byte_for_byte_the_sdks(bucket, key, credentials, content_type, size, checksum, seconds, now):
    signer = presigner(bucket, credentials)
    issued = signer.put(
        key,
        content_type=content_type,
        content_length=size,
        checksum_sha256=checksum,
        expires_in_seconds=seconds,
        now=now,
    )
    assert issued.object_url == signer.object_url(key)
    request = AWSRequest("PUT", issued.object_url, headers={"Content-Length": str(size), **issued.headers})
    assert issued.url == signed_by_botocore(request, bucket.region, credentials, seconds, now)


@settings(deadline=None)
@given(
    bucket=buckets,
    key=keys,
    credentials=st.builds(Credentials, key_ids, secrets, tokens),
    file_name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    seconds=st.integers(1, 604_800),
    now=moments,
)
def test_a_download_url_is_byte_for_byte_the_sdks(bucket, key, credentials, file_name, seconds, now):
    signer = presigner(bucket, credentials)
    url = signer.get(key, content_type="image/png", file_name=f"{file_name}.png", expires_in_seconds=seconds, now=now)
    parameters = (
        f"response-content-disposition={quote(content_disposition(f'{file_name}.png'), safe='')}"
        "&response-content-type=image%2Fpng"
    )
    request = AWSRequest("GET", f"{signer.object_url(key)}?{parameters}")
    assert url == signed_by_botocore(request, bucket.region, credentials, seconds, now)


@settings(deadline=None)
@given(
    bucket=buckets,
    key=keys,
    credentials=st.builds(Credentials, key_ids, secrets, tokens),
    upload_id=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=90),
    number=st.integers(1, 10_000),
    size=st.integers(0, 5 * 1024**3),
    checksum=checksums,
    seconds=st.integers(1, 604_800),
    now=moments,
)
def test_a_parts_url_is_byte_for_byte_the_sdks(
    bucket, key, credentials, upload_id, number, size, checksum, seconds, now
):
    signer = presigner(bucket, credentials)
    issued = signer.put_part(
        key,
        upload_id=upload_id,
        number=number,
        content_length=size,
        checksum_sha256=checksum,
        expires_in_seconds=seconds,
        now=now,
    )
    address = f"{signer.object_url(key)}?partNumber={number}&uploadId={quote(upload_id, safe='')}"
    request = AWSRequest("PUT", address, headers={"Content-Length": str(size), **issued.headers})
    assert issued.url == signed_by_botocore(request, bucket.region, credentials, seconds, now)


@settings(deadline=None, max_examples=20)
@given(bucket=buckets, key=keys, checksum=checksums)
def test_the_address_and_the_whole_url_are_those_of_the_sdks_own_client(bucket, key, checksum):
    # Over plain HTTP the SDK puts a name with dots before the host, even before an IP address; here it never is.
    assume("." not in bucket.name or bucket.endpoint.startswith("https:"))
    credentials = Credentials("AKIDEXAMPLE", "secret", "token/+==")
    client = SESSION.create_client(
        "s3",
        region_name=bucket.region,
        endpoint_url=bucket.endpoint_url,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": bucket.addressing_style, "us_east_1_regional_endpoint": "regional"},
        ),
    )
    parameters = {
        "Bucket": bucket.name,
        "Key": key,
        "ContentType": "image/jpeg",
        "ContentLength": 5,
        "IfNoneMatch": "*",
    }
    if checksum:
        parameters["ChecksumSHA256"] = checksum
    with patch.object(botocore.auth, "get_current_datetime", return_value=NOW):
        expected = client.generate_presigned_url("put_object", Params=parameters, ExpiresIn=900)
    issued = presigner(bucket, credentials).put(
        key,
        content_type="image/jpeg",
        content_length=5,
        checksum_sha256=checksum,
        expires_in_seconds=900,
        now=NOW,
    )
    assert issued.url == expected


def test_one_signer_stays_right_over_seconds_days_and_time_zones():
    credentials = Credentials("AKIDEXAMPLE", "secret")
    signer = presigner(credentials=credentials)
    tokyo = timezone(timedelta(hours=9))
    midnight = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    moments = [
        midnight,
        midnight + timedelta(microseconds=1),
        (midnight + timedelta(microseconds=1)).astimezone(tokyo),
        midnight + timedelta(days=1),
        midnight,
    ]
    for now in moments:
        issued = upload(signer, now=now)
        request = AWSRequest("PUT", signer.object_url(KEY), headers={"Content-Length": "123456", **issued.headers})
        assert issued.url == signed_by_botocore(request, BUCKET.region, credentials, 900, now.astimezone(UTC))


def test_uploads_and_downloads_in_turns_compute_what_they_share_once_each():
    signer = presigner()
    with patch.object(Second, "enter", side_effect=Second.enter) as entered:
        for _ in range(3):
            upload(signer, now=NOW)
            download(signer, now=NOW - timedelta(minutes=4))
    assert entered.call_count == 2


def test_rotated_credentials_sign_from_the_next_url_on():
    holder = [Credentials("AKIDOLD", "old")]
    signer = Presigner(BUCKET, lambda: holder[0])
    assert query_of(upload(signer).url)["X-Amz-Credential"].startswith("AKIDOLD/")
    holder[0] = Credentials("AKIDNEW", "new", "token")
    rotated = upload(signer)
    assert rotated.url == upload(presigner(credentials=holder[0])).url
    assert query_of(rotated.url)["X-Amz-Security-Token"] == "token"


def test_another_secret_behind_the_same_key_id_signs_otherwise():
    holder = [Credentials("AKID", "old")]
    signer = Presigner(BUCKET, lambda: holder[0])
    before = upload(signer)
    holder[0] = Credentials("AKID", "new")
    assert upload(signer).url != before.url


def test_the_client_is_told_the_signed_headers_that_http_does_not_set_by_itself():
    plain = upload(presigner())
    assert plain.headers == {"Content-Type": "image/jpeg", "If-None-Match": "*"}
    checksum = base64.b64encode(bytes(32)).decode()
    checked = upload(presigner(), checksum_sha256=checksum)
    assert checked.headers == plain.headers | {"X-Amz-Checksum-Sha256": checksum}
    for issued in (plain, checked):
        signed = set(query_of(issued.url)["X-Amz-SignedHeaders"].split(";"))
        assert signed == {"host", "content-length"} | {name.lower() for name in issued.headers}


def test_expiry_is_counted_from_the_signatures_whole_second():
    issued = upload(presigner(), expires_in_seconds=900)
    assert issued.expires_in_seconds == 900
    assert issued.expires_at == NOW.replace(microsecond=0) + timedelta(seconds=900)


def test_a_url_ends_with_the_credentials_that_signed_it():
    ends_at = NOW + timedelta(seconds=200)
    signer = presigner(credentials=Credentials("AKID", "secret", "token", ends_at))
    issued = upload(signer)
    assert issued.expires_in_seconds == 200
    assert issued.expires_at <= ends_at
    assert query_of(issued.url)["X-Amz-Expires"] == "200"
    assert query_of(download(signer))["X-Amz-Expires"] == "200"
    assert upload(signer, expires_in_seconds=60).expires_in_seconds == 60


@pytest.mark.parametrize("sign", [upload, download])
def test_credentials_that_have_ended_sign_nothing(sign):
    signer = presigner(credentials=Credentials("AKID", "secret", "token", NOW))
    with pytest.raises(StorageAccessDenied):
        sign(signer)


def test_a_url_is_never_printed_with_its_upload():
    issued = upload(presigner())
    assert "Signature" not in repr(issued)
    assert issued.url not in repr(issued)


def test_a_content_type_cannot_carry_a_second_header():
    issued = upload(presigner(), content_type="image/jpeg\r\nx-amz-acl: public-read")
    assert issued.headers["Content-Type"] == "image/jpeg x-amz-acl: public-read"


@pytest.mark.parametrize(("content_type", "name"), [("image/jpeg", "roof.jpg"), ("image/png", "roof.jpg.png")])
def test_a_photo_is_saved_under_its_name_in_its_stored_type(content_type, name):
    query = query_of(download(presigner(), content_type=content_type))
    assert query["response-content-type"] == content_type
    assert query["response-content-disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "", "IMAGE/JPEG"])
def test_nothing_but_a_photo_is_ever_shown_by_a_browser(content_type):
    query = query_of(download(presigner(), content_type=content_type))
    assert query["response-content-type"] == "application/octet-stream"
    assert query["response-content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("roof 1.jpg", 'attachment; filename="roof 1.jpg"'),
        ("Dach-Süd.jpg", "attachment; filename=\"Dach-S_d.jpg\"; filename*=UTF-8''Dach-S%C3%BCd.jpg"),
        ("屋根🏠.png", "attachment; filename=\"___.png\"; filename*=UTF-8''%E5%B1%8B%E6%A0%B9%F0%9F%8F%A0.png"),
        ('a"; x=".jpg', "attachment; filename=\"a_; x=_.jpg\"; filename*=UTF-8''a%22%3B%20x%3D%22.jpg"),
        ("50%.jpg", "attachment; filename=\"50_.jpg\"; filename*=UTF-8''50%25.jpg"),
        ("a\\b\r\nc.jpg", "attachment; filename=\"a_b__c.jpg\"; filename*=UTF-8''a%5Cb%0D%0Ac.jpg"),
        ("\ud800.jpg", "attachment; filename=\"_.jpg\"; filename*=UTF-8''%3F.jpg"),
    ],
)
def test_a_file_name_is_encoded_for_the_header(file_name, expected):
    assert content_disposition(file_name) == expected


@given(st.text(max_size=60))
def test_a_disposition_is_always_one_line_of_printable_ascii(file_name):
    header = content_disposition(file_name)
    assert re.fullmatch(r"attachment; filename=\"[ !#$&-\[\]-~]*\"(; filename\*=UTF-8''[!-~]*)?", header)


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (Bucket("photos", "eu-west-1"), "https://photos.s3.eu-west-1.amazonaws.com/a%20b/%C3%BC.jpg"),
        (Bucket("photos", "us-east-1"), "https://photos.s3.us-east-1.amazonaws.com/a%20b/%C3%BC.jpg"),
        (Bucket("photos", "cn-north-1"), "https://photos.s3.cn-north-1.amazonaws.com.cn/a%20b/%C3%BC.jpg"),
        (Bucket("my.photos", "eu-west-1"), "https://s3.eu-west-1.amazonaws.com/my.photos/a%20b/%C3%BC.jpg"),
        (
            Bucket("photos", "eu-west-1", addressing_style="path"),
            "https://s3.eu-west-1.amazonaws.com/photos/a%20b/%C3%BC.jpg",
        ),
        (Bucket("photos", "x", "http://127.0.0.1:8333"), "http://127.0.0.1:8333/photos/a%20b/%C3%BC.jpg"),
        (Bucket("photos", "x", "https://s3.example:9000/"), "https://photos.s3.example:9000/a%20b/%C3%BC.jpg"),
    ],
)
def test_an_objects_address_follows_the_buckets_style(bucket, expected):
    assert presigner(bucket).object_url("a b/ü.jpg") == expected


def test_a_job_names_the_object_by_its_s3_uri():
    assert presigner().s3_uri(KEY) == f"s3://photos/{KEY}"


@pytest.mark.parametrize(
    ("content_type", "name", "saved_as"),
    [
        ("image/jpeg", "roof.jpg", "roof.jpg"),
        ("image/jpeg", "ROOF.JPEG", "ROOF.JPEG"),
        ("image/jpeg", "roof.html", "roof.html.jpg"),
        ("image/jpeg", "roof.jpg.exe", "roof.jpg.exe.jpg"),
        ("image/png", "roof.jpg", "roof.jpg.png"),
        ("image/png", "Dach", "Dach.png"),
        ("text/html", "roof.html", "roof.html"),
    ],
)
def test_a_photo_is_saved_under_an_ending_of_its_type(content_type, name, saved_as):
    assert download_name(content_type, name) == saved_as
