"""What S3 answers, in the shapes in which servers answer it, and what is made of that."""

import httpx
import pytest
from botocore.exceptions import ClientError

from photodock.doctor.answers import S3Answer, answer_of, answer_to_sdk
from photodock.doctor.refusals import Asked, why_refused
from photodock.doctor.signatures import Elimination, why_mismatched

ASKED = Asked("s3:PutObject", "photos", "us-east-1", is_public=True)
SIGNED = {"host": "s3.example", "content-type": "image/jpeg", "content-length": "68", "if-none-match": "*"}
CANONICAL = (
    "PUT\n/photos/a.jpg\nX-Amz-Algorithm=AWS4-HMAC-SHA256\ncontent-length:68\ncontent-type:image/jpeg\n"
    "host:inner:9000\nif-none-match:*\nx-amz-security-token:SECRETTOKEN\n\nsigned\nUNSIGNED-PAYLOAD"
)


def xml(code: str, message: str = "", **more: str) -> str:
    others = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return f'<?xml version="1.0"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{others}</Error>'


def refused(status: int, body: str = "", **headers: str) -> S3Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer_of(httpx.Response(status, text=body, headers=named))


WRONG_REGION = "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'"
NO_RIGHT = (
    "User: arn:aws:sts::123456789012:assumed-role/photodock/1 is not authorized to perform: s3:PutObject on resource: "
    '"arn:aws:s3:::photos/a.jpg" '
)
KMS = NO_RIGHT.replace("s3:PutObject", "kms:GenerateDataKey")


@pytest.mark.parametrize(
    ("answer", "found", "mend"),
    [
        (refused(403, xml("SignatureDoesNotMatch")), "another signature", "AWS_SECRET_ACCESS_KEY"),
        (refused(403, xml("InvalidAccessKeyId")), "does not know the access key", "AWS_SESSION_TOKEN"),
        (refused(400, xml("ExpiredToken")), "have ended", "use a role"),
        (refused(400, xml("InvalidToken")), "session token", "unset a token of an earlier login"),
        (refused(403, xml("RequestTimeTooSkewed")), "clocks", "NTP"),
        (refused(403, xml("AccessDenied", "Request has expired")), "clock is behind", "NTP"),
        (refused(403, xml("AccessDenied", "Request is not yet valid")), "clock is ahead", "NTP"),
        (refused(400, xml("AuthorizationHeaderMalformed", WRONG_REGION)), "in eu-central-1, not", "=eu-central-1"),
        (refused(400, xml("AuthorizationQueryParametersError", WRONG_REGION)), "in eu-central-1", "=eu-central-1"),
        (refused(400, xml("AuthorizationHeaderMalformed", "x", Region="eu-west-3")), "in eu-west-3", "=eu-west-3"),
        (refused(301, xml("PermanentRedirect"), x_amz_bucket_region="eu-west-1"), "in eu-west-1", "=eu-west-1"),
        (refused(301, "", x_amz_bucket_region="eu-west-1"), "in eu-west-1", "PHOTODOCK_S3_REGION=eu-west-1"),
        (refused(307, xml("TemporaryRedirect")), "no browser follows", "regional endpoint"),
        (refused(301, "", location="https://s3.example/"), "A redirect", "PHOTODOCK_S3_PUBLIC_ENDPOINT_URL"),
        (refused(404, xml("NoSuchBucket")), "no bucket photos", "PHOTODOCK_S3_ADDRESSING_STYLE=path"),
        (refused(403, xml("AccessDenied", "Access Denied")), "does not allow s3:PutObject", "kms:GenerateDataKey"),
        (refused(403), "does not allow s3:PutObject", "Allow s3:PutObject"),
        (refused(403, xml("AccessDenied", NO_RIGHT)), "does not allow s3:PutObject", "Allow s3:PutObject"),
        (
            refused(403, xml("AccessDenied", f"{NO_RIGHT}with an explicit deny in a resource-based policy")),
            "A resource-based policy denies s3:PutObject",
            "s3:signatureAge",
        ),
        (refused(403, xml("AccessDenied", KMS)), "KMS key refuses", "kms:Decrypt"),
        (refused(400, xml("KMS.DisabledException")), "KMS key refuses", "must be enabled"),
        (refused(411, xml("MissingContentLength")), "without its length", "chunks"),
        (refused(501, xml("NotImplemented")), "does not know what was asked", "docs/s3-compatibles.md"),
        (refused(503, xml("SlowDown")), "busy", "again"),
        (refused(413, "<html>nginx</html>", content_type="text/html"), "no body of this size", "client_max_body_size"),
        (refused(502, "<html>nginx</html>", content_type="text/html"), "can't reach S3", "proxy's log"),
        (refused(403, "<html>Log in</html>", content_type="text/html"), "not S3", "a console's"),
        (refused(405, "Method Not Allowed"), "not S3", "a console's"),
        (refused(400, xml("Unheard", "Of this.")), "400 Unheard: Of this.", "documentation of this S3"),
    ],
)
def test_each_refusal_has_its_finding_and_its_mend(answer: S3Answer, found: str, mend: str) -> None:
    trouble = why_refused(answer, ASKED)
    assert found in trouble.found
    assert mend in trouble.mend


def test_what_the_sdk_raises_is_read_alike() -> None:
    about = {"HTTPStatusCode": 301, "HTTPHeaders": {"x-amz-bucket-region": "eu-west-1"}}
    error = ClientError({"Error": {"Code": "301"}, "ResponseMetadata": about}, "HeadBucket")
    answer = answer_to_sdk(error)
    assert (answer.code, answer.region) == (None, "eu-west-1")
    assert "PHOTODOCK_S3_REGION=eu-west-1" in why_refused(answer, ASKED).mend


def test_of_what_s3_had_to_sign_only_headers_are_kept_and_no_token() -> None:
    answer = refused(403, xml("SignatureDoesNotMatch", "No.", CanonicalRequest=CANONICAL, AWSAccessKeyId="AKIA1"))
    assert answer.signed == {**SIGNED, "host": "inner:9000"}
    assert "SECRETTOKEN" not in repr(answer)
    assert "AKIA1" not in repr(answer)


@pytest.mark.parametrize(
    ("seen", "elimination", "found"),
    [
        ({**SIGNED, "host": "inner:9000"}, Elimination(None, False), "host s3.example, and S3 sees inner:9000"),
        ({**SIGNED, "content-type": "text/plain"}, Elimination(None, True), "changes or drops content-type ("),
        ({"host": "s3.example"}, Elimination(None, True), "drops content-length, content-type, if-none-match"),
        ({}, Elimination(None, True), "changes or drops one of Content-Type"),
        ({}, Elimination(True, False), "S3 sees another host or path"),
        ({}, Elimination(False, False), "another signature for every request"),
        ({}, Elimination(None, False), "another signature for every request"),
        (SIGNED, Elimination(None, False), "another signature for every request"),
    ],
)
def test_a_mismatch_is_laid_to_what_spoilt_it(seen: dict[str, str], elimination: Elimination, found: str) -> None:
    assert found in why_mismatched(SIGNED, seen, elimination).found
