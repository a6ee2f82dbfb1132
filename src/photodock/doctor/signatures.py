"""Where a presigned URL that S3 calls wrongly signed was spoilt.

S3 says of a wrong secret and of a changed request the same: SignatureDoesNotMatch. They are told apart by what the
server saw, where it says so, or else by signing other requests with the same secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from photodock.doctor.findings import Trouble
from photodock.doctor.refusals import EVERY_SIGNATURE, KEY_PAIR_MEND


@dataclass(frozen=True, slots=True)
class Elimination:
    """Whether S3 took the signatures of two simpler requests. `direct`: a GET by the service's own endpoint, None where
    that is the public one. `by_host_alone`: a GET by the public one, whose only signed header is Host."""

    direct: bool | None
    by_host_alone: bool


def why_mismatched(sent: Mapping[str, str], seen: Mapping[str, str], elimination: Elimination) -> Trouble:
    """`sent`: the upload's signed headers, names in lower case; `seen`: the same as the server tells them, or empty."""
    changed = sorted(name for name in sent if seen and seen.get(name) != sent[name])
    if "host" in changed:
        return _other_host(sent["host"], seen.get("host"))
    if changed:
        return _other_headers(changed)
    if elimination.by_host_alone:
        return _other_headers(["Content-Type", "Content-Length", "If-None-Match", "x-amz-checksum-sha256"], sure=False)
    if elimination.direct:
        return _other_host(sent["host"], None)
    return Trouble(f"{EVERY_SIGNATURE} (SignatureDoesNotMatch).", KEY_PAIR_MEND)


def _other_host(signed: str, seen: str | None) -> Trouble:
    arrived = f"S3 sees {seen}" if seen else "S3 sees another host or path"
    return Trouble(
        f"The URL is signed for the host {signed}, and {arrived} (SignatureDoesNotMatch). The credentials are right.",
        "A proxy or CDN before S3 must pass on the Host header (nginx: `proxy_set_header Host $http_host;`, port "
        "included) and the path as they come (no rewriting, `proxy_pass` without a path); and "
        "PHOTODOCK_S3_PUBLIC_ENDPOINT_URL must be the address that clients use.",
    )


def _other_headers(names: list[str], *, sure: bool = True) -> Trouble:
    which = ", ".join(names)
    found = (
        f"A proxy before S3 changes or drops {which}" if sure else f"A proxy before S3 changes or drops one of {which}"
    )
    return Trouble(
        f"{found} (SignatureDoesNotMatch): S3 takes URLs without these headers.",
        "Let the proxy pass all request headers on unchanged, and bodies with their Content-Length instead of in "
        "chunks.",
    )
