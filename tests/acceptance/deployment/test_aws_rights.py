"""The template's own policies on a server that holds to them: what each role does works, what it may not is refused.

The server knows IAM's policies and `aws:SecureTransport`, but not `s3:signatureAge`, `s3:signatureversion`,
`s3:if-none-match` and `s3:ObjectCreationOperation`: those conditions are looked at by `test_aws.py` alone.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from botocore.exceptions import ClientError
from cfnlint.decode import cfn_yaml

from integration.doctor.conftest import owner, strict
from photodock.domain.errors import ObjectNotFound
from photodock.domain.jobs import DetectionJob, Priority
from photodock.embedded.ministack import MiniStackServer
from photodock.queues.inspection import SqsInspector
from photodock.queues.sqs import SqsQueue
from photodock.queues.sqs_dead_letters import SqsDeadLetters
from photodock.queues.sqs_inbox import SqsInbox
from photodock.storage.bucket import ensure_bucket, s3_client
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore
from support.presigned import BODY, issue, outcome
from support.stores import StoreKeys, user_of

__all__ = ["owner", "strict"]

TEMPLATE = Path(__file__).parents[3] / "deploy" / "aws" / "photodock.yaml"
RESOURCES: dict[str, Any] = json.loads(json.dumps(cfn_yaml.load(str(TEMPLATE))))["Resources"]
KEY = "7d444840-9dc0-11d1-b245-5ffdce74fad2/2026/11/26/01a20461-a506-73be-bd64-c3a14efd929f.jpg"
QUEUES = ("Detection", "Events")
BATCHED = {"sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}


@dataclass(frozen=True)
class Account:
    """What the template makes, as far as the roles' rights go; `foreign` is another bucket of the account's."""

    server: MiniStackServer
    owner: StoreKeys
    bucket: str
    foreign: str
    queues: dict[str, str]

    async def user(self, *resources: str) -> StoreKeys:
        """With the rights that these policies and roles give."""
        given = [self.resolved(statement) for name in resources for statement in statements_of(RESOURCES[name])]
        return await user_of(self.server, *map(with_batches, given))

    def resolved(self, found: Any) -> Any:
        match found:
            case {"Fn::Sub": str(text)}:
                return text.replace("${Photos.Arn}", f"arn:aws:s3:::{self.bucket}")
            case {"Fn::GetAtt": ["Photos", "Arn"]}:
                return f"arn:aws:s3:::{self.bucket}"
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                dead = name.endswith("Dead")
                url = self.queues[name.removesuffix("Dead")]
                return f"arn:aws:sqs:us-east-1:000000000000:{url.rpartition('/')[2]}{'-dead' if dead else ''}"
            case dict():
                return {key: self.resolved(value) for key, value in found.items()}
            case list():
                return [self.resolved(value) for value in found]
        return found


def statements_of(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    properties = resource["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
    for document in documents:
        yield from document["Statement"]


def with_batches(statement: dict[str, Any]) -> dict[str, Any]:
    """On AWS the right to send a message is that to send ten; this server has another for those."""
    named = statement["Action"]
    actions = [named] if isinstance(named, str) else list(named)
    batches = [f"{action}Batch" for action in actions if action in BATCHED]
    return {**statement, "Action": actions + batches}


@pytest.fixture
async def account(strict: MiniStackServer, owner: StoreKeys) -> Account:
    names = [f"photos-{uuid4().hex[:12]}", f"others-{uuid4().hex[:12]}"]
    for name in names:
        await ensure_bucket(owner.credentials, owner.bucket(name), allowed_origins=[])
    queues = {name: strict.create_queues(f"{name.lower()}-{uuid4().hex[:8]}") for name in QUEUES}
    return Account(strict, owner, *names, queues)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=40) as client:
        yield client


Call = Callable[[], Awaitable[Any]]


async def refused(*calls: Call) -> list[int]:
    """The places of those that were not."""
    found = []
    for place, call in enumerate(calls):
        try:
            await call()
            found.append(place)
        except ClientError as error:
            if "AccessDenied" not in error.response["Error"].get("Code", ""):
                raise
    return found


async def test_serves_rights_are_enough_for_all_that_is_done_with_photos(
    account: Account, http: httpx.AsyncClient
) -> None:
    keys = await account.user("PhotosAccess", "ServeRole")
    bucket = keys.bucket(account.bucket)
    presigner, store = Presigner(bucket, keys.credentials.current), ObjectStore(bucket, keys.credentials, delays=())
    try:
        upload = issue(presigner, KEY)
        assert (await http.put(upload.url, content=BODY, headers=upload.headers)).status_code == 200
        assert (await store.read_head(KEY, 64)).size == len(BODY)
        # Without s3:ListBucket this would be a refusal.
        with pytest.raises(ObjectNotFound):
            await store.read_range(f"{KEY}.none", 0, 1)
        begun = await store.begin_upload(f"{KEY}.parts", "image/jpeg", part_checksums=False)
        assert await store.list_parts(f"{KEY}.parts", begun) == []
        assert [one.upload_id async for one in store.open_uploads()] == [begun]
        await store.abort_upload(f"{KEY}.parts", begun)
        assert [found.key async for found in store.list_objects("")] == [KEY]
        assert await store.delete(KEY) is True
    finally:
        await store.aclose()


async def test_serves_rights_reach_no_rule_of_the_bucket_no_other_bucket_and_no_queue(account: Account) -> None:
    keys = await account.user("PhotosAccess", "ServeRole")
    name, other = account.bucket, account.foreign
    async with (
        s3_client(keys.credentials, keys.bucket(name)) as s3,
        keys.credentials.session.create_client(
            "sqs", region_name="us-east-1", endpoint_url=account.server.endpoint_url
        ) as sqs,
    ):
        assert (
            await refused(
                lambda: s3.put_bucket_policy(
                    Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": []})
                ),
                lambda: s3.get_bucket_policy(Bucket=name),
                lambda: s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": []}),
                lambda: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"}),
                lambda: s3.put_object_acl(Bucket=name, Key=KEY, ACL="public-read"),
                lambda: s3.put_object_tagging(Bucket=name, Key=KEY, Tagging={"TagSet": []}),
                lambda: s3.delete_bucket(Bucket=name),
                lambda: s3.put_object(Bucket=other, Key=KEY, Body=b""),
                lambda: s3.get_object(Bucket=other, Key=KEY),
                lambda: s3.list_objects_v2(Bucket=other),
                lambda: s3.create_bucket(Bucket=f"new-{uuid4().hex[:8]}"),
                lambda: sqs.send_message(QueueUrl=account.queues["Detection"], MessageBody="{}"),
                lambda: sqs.receive_message(QueueUrl=account.queues["Events"]),
            )
            == []
        )


async def test_the_workers_rights_send_jobs_and_read_events_and_no_more(account: Account) -> None:
    keys = await account.user("PhotosAccess", "WorkerRole")
    session, where = keys.credentials.session, {"region": "us-east-1", "endpoint_url": account.server.endpoint_url}
    jobs, events = account.queues["Detection"], account.queues["Events"]
    queue, inbox = SqsQueue(session, jobs, **where), SqsInbox(session, events, poll_seconds=0, **where)
    job = DetectionJob(uuid4(), UUID(int=1), "s3://bucket/key.jpg", ("damage",), Priority.NORMAL, "request-1")
    inspectors = [SqsInspector(session, url, **where) for url in (jobs, events)]
    account.server.sqs("SendMessage", {"QueueUrl": events, "MessageBody": "{}"})
    try:
        await queue.check()
        assert await queue.publish([job]) == [None]
        [event] = await inbox.receive()
        await inbox.delete([event])
        # As `photodock doctor` asks: the dead letters' queue is there, and its depth is told.
        assert [(await one.inspect()).dead for one in inspectors] == [0, 0]
        async with session.create_client("sqs", region_name="us-east-1", endpoint_url=where["endpoint_url"]) as sqs:
            assert (
                await refused(
                    lambda: sqs.receive_message(QueueUrl=jobs),
                    lambda: sqs.purge_queue(QueueUrl=jobs),
                    lambda: sqs.send_message(QueueUrl=events, MessageBody="{}"),
                    lambda: sqs.receive_message(QueueUrl=f"{events}-dead"),
                    lambda: sqs.set_queue_attributes(QueueUrl=jobs, Attributes={"VisibilityTimeout": "0"}),
                    lambda: sqs.delete_queue(QueueUrl=events),
                )
                == []
            )
    finally:
        for one in (queue, inbox, *inspectors):
            await one.aclose()


async def test_the_detectors_rights_take_jobs_and_touch_nothing_else(account: Account) -> None:
    keys = await account.user("DetectorRole")
    session, where = keys.credentials.session, {"region": "us-east-1", "endpoint_url": account.server.endpoint_url}
    jobs = account.queues["Detection"]
    account.server.sqs("SendMessage", {"QueueUrl": jobs, "MessageBody": "{}"})
    inbox = SqsInbox(session, jobs, poll_seconds=0, visibility_seconds=30, **where)
    try:
        [message] = await inbox.receive()
        await inbox.extend(message)
        await inbox.acknowledge(message)
        async with (
            session.create_client("sqs", region_name="us-east-1", endpoint_url=where["endpoint_url"]) as sqs,
            s3_client(keys.credentials, keys.bucket(account.bucket)) as s3,
        ):
            assert (
                await refused(
                    lambda: sqs.send_message(QueueUrl=jobs, MessageBody="{}"),
                    lambda: sqs.receive_message(QueueUrl=account.queues["Events"]),
                    lambda: s3.get_object(Bucket=account.bucket, Key=KEY),
                    lambda: s3.list_objects_v2(Bucket=account.bucket),
                )
                == []
            )
    finally:
        await inbox.aclose()


async def test_the_operators_rights_list_dead_letters_and_move_them_back_and_no_more(account: Account) -> None:
    keys = await account.user("OperatorRole")
    session, where = keys.credentials.session, {"region": "us-east-1", "endpoint_url": account.server.endpoint_url}
    jobs, events = account.queues["Detection"], account.queues["Events"]
    for body in ("one", "two"):
        account.server.sqs("SendMessage", {"QueueUrl": f"{jobs}-dead", "MessageBody": body})
    queue = SqsDeadLetters(session, jobs, **where, poll_seconds=0.1)
    try:
        assert {letter.body async for letter in queue.letters(10)} == {"one", "two"}
        # By hand: this server has no move task, and does not see whose dead letters one would be for.
        assert (await queue.redrive(2)).moved == 2
        async with (
            session.create_client("sqs", region_name="us-east-1", endpoint_url=where["endpoint_url"]) as sqs,
            s3_client(keys.credentials, keys.bucket(account.bucket)) as s3,
        ):
            assert (
                await refused(
                    lambda: sqs.receive_message(QueueUrl=jobs),
                    lambda: sqs.purge_queue(QueueUrl=f"{jobs}-dead"),
                    lambda: sqs.receive_message(QueueUrl=f"{events}-dead"),
                    lambda: sqs.send_message(QueueUrl=events, MessageBody="{}"),
                    lambda: s3.get_object(Bucket=account.bucket, Key=KEY),
                )
                == []
            )
    finally:
        await queue.aclose()


async def test_without_tls_the_buckets_own_policy_refuses_what_the_role_allows(
    account: Account, http: httpx.AsyncClient
) -> None:
    keys = await account.user("PhotosAccess", "ServeRole")
    upload = issue(Presigner(keys.bucket(account.bucket), keys.credentials.current), KEY)
    [tls_only] = [one for one in statements_of(RESOURCES["PhotosPolicy"]) if one["Sid"] == "TlsOnly"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [account.resolved(tls_only)]})
    async with s3_client(account.owner.credentials, account.owner.bucket(account.bucket)) as s3:
        await s3.put_bucket_policy(Bucket=account.bucket, Policy=policy)
    # The local server speaks no TLS: every request is one without.
    assert outcome(await http.put(upload.url, content=BODY, headers=upload.headers)) == (403, "AccessDenied")
