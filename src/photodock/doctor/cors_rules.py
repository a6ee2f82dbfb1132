"""Whether a browser lets a page upload, judged as a browser judges it, from the store's answers.

After the Fetch standard's CORS protocol. The page's PUT carries three headers that need a preflight, and its client
reads `ETag` of the answer.
"""

import json
from collections.abc import Mapping, Sequence

from photodock.doctor.findings import Trouble

UPLOAD_HEADERS = ("content-type", "if-none-match", "x-amz-checksum-sha256")
_APPLY = "aws s3api put-bucket-cors --bucket {bucket} --cors-configuration file://cors.json"


def rules_to_paste(origins: Sequence[str]) -> str:
    """As `put-bucket-cors` takes it, and the console without its outer braces."""
    rule = {
        "AllowedOrigins": list(origins) or ["https://app.example.com"],
        "AllowedMethods": ["PUT", "GET", "HEAD"],
        "AllowedHeaders": list(UPLOAD_HEADERS),
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }
    return json.dumps({"CORSRules": [rule]}, indent=2)


def how_to_set(bucket: str) -> str:
    return (
        f"Put this into cors.json and run `{_APPLY.format(bucket=bucket)}` (with --endpoint-url for another S3 than "
        "AWS's; MinIO and Garage of some versions have a setting of the server instead)."
    )


def preflight_fault(origin: str, status: int, headers: Mapping[str, str]) -> str | None:
    """Why a browser would stop at the answer to the preflight, or None. Header names in lower case."""
    allowed = headers.get("access-control-allow-origin")
    if status in {301, 302, 307, 308}:
        return f"the preflight is redirected ({status}), which no browser follows"
    if allowed is None:
        return (
            f"the preflight is answered {status} without Access-Control-Allow-Origin: no rule allows this origin to PUT"
        )
    if fault := _origin_fault(origin, allowed):
        return fault
    if not 200 <= status < 300:
        return f"the preflight is answered {status}"
    methods = _words(headers.get("access-control-allow-methods", ""))
    if not {"put", "*"} & methods:
        return "the method PUT is not allowed"
    return _headers_fault(_words(headers.get("access-control-allow-headers", "")))


def _headers_fault(allowed: set[str]) -> str | None:
    missing = [name for name in UPLOAD_HEADERS if name not in allowed]
    if not missing or "*" in allowed:
        return None
    return f"the request header{'s' if len(missing) > 1 else ''} {', '.join(missing)} may not be sent"


def answer_fault(origin: str, method: str, headers: Mapping[str, str], *, reads_etag: bool) -> str | None:
    """The same of the answer to the request itself, which a page may read or not."""
    allowed = headers.get("access-control-allow-origin")
    if allowed is None:
        return f"the answer to {method} has no Access-Control-Allow-Origin, so the page can't read it"
    if fault := _origin_fault(origin, allowed):
        return f"{fault} (answer to {method})"
    if reads_etag and not {"etag", "*"} & _words(headers.get("access-control-expose-headers", "")):
        return "the ETag is not exposed: Uppy and multipart uploads say that they could not read the ETag header"
    return None


def _origin_fault(origin: str, allowed: str) -> str | None:
    if "," in allowed:
        return f"Access-Control-Allow-Origin is sent twice ({allowed}): store and proxy both add it, and one must not"
    if allowed not in {"*", origin}:
        return f"Access-Control-Allow-Origin is {allowed}, which is not {origin} letter by letter"
    return None


def lets_in(origin: str, status: int, headers: Mapping[str, str]) -> bool:
    """Whether a page of `origin` could upload."""
    return preflight_fault(origin, status, headers) is None


def malformed_origin(origin: str) -> Trouble | None:
    """An origin is scheme, host and port, as browsers write it; anything else matches nothing."""
    if origin == "*":
        return None
    scheme, separator, rest = origin.partition("://")
    if separator and rest and not set("/?# ") & set(rest) and origin == origin.lower():
        return None
    plain = origin.lower().rstrip("/") if separator else f"https://{origin.lower().rstrip('/')}"
    scheme, _, rest = plain.partition("://")
    mended = f"{scheme}://{rest.partition('/')[0]}"
    return Trouble(
        f"{origin} is no origin, and no browser ever sends it.",
        f"Write it as scheme, host and port alone, in small letters: {mended} in PHOTODOCK_CORS_ALLOWED_ORIGINS.",
    )


def _words(value: str) -> set[str]:
    return {word.strip().lower() for word in value.split(",") if word.strip()}
