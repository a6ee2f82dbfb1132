"""The judgement of clocks, credentials, queues, events, origins and of silence, without anything to ask."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest
from botocore.exceptions import ClientError

from photodock.doctor.answers import S3Answer
from photodock.doctor.checks.credentials import judged, mismatched
from photodock.doctor.checks.events import why_no_event
from photodock.doctor.checks.queues import judged_dead_letters
from photodock.doctor.checks.store import judged_clock
from photodock.doctor.checks.uploads import judged_guarantee
from photodock.doctor.cors_rules import Fault, answer_fault, malformed_origin, preflight_fault
from photodock.doctor.faults import why_database_away, why_queue_away, why_silent
from photodock.doctor.findings import State
from photodock.doctor.guarantees import GUARANTEES
from photodock.doctor.refusals import Asked
from photodock.domain.errors import DatabaseUnavailable, QueueUnavailable
from photodock.queues.inspection import QueueFacts
from photodock.storage.credentials import Credentials

NOW = datetime(2026, 11, 26, 1, 0, 0, 500_000, tzinfo=UTC)
PAGE = "https://app.example"
ALLOWED = {
    "access-control-allow-origin": PAGE,
    "access-control-allow-methods": "PUT, GET, HEAD",
    "access-control-allow-headers": "Content-Type, If-None-Match, X-Amz-Checksum-Sha256",
}


@pytest.mark.parametrize(
    ("told", "state", "said"),
    [
        (NOW.replace(microsecond=0), State.OK, "differ by 0 s"),
        (NOW - timedelta(seconds=59), State.OK, "differ by 58 s"),
        (NOW - timedelta(minutes=3), State.WRONG, "179 s ahead of S3's: upload URLs are not valid yet"),
        (NOW + timedelta(minutes=3), State.WRONG, "179 s behind S3's: upload URLs end that much earlier"),
        (NOW + timedelta(hours=1), State.WRONG, "S3 refuses every signature"),
        (None, State.WRONG, "no Date"),
    ],
)
def test_a_clock_is_judged_by_the_date_of_an_answer(told: datetime | None, state: State, said: str) -> None:
    found = judged_clock(told, NOW, NOW + timedelta(seconds=1))
    assert (found.state, said in found.found) == (state, True), found


@pytest.mark.parametrize(
    ("source", "ends", "state", "said"),
    [
        ("env", None, State.OK, "lasting keys"),
        ("container-role", timedelta(minutes=5), State.OK, "renewed before"),
        ("env", timedelta(hours=5), State.OK, "not renewed by themselves"),
        ("shared-credentials-file", timedelta(minutes=5), State.WRONG, "before an upload URL of now would"),
        ("iam-role", timedelta(minutes=-1), State.WRONG, "they ended"),
    ],
)
def test_credentials_are_judged_by_kind_and_end(source: str, ends: timedelta | None, state: State, said: str) -> None:
    found = judged(source, Credentials("AKIA1", "s", expires_at=ends and NOW + ends), 900, NOW)
    assert (found.state, said in found.found) == (state, True), found
    assert "AKIA1" not in found.found


@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        (Credentials("ASIA1", "s"), "no session token"),
        (Credentials("AKIA1", "s", "token"), "belongs to another"),
        (Credentials("AKIA1", "s\n"), "a line's end"),
        (Credentials("AKIA1", "s"), None),
        (Credentials("ASIA1", "s", "token"), None),
        (Credentials("photodock-local", "s"), None),
    ],
)
def test_keys_that_do_not_belong_together_are_told(credentials: Credentials, said: str | None) -> None:
    trouble = mismatched(credentials, {})
    assert (trouble is None) == (said is None)
    assert said is None or (trouble and said in trouble.found)


@pytest.mark.parametrize(
    ("facts", "state", "said"),
    [
        (QueueFacts(0, "dead", True, 5, 0), State.OK, "after 5 deliveries"),
        (QueueFacts(0, "dead", True, 5, None), State.OK, "go to `dead`"),
        (QueueFacts(0, None), State.WRONG, "no RedrivePolicy"),
        (QueueFacts(0, "dead", False, 5), State.WRONG, "not there"),
        (QueueFacts(0, "dead", True, 5, 3), State.WRONG, "3 dead letters"),
        (QueueFacts(0, "dead", True, difference="inequivalent arg"), State.OK, "somebody else's making"),
        (QueueFacts(0, "dead", False, difference="inequivalent arg"), State.WRONG, "there is no `dead`"),
    ],
)
def test_dead_letters_are_judged(facts: QueueFacts, state: State, said: str) -> None:
    found = judged_dead_letters(facts)
    assert (found.state, said in found.found) == (state, True), found


@pytest.mark.parametrize(
    ("statuses", "state", "said"),
    [
        ((403, 412), State.OK, "S3 refuses a URL with another signature or for another key (403, 412)"),
        ((403, 200), State.WRONG, "This S3 takes a URL with another signature"),
        ((500, 200), State.WRONG, "This S3 takes a URL with another signature"),
        ((403, 503), State.WRONG, "can't be told"),
    ],
)
def test_a_store_that_fails_has_refused_nothing(statuses: tuple[int, ...], state: State, said: str) -> None:
    answers = [S3Answer(status) for status in statuses]
    found = judged_guarantee(GUARANTEES[0], answers, Asked("s3:PutObject", "photos", "us-east-1"))
    assert (found.state, said in found.found) == (state, True), found


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        (None, "s3:GetBucketNotification"),
        ({}, "put-bucket-notification-configuration"),
        ({"TopicConfigurations": [{}]}, "a subscription or a rule"),
        ({"EventBridgeConfiguration": {}}, "a subscription or a rule"),
        (
            {"QueueConfigurations": [{"QueueArn": "arn:aws:sqs:r:1:events", "Events": ["s3:ObjectCreated:*"]}]},
            "policy of",
        ),
    ],
)
def test_an_event_that_does_not_come_is_explained(configuration: dict[str, object] | None, said: str) -> None:
    assert said in why_no_event(configuration, "https://sqs.example/1/events").mend


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (200, ALLOWED, None),
        (204, ALLOWED | {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}, None),
        (403, {}, "no rule allows this origin"),
        (307, {}, "no browser follows"),
        (200, ALLOWED | {"access-control-allow-origin": f"{PAGE}/"}, "letter by letter"),
        (200, ALLOWED | {"access-control-allow-origin": f"{PAGE}, *"}, "sent twice"),
        (200, ALLOWED | {"access-control-allow-methods": "GET, HEAD"}, "PUT is not allowed"),
        (
            200,
            ALLOWED | {"access-control-allow-headers": "content-type"},
            "headers if-none-match, x-amz-checksum-sha256",
        ),
        (
            200,
            ALLOWED | {"access-control-allow-headers": "content-type, if-none-match"},
            "header x-amz-checksum-sha256",
        ),
        (400, ALLOWED, "answered 400"),
    ],
)
def test_a_preflight_is_judged_as_a_browser_judges_it(status: int, headers: dict[str, str], said: str | None) -> None:
    fault = preflight_fault(PAGE, status, headers)
    assert (fault is None) == (said is None)
    assert said is None or (fault and said in fault.why)


@pytest.mark.parametrize(
    ("fault", "mend"),
    [
        (preflight_fault(PAGE, 403, {}), None),
        (preflight_fault(PAGE, 404, {}), None),
        (preflight_fault(PAGE, 200, ALLOWED | {"access-control-allow-methods": "GET"}), None),
        (answer_fault(PAGE, "GET", 200, {}), None),
        (preflight_fault(PAGE, 307, {}), "what the proxy before the store does with OPTIONS"),
        (preflight_fault(PAGE, 401, {}), "pass OPTIONS on as it comes"),
        (preflight_fault(PAGE, 405, {}), "pass OPTIONS on as it comes"),
        (preflight_fault(PAGE, 502, {}), "no rule of CORS is to blame"),
        (
            preflight_fault(PAGE, 200, ALLOWED | {"access-control-allow-origin": f"{PAGE}, *"}),
            "take it out of the proxy",
        ),
        (answer_fault(PAGE, "PUT", 200, {}), "takes the header away"),
    ],
)
def test_a_rule_is_asked_for_only_where_a_rule_mends(fault: Fault | None, mend: str | None) -> None:
    assert fault
    assert (fault.mend is None) == (mend is None)
    assert mend is None or (fault.mend and mend in fault.mend)


def test_an_etag_that_is_not_exposed_is_told_in_uppys_words() -> None:
    fault = answer_fault(PAGE, "PUT", 200, ALLOWED)
    assert fault
    assert "Uppy" in fault.why
    exposed = {"access-control-allow-origin": "*", "access-control-expose-headers": "x-a, etag"}
    assert answer_fault(PAGE, "PUT", 200, exposed) is None


@pytest.mark.parametrize(
    ("origin", "mended"),
    [
        ("https://app.example/", " https://app.example "),
        ("https://App.Example", " https://app.example "),
        ("https://app.example/path", " https://app.example "),
        ("app.example", " https://app.example "),
        ("https://app.example:443", " https://app.example "),
        ("http://app.example:80", " http://app.example "),
        ("https://user@app.example", " https://app.example "),
        ("https://münchen.example", " https://xn--mnchen-3ya.example "),
        ("https://*.app.example", "by itself"),
        ("https://", "as in https://app.example.com"),
        ("https://app.example:none", "as in https://app.example.com"),
        ("https://xn--mnchen-3ya.example", None),
        ("http://[::1]:3000", None),
        ("https://app.example:8443", None),
        ("http://localhost:3000", None),
        ("*", None),
    ],
)
def test_what_is_no_origin_is_told_with_the_one_that_is_meant(origin: str, mended: str | None) -> None:
    trouble = malformed_origin(origin)
    assert (trouble is None) == (mended is None)
    assert mended is None or (trouble and mended in trouble.mend)


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectError("[Errno -2] Name or service not known"), "not known to DNS"),
        (caused(httpx.ConnectError(""), socket.gaierror(-2, "x")), "not known to DNS"),
        (httpx.ConnectError("All connection attempts failed"), "Nothing listens at s3.example:9000"),
        (httpx.ConnectTimeout(""), "does not answer in time"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "certificate of s3.example:9000"),
        (caused(httpx.ConnectError(""), ssl.SSLError("[SSL: WRONG_VERSION_NUMBER]")), "does not speak TLS"),
        (httpx.RemoteProtocolError("x"), "failed (RemoteProtocolError)"),
    ],
)
def test_silence_is_told_apart_and_nothing_of_the_address_but_its_place(error: Exception, said: str) -> None:
    trouble = why_silent(error, "https://user:secret@s3.example:9000/photos?a=b", "SETTING")
    assert said in trouble.found
    assert "secret" not in trouble.found + trouble.mend
    assert "?a=b" not in trouble.found + trouble.mend


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (asyncpg.InvalidPasswordError("no"), "refuses the login"),
        (asyncpg.InvalidCatalogNameError("no"), "no database of that name"),
        (asyncpg.TooManyConnectionsError("no"), "no connection left"),
        (asyncpg.CannotConnectNowError("no"), "starting or stopping"),
        (asyncpg.TargetServerAttributeNotMatched("no"), "takes no writes"),
        (ConnectionRefusedError(), "Nothing listens at db.example:5432"),
        (TimeoutError(), "does not answer in time"),
    ],
)
def test_a_database_that_is_away_is_told_apart(cause: BaseException, said: str) -> None:
    error = caused(DatabaseUnavailable("away"), cause)
    assert said in why_database_away(error, "postgresql://user:secret@db.example:5432/photos").found


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AWS.SimpleQueueService.NonExistentQueue", "no such queue (NonExistentQueue)"),
        ("AccessDenied", "does not allow"),
        ("InvalidSignatureException", "refuses the request (InvalidSignatureException)"),
    ],
)
def test_sqs_refusals_are_told_apart(code: str, said: str) -> None:
    cause = ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "X")
    assert said in why_queue_away(caused(QueueUnavailable("no"), cause), "https://sqs.example", "SETTING").found
