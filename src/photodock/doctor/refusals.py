"""Why S3 refuses, and what to do: from the code of its answer.

The codes are those of "Error responses" in the Amazon S3 API reference, and what other servers make of them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from photodock.doctor.answers import S3Answer
from photodock.doctor.findings import Trouble

EVERY_SIGNATURE = "S3 calculates another signature for every request"
KEY_PAIR_MEND = (
    "AWS_SECRET_ACCESS_KEY is not the secret of this access key: a `+` or `/` lost in copying, a blank, another "
    "pair's. Where it surely is, a proxy on the service's own way to S3 changes Host, path or headers."
)
CLOCK_MEND = "Set this machine's clock by NTP (`timedatectl set-ntp true`), and that of an S3 server of your own."


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: `action` is its name in a policy. `is_public`: by the way that clients take."""

    action: str
    bucket: str
    region: str
    is_public: bool = False

    @property
    def endpoint_setting(self) -> str:
        return "PHOTODOCK_S3_PUBLIC_ENDPOINT_URL" if self.is_public else "PHOTODOCK_S3_ENDPOINT_URL"


def why_refused(answer: S3Answer, asked: Asked) -> Trouble:
    """For every answer but a success."""
    explain = _BY_CODE.get(answer.code or "")
    if explain and not answer.is_html:
        return explain(answer, asked)
    if (answer.code or "").startswith("KMS."):
        return _KEY_REFUSES(answer, asked)
    return _by_status(answer, asked)


def _by_status(answer: S3Answer, asked: Asked) -> Trouble:
    if answer.code is None and answer.status in _PROXYS_OWN:
        return _PROXYS_OWN[answer.status](answer, asked)
    if answer.status in {301, 307, 308}:
        return _elsewhere(answer, asked)
    if answer.is_html or (answer.code is None and answer.status not in {400, 403, 404}):
        return Trouble(
            f"Something answers with {answer.said} that is not S3.",
            f"{asked.endpoint_setting} must be the address of the S3 API itself, without the bucket: not a console's "
            "(a port of its own in MinIO), a website's or a login page's.",
        )
    if answer.code is None and answer.status == 403:
        return _denied(answer, asked)
    if answer.code is None and answer.status == 404:
        return _no_bucket(answer, asked)
    said = f": {answer.message}" if answer.message else ""
    return Trouble(
        f"S3 answers {answer.said}{said}", "Look the code up in the documentation of this S3; its own log says more."
    )


def _wrong_region(answer: S3Answer, asked: Asked) -> Trouble:
    told = answer.region and answer.region != asked.region
    mend = f"Set PHOTODOCK_S3_REGION={answer.region}." if told else "Set PHOTODOCK_S3_REGION to the bucket's region."
    where = f"in {answer.region}, not in {asked.region}" if told else f"not in {asked.region}"
    return Trouble(f"The bucket is {where} ({answer.said}).", mend)


def _elsewhere(answer: S3Answer, asked: Asked) -> Trouble:
    if answer.code == "PermanentRedirect" or (answer.region and answer.region != asked.region):
        return _wrong_region(answer, asked)
    if answer.code == "TemporaryRedirect":
        return Trouble(
            "S3 redirects this bucket for now (TemporaryRedirect), and no browser follows that in a preflight.",
            "A bucket made a short while ago needs up to some hours until its name is known everywhere; use the "
            "regional endpoint, by leaving the endpoint settings empty on AWS.",
        )
    return Trouble(
        f"A redirect ({answer.said}) instead of an answer.",
        f"{asked.endpoint_setting} must be the last address itself: `https://` where `http://` is redirected, without "
        "a path or a slash that is redirected.",
    )


def _no_bucket(answer: S3Answer, asked: Asked) -> Trouble:
    return Trouble(
        f"There is no bucket {asked.bucket} here ({answer.said}).",
        "Make it, or name the right one in PHOTODOCK_S3_BUCKET (empty, it follows from PHOTODOCK_ENVIRONMENT). If it "
        "is there, the server may expect the bucket in the path: PHOTODOCK_S3_ADDRESSING_STYLE=path.",
    )


