"""The bucket: there, reached by both ways, private, and on a clock like ours."""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from photodock.doctor.answers import S3Answer, answer_of, answer_to_sdk
from photodock.doctor.faults import HTTP_FAULTS, SDK_FAULTS, why_silent
from photodock.doctor.findings import Finding, Trouble, of, ok, wrong
from photodock.doctor.installation import Installation
from photodock.doctor.refusals import CLOCK_MEND, why_refused
from photodock.doctor.trials import CONTENT

LARGEST_SKEW = timedelta(seconds=60)
"""Half of the shortest life that an upload URL may have."""
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
REFUSED_SKEW = timedelta(minutes=15)
"""From here on S3 refuses every request."""


async def bucket(here: Installation) -> Finding:
    """Through the SDK, by the service's own way: a refusal or a redirect tells the bucket's region in a header."""
    storage = await here.storage()
    started = time.monotonic()
    try:
        answer = await storage.client.head_bucket(Bucket=here.settings.bucket)
    except ClientError as error:
        refused = answer_to_sdk(error)
        if refused.status in {400, 403}:
            # The answer to HEAD has no body, and so no reason: that to a GET has one.
            refused = await _told(here, refused)
        return of(why_refused(refused, here.asked("s3:ListBucket")))
    except SDK_FAULTS as error:
        return of(why_silent(error, here.bucket.url, "PHOTODOCK_S3_ENDPOINT_URL"))
    took = (time.monotonic() - started) * 1000
    told = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    if told and told != here.settings.s3_region:
        return wrong(
            f"The bucket {here.settings.bucket} is in {told}, not in {here.settings.s3_region}.",
            f"Set PHOTODOCK_S3_REGION={told}.",
        )
    return ok(f"The bucket {here.settings.bucket} at {here.bucket.endpoint} answers in {took:.0f} ms.")


async def _told(here: Installation, refused: S3Answer) -> S3Answer:
    storage = await here.storage()
    try:
        await storage.client.list_objects_v2(Bucket=here.settings.bucket, MaxKeys=1)
    except ClientError as error:
        return answer_to_sdk(error)
    except BotoCoreError:
        return refused
    return refused


async def public_endpoint(here: Installation) -> Finding:
    """As a client that has nothing yet: name, route, TLS, and that it is S3 that answers."""
    address = here.public_bucket.url
    asked = here.asked("s3:ListBucket", is_public=True)
    try:
        response = await here.http.get(address)
    except HTTP_FAULTS as error:
        return of(why_silent(error, address, asked.endpoint_setting))
    answer = answer_of(response)
    if answer.is_html or answer.status in {301, 302, 307, 308, 502, 503, 504}:
        return of(why_refused(answer, asked))
    if address.startswith("http://") and (secure := _secure_origins(here)):
        return wrong(
            f"Clients reach the store at {here.public_bucket.endpoint}, without TLS, and pages at {secure[0]} may not: "
            "browsers block http:// from https:// pages as mixed content.",
            "Serve the store by TLS, and set PHOTODOCK_S3_PUBLIC_ENDPOINT_URL to its https:// address.",
        )
    if here.is_aws or address == here.bucket.url:
        return ok(f"Clients reach the store at {here.public_bucket.endpoint}, as the service does.")
    return ok(f"Clients reach the store at {here.public_bucket.endpoint}, the service at {here.bucket.endpoint}.")


def _secure_origins(here: Installation) -> list[str]:
    """Browsers make an exception for this machine itself."""
    host = httpx.URL(here.public_bucket.url).host
    if host in LOCAL_HOSTS or host.endswith(".localhost"):
        return []
    return [origin for origin in here.settings.cors_allowed_origins if origin.startswith("https://")]


async def clock(here: Installation) -> Finding:
    address = here.public_bucket.url
    before = datetime.now(UTC)
    response = await here.http.get(address)
    after = datetime.now(UTC)
    told: datetime | None = None
    with suppress(TypeError, ValueError):
        told = parsedate_to_datetime(response.headers.get("date", ""))
    return judged_clock(told, before, after)


def judged_clock(told: datetime | None, before: datetime, after: datetime) -> Finding:
    """`told`: S3's Date header, whole seconds cut off; the answer came between the other two."""
    if told is None:
        return wrong(
            "S3's answers have no Date.", "A proxy takes it away; let it stay, so that clocks can be compared."
        )
    if told.tzinfo is None:
        told = told.replace(tzinfo=UTC)
    # Anything from the first second that it can have meant to the last is no difference.
    difference = before - told - timedelta(seconds=1) if told < before else told - after
    difference = max(difference, timedelta(0))
    which = "ahead of" if told < before else "behind"
    seconds = round(difference.total_seconds())
    if difference >= REFUSED_SKEW:
        return wrong(f"This machine's clock is {seconds} s {which} S3's: S3 refuses every signature.", CLOCK_MEND)
    if difference >= LARGEST_SKEW:
        follows = "are not valid yet for a while" if which == "ahead of" else "end that much earlier"
        return wrong(f"This machine's clock is {seconds} s {which} S3's: upload URLs {follows}.", CLOCK_MEND)
    return ok(f"This machine's clock and S3's differ by {seconds} s.")


async def private(here: Installation) -> Finding:
    """Without any signature: reading an object that is there, listing, and writing must be refused."""
    trials = (await here.storage()).trials
    key = await trials.stored()
    address = here.public_bucket.url
    answers = {
        "read": await here.http.get(f"{address}/{key}"),
        "list": await here.http.get(address, params={"list-type": "2", "max-keys": "1"}),
        "write": await here.http.put(f"{address}/{trials.new_key()}", content=CONTENT),
    }
    await trials.delete(key)
    open_to_all = [what for what, answer in answers.items() if answer.is_success]
    if open_to_all:
        return wrong(
            f"Anybody may {' and '.join(open_to_all)}, without any signature: the bucket is public.",
            "Take `Principal: *` out of the bucket's policy and public grants out of its ACL; on AWS turn on all four "
            f"settings of Block Public Access: `{_block(here)}`.",
        )
    return await _judged_policy(here)


def _block(here: Installation) -> str:
    return (
        f"aws s3api put-public-access-block --bucket {here.settings.bucket} --public-access-block-configuration "
        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
    )


async def _judged_policy(here: Installation) -> Finding:
    storage = await here.storage()
    private = "Reading, listing and writing without a signature are refused."
    with suppress(ClientError, *SDK_FAULTS):
        status = await storage.client.get_bucket_policy_status(Bucket=here.settings.bucket)
        if status["PolicyStatus"].get("IsPublic"):
            return of(
                Trouble(
                    "The bucket's policy makes something public (GetBucketPolicyStatus), though not what was tried.",
                    "Look for `Principal: *` without a condition that names accounts or networks.",
                )
            )
    if not here.is_aws:
        return ok(private)
    with suppress(ClientError, *SDK_FAULTS):
        block = await storage.client.get_public_access_block(Bucket=here.settings.bucket)
        if all(block["PublicAccessBlockConfiguration"].values()):
            return ok(f"{private} Block Public Access is on.")
    return ok(f"{private} Whether Block Public Access is on as well, these credentials may not see, or it is not.")
