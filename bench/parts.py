"""Parts of the service, each against what it stands in for."""

import io
import statistics
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime

from PIL import Image

from bench.photos import phone_photos, shared_photos
from photodock.imaging import HEAD_BYTES, inspect_bytes
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.presigner import Presigner

REPEATS = 2_000
PARSE_ROUNDS = 30
KEY = "01a2045b-274e-7317-adc7-c28d689c5d95/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg"
EXIF_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825
IMAGE_TAGS = (0x010F, 0x0110, 0x0112)  # make, model, orientation


def measure() -> dict[str, float]:
    ours, theirs = seconds(presigned_by_us()), seconds(presigned_by_botocore())
    presigning = {"presign_us": ours * 1e6, "presign_botocore_us": theirs * 1e6, "presign_ratio": theirs / ours}
    return presigning | parsing()


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


def parsing() -> dict[str, float]:
    """All heads by one reader, then by the next, in turns; of a file that Pillow refuses there is nothing to compare.

    Not head by head: each would find the processor's caches full of the other's code, the smallest most of all.
    """
    warnings.simplefilter("ignore")  # Pillow's, of damaged files
    heads = [data[:HEAD_BYTES] for data in (*phone_photos(), *shared_photos())]
    heads = [head for head in heads if has_exif(head)]
    times: dict[Callable[[bytes], object], list[float]] = {inspect_bytes: [], read_by_pillow: [], read_alike: []}
    for _ in range(PARSE_ROUNDS):
        for call, seconds_ in times.items():
            seconds_ += [timed(call, head) for head in heads]
    ours, theirs, alike = (statistics.median(seconds_) for seconds_ in times.values())
    return {
        "parse_photos": len(heads),
        "parse_us": ours * 1e6,
        "parse_p99_ms": statistics.quantiles(times[inspect_bytes], n=100)[98] * 1e3,
        "parse_pillow_us": theirs * 1e6,
        "parse_ratio": theirs / ours,
        "parse_pillow_alike_us": alike * 1e6,
        "parse_alike_ratio": alike / ours,
    }


def timed(call: Callable[[bytes], object], head: bytes) -> float:
    began = time.perf_counter()
    call(head)
    return time.perf_counter() - began


def has_exif(head: bytes) -> bool:
    """Whether it is a JPEG in whose head both find EXIF."""
    found = inspect_bytes(head)
    try:
        by_pillow = read_alike(head)[1:]
        return found.mime_type == "image/jpeg" and bool(found.width and found.exif_data and any(by_pillow))
    except Exception:
        return False


def read_by_pillow(head: bytes) -> tuple[object, ...]:
    """Size, make, model, orientation and all of GPS, of Pillow's `open`, `getexif` and GPS directory."""
    with Image.open(io.BytesIO(head)) as image:
        exif = image.getexif()
        return (image.size, *map(exif.get, IMAGE_TAGS), exif.get_ifd(GPS_DIRECTORY))


def read_alike(head: bytes) -> tuple[object, ...]:
    """The facts that we read: capture time, ISO, f-number, exposure and focal length have a directory of their own."""
    with Image.open(io.BytesIO(head)) as image:
        exif = image.getexif()
        values = map(exif.get, IMAGE_TAGS)
        return (image.size, *values, exif.get_ifd(EXIF_DIRECTORY), exif.get_ifd(GPS_DIRECTORY))
