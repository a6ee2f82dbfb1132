"""Whether a browser lets a page upload, judged as a browser judges it, from the store's answers.

After the Fetch standard's CORS protocol. The page's PUT carries three headers that need a preflight, and its client
reads `ETag` of the answer.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from photodock.doctor.findings import Trouble

UPLOAD_HEADERS = ("content-type", "if-none-match", "x-amz-checksum-sha256")
_APPLY = "aws s3api put-bucket-cors --bucket {bucket} --cors-configuration file://cors.json"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a browser stops, for a sentence. `mend` None: what mends it is a rule of the bucket."""

    why: str
    mend: str | None = None


_FAILED = "Look at the log of the proxy before the store, and of the store: no rule of CORS is to blame."
_NOT_KNOWN = (
    "Let the proxy before the store pass OPTIONS on as it comes, without a login of its own. Where there is none, this "
    "S3 knows no rules of a bucket: its own documentation says where it has a setting of the server."
)
_REDIRECTED = (
    "Other requests are not redirected: look at what the proxy before the store does with OPTIONS. On AWS leave the "
    "endpoint settings empty, so that the bucket's regional address is used."
)
_TWICE = (
    "Leave it to the bucket's rule, and take it out of the proxy (nginx: `add_header Access-Control-Allow-Origin`); or "
    "have the proxy hide the store's (nginx: `proxy_hide_header`)."
)
_LOST = (
    "The bucket's rule let the preflight pass, so something before the store takes the header away, or answers by "
    "itself. Let it pass the store's headers on, with errors too (nginx: no `proxy_hide_header` for it, no "
    "`proxy_intercept_errors`)."
)


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


def preflight_fault(origin: str, status: int, headers: Mapping[str, str]) -> Fault | None:
    """Why a browser would stop at the answer to the preflight, or None. Header names in lower case."""
    allowed = headers.get("access-control-allow-origin")
    if status in {301, 302, 307, 308}:
        return Fault(f"the preflight is redirected ({status}), which no browser follows", _REDIRECTED)
    if allowed is None:
        return _not_let_in(status)
    if fault := _origin_fault(origin, allowed):
        return fault
    if not 200 <= status < 300:
        return Fault(f"the preflight is answered {status}", _FAILED)
    methods = _words(headers.get("access-control-allow-methods", ""))
    if not {"put", "*"} & methods:
        return Fault("the method PUT is not allowed")
    return _headers_fault(_words(headers.get("access-control-allow-headers", "")))


def _not_let_in(status: int) -> Fault:
    answered = f"the preflight is answered {status} without Access-Control-Allow-Origin"
    if status >= 500 and status != 501:
        return Fault(f"{answered}: the store is not well, or a proxy can't reach it", _FAILED)
    if status in {401, 405, 501}:
        return Fault(f"{answered}: what answers there knows no preflights", _NOT_KNOWN)
    return Fault(f"{answered}: no rule allows this origin to PUT")


def _headers_fault(allowed: set[str]) -> Fault | None:
    missing = [name for name in UPLOAD_HEADERS if name not in allowed]
    if not missing or "*" in allowed:
        return None
    return Fault(f"the request header{'s' if len(missing) > 1 else ''} {', '.join(missing)} may not be sent")


def answer_fault(origin: str, method: str, status: int, headers: Mapping[str, str]) -> Fault | None:
    """The same of the answer to the request itself, which a page may read or not. Of a PUT it reads the ETag."""
    allowed = headers.get("access-control-allow-origin")
    is_upload = method == "PUT"
    if allowed is None:
        # A rule for PUT the preflight has shown; there may be none for GET.
        why = f"the answer to {method} ({status}) has no Access-Control-Allow-Origin, so the page can't read it"
        return Fault(why, _LOST if is_upload else None)
    if fault := _origin_fault(origin, allowed):
        return Fault(f"{fault.why} (answer to {method})", fault.mend)
    if is_upload and not {"etag", "*"} & _words(headers.get("access-control-expose-headers", "")):
        return Fault("the ETag is not exposed: Uppy and multipart uploads say that they could not read the ETag header")
    return None


def _origin_fault(origin: str, allowed: str) -> Fault | None:
    if "," in allowed:
        return Fault(f"Access-Control-Allow-Origin is sent twice ({allowed}): store and proxy both add it", _TWICE)
    if allowed not in {"*", origin}:
        return Fault(f"Access-Control-Allow-Origin is {allowed}, which is not {origin} letter by letter")
    return None


def lets_in(origin: str, status: int, headers: Mapping[str, str]) -> bool:
    """Whether a page of `origin` could upload."""
    return preflight_fault(origin, status, headers) is None


def malformed_origin(origin: str) -> Trouble | None:
    """An origin is scheme, host and port, as browsers write it; anything else matches nothing."""
    if origin == "*":
        return None
    if "*" in origin:
        return Trouble(
            f"{origin} is a pattern, and the API compares letter by letter.",
            "List each origin by itself in PHOTODOCK_CORS_ALLOWED_ORIGINS, or allow all with `*` alone.",
        )
    sent = as_browsers_write(origin)
    if sent == origin:
        return None
    meant = f": {sent} in PHOTODOCK_CORS_ALLOWED_ORIGINS" if sent else ", as in https://app.example.com"
    return Trouble(
        f"{origin} is no origin, and no browser ever sends it.",
        "Write it as browsers do: scheme, host and port alone, in small letters, a host's other letters as `xn--…`, no "
        f"port where it is the scheme's own{meant}.",
    )


def as_browsers_write(address: str) -> str | None:
    """The origin of that address, https where it names no scheme; None where it has none."""
    try:
        url = httpx.URL(address.strip() if "://" in address else f"https://{address.strip()}")
    except (httpx.InvalidURL, UnicodeError):
        return None
    return f"{url.scheme}://{url.netloc.decode()}" if url.host else None


def _words(value: str) -> set[str]:
    return {word.strip().lower() for word in value.split(",") if word.strip()}
