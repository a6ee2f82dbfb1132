"""Parts of the service, each against what it stands in for."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.presigner import Presigner

REPEATS = 2_000
KEY = "01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg"


def measure() -> dict[str, float]:
    ours, theirs = seconds(presigned_by_us()), seconds(presigned_by_botocore())
    return {"presign_us": ours * 1e6, "presign_botocore_us": theirs * 1e6, "presign_ratio": theirs / ours}


def seconds(call: Callable[[], object]) -> float:
    """For one call: the best of five rounds."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(REPEATS // 5):
            call()
        best = min(best, (time.perf_counter() - began) / (REPEATS // 5))
    return best


def presigned_by_us() -> Callable[[], object]:
    credentials = CredentialsProvider.static("AKIDEXAMPLE", "secret")
    presigner = Presigner(Bucket("photos", "eu-central-1", None, "virtual"), credentials.current)
    now = datetime.now(UTC)
    return lambda: presigner.put(
        KEY, content_type="image/jpeg", content_length=3_482_113, checksum_sha256=None, expires_in_seconds=900, now=now
    )


def presigned_by_botocore() -> Callable[[], object]:
    import boto3  # noqa: PLC0415 - a second's import that only this needs
    from botocore.config import Config  # noqa: PLC0415

    client = boto3.client(
        "s3",
        "eu-central-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",  # noqa: S106 - nobody's
        config=Config(signature_version="s3v4"),
    )
    named = {
        "Bucket": "photos",
        "Key": KEY,
        "ContentType": "image/jpeg",
        "ContentLength": 3_482_113,
        "IfNoneMatch": "*",
    }
    return lambda: client.generate_presigned_url("put_object", Params=named, ExpiresIn=900)