def _denied(answer: S3Answer, asked: Asked) -> Trouble:
    message = answer.message
    if "not yet valid" in message:
        return Trouble("S3 finds the URL not yet valid: this machine's clock is ahead.", CLOCK_MEND)
    if "has expired" in message:
        return Trouble("S3 finds a URL of this moment expired: this machine's clock is behind.", CLOCK_MEND)
    if "kms:" in message.lower():
        return _KEY_REFUSES(answer, asked)
    action = found[1] if (found := re.search(r"to perform: (\S+)", message)) else asked.action
    if "explicit deny" in message or "with an explicit deny" in message:
        kind = found[1] if (found := re.search(r"explicit deny in an? ([\w -]+? policy)", message)) else "policy"
        return Trouble(
            f"A {kind} denies {action} (AccessDenied).",
            "Look for a Deny statement: one for requests without TLS, without encryption headers, from outside of a "
            "network or a VPC endpoint, or by `s3:signatureAge` and `s3:authType`. Presigned URLs come from clients.",
        )
    if action == "s3:ListBucket":
        return Trouble(
            f"S3 does not allow s3:ListBucket ({answer.said}).",
            f"Allow it on the bucket {asked.bucket} itself, not on its objects. Without it S3 says 403 instead of 404 "
            "of an object that is not there, and uploads that are still under way can't be told from a refusal.",
        )
    return Trouble(
        f"S3 does not allow {action} ({answer.said}).",
        f"Allow {action} to these credentials on bucket {asked.bucket}: the README has the whole policy. On AWS, a "
        "bucket encrypted with a KMS key also needs kms:GenerateDataKey and kms:Decrypt on that key.",
    )


def _gateway(_: S3Answer, asked: Asked) -> Trouble:
    return Trouble(
        "A proxy answers that it can't reach S3 behind it.",
        f"Look at the proxy's log, and at whether {asked.endpoint_setting} leads to the right one.",
    )


@dataclass(frozen=True, slots=True)
class _Plain:
    """What is the same whatever was asked for; `{said}` stands for status and code."""

    found: str
    mend: str

    def __call__(self, answer: S3Answer, _: Asked) -> Trouble:
        return Trouble(self.found.format(said=answer.said), self.mend)


_ENDED = _Plain(
    "The temporary credentials have ended ({said}).",
    "Get new ones. For a service use a role (ECS task, EC2 instance, EKS pod), which renews itself, rather than "
    "session keys in the environment.",
)
_BAD_TOKEN = _Plain(
    "S3 refuses the session token ({said}).",
    "AWS_SESSION_TOKEN must belong to AWS_ACCESS_KEY_ID: unset a token of an earlier login, or set all three anew.",
)
_KEY_REFUSES = _Plain(
    "The bucket's KMS key refuses ({said}).",
    "Whoever signs a URL needs kms:GenerateDataKey (to write) and kms:Decrypt (to read, and for multipart) on the key "
    "that the bucket encrypts with, in a policy of its own and in the key's; and the key must be enabled.",
)
_THROTTLED = _Plain(
    "S3 is busy or not well ({said}).",
    "Run this again; if it stays, look at S3's own state.",
)
_BY_CODE: dict[str, Callable[[S3Answer, Asked], Trouble]] = {
    "SignatureDoesNotMatch": _Plain(f"{EVERY_SIGNATURE} ({{said}}).", KEY_PAIR_MEND),
    "InvalidAccessKeyId": _Plain(
        "S3 does not know the access key ({said}).",
        "AWS_ACCESS_KEY_ID is mistyped, was removed, or belongs to another S3 or another AWS partition; temporary "
        "keys (ASIA…) also need their AWS_SESSION_TOKEN.",
    ),
    "ExpiredToken": _ENDED,
    "TokenRefreshRequired": _ENDED,
    "InvalidToken": _BAD_TOKEN,
    "InvalidSecurity": _BAD_TOKEN,
    "RequestTimeTooSkewed": _Plain("The clocks of this machine and of S3 differ too much ({said}).", CLOCK_MEND),
    "AuthorizationHeaderMalformed": _wrong_region,
    "AuthorizationQueryParametersError": _wrong_region,
    "IllegalLocationConstraintException": _wrong_region,
    "PermanentRedirect": _wrong_region,
    "NoSuchBucket": _no_bucket,
    "AccessDenied": _denied,
    "AllAccessDisabled": _denied,
    "MissingContentLength": _Plain(
        "The request reached S3 without its length ({said}).",
        "A proxy sends bodies on in chunks: let it send Content-Length on (nginx: `proxy_request_buffering on`).",
    ),
    "NotImplemented": _Plain(
        "This S3 does not know what was asked for ({said}).",
        "photodock needs SigV4 in the query, `If-None-Match` and `x-amz-checksum-sha256` on PUT: "
        "docs/s3-compatibles.md says which versions have them.",
    ),
    "SlowDown": _THROTTLED,
    "ServiceUnavailable": _THROTTLED,
    "InternalError": _THROTTLED,
}
_PROXYS_OWN: dict[int, Callable[[S3Answer, Asked], Trouble]] = {
    413: _Plain(
        "A proxy before S3 takes no body of this size ({said}).",
        "Raise its limit above PHOTODOCK_MAX_FILE_SIZE (nginx: `client_max_body_size`).",
    ),
    502: _gateway,
    503: _gateway,
    504: _gateway,
}
