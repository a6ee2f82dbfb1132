"""What an S3 server answered, without anything of it that must not be shown.

S3 answers a refused signature with the access key, the signature and the text that was to be signed. Of that text only
its headers are kept: they tell whether something between client and server has changed the request.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

import httpx
from botocore.exceptions import ClientError

_SHOWN_CHARACTERS = 300
_SECRET_HEADERS = re.compile(r"authorization|x-amz-security-token")


@dataclass(frozen=True, slots=True)
class S3Answer:
    """`code` is S3's own, None where the body is not S3's. `region`: the bucket's, where the server tells it.
    `signed`: the headers as the server saw them when it verified the signature; few servers tell."""

    status: int
    code: str | None = None
    message: str = ""
    region: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    signed: Mapping[str, str] = field(default_factory=dict)
    is_html: bool = False

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def said(self) -> str:
        """For a sentence: `403 SignatureDoesNotMatch`."""
        return f"{self.status} {self.code}" if self.code else str(self.status)


def answer_of(response: httpx.Response) -> S3Answer:
    body = response.text if response.status_code >= 300 else ""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return S3Answer(
        response.status_code,
        code=_element(body, "Code"),
        message=(_element(body, "Message") or "")[:_SHOWN_CHARACTERS],
        region=headers.get("x-amz-bucket-region") or _element(body, "Region") or _expected(_element(body, "Message")),
        headers=headers,
        signed=_signed_headers(_element(body, "CanonicalRequest") or ""),
        is_html="html" in headers.get("content-type", "") or body.lstrip()[:15].lower().startswith(("<!doc", "<html")),
    )


def answer_to_sdk(error: ClientError) -> S3Answer:
    """The same of a call by the SDK. Answers to HEAD have no body: their code is the status, and says nothing."""
    said, about = error.response["Error"], error.response["ResponseMetadata"]
    code, message = said.get("Code"), said.get("Message", "")
    headers = {name.lower(): value for name, value in about.get("HTTPHeaders", {}).items()}
    return S3Answer(
        about["HTTPStatusCode"],
        code=None if code is None or code.isdigit() else code,
        message=message[:_SHOWN_CHARACTERS],
        region=headers.get("x-amz-bucket-region") or _expected(message),
        headers=headers,
    )


def _element(body: str, name: str) -> str | None:
    found = re.search(rf"<{name}>(.*?)</{name}>", body, re.DOTALL)
    return unescape(found[1]).strip() if found else None


def _expected(message: str | None) -> str | None:
    """From `the region 'us-east-1' is wrong; expecting 'eu-central-1'`."""
    found = re.search(r"expecting '([a-z0-9-]+)'", message or "")
    return found[1] if found else None


def _signed_headers(canonical_request: str) -> dict[str, str]:
    """The third part of a canonical request (AWS Signature Version 4): one `name:value` a line, up to an empty one."""
    lines = canonical_request.splitlines()[3:]
    headers = (line.partition(":") for line in lines[: lines.index("")] if ":" in line) if "" in lines else ()
    return {name: value for name, _, value in headers if not _SECRET_HEADERS.search(name)}
