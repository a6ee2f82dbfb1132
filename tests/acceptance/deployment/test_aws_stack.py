"""The template makes a stack: on ministack's CloudFormation, which knows all but scaling and single rules of ingress.

What comes of it is what photodock needs: an upload into the bucket leads to a message in the events' queue.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiobotocore.session import AioSession
from cfnlint.decode import cfn_yaml

from photodock.embedded.ministack import MiniStackServer
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.presigner import Presigner
from support.clock import eventually

TEMPLATE = Path(__file__).parents[3] / "deploy" / "aws" / "photodock.yaml"
SERVICES = (
    *("cloudformation", "s3", "sqs", "iam", "sts", "ec2", "rds", "ecs", "elbv2", "logs", "monitoring"),
    "secretsmanager",
)
UNKNOWN = ("AWS::ApplicationAutoScaling::", "AWS::EC2::SecurityGroupIngress")
OLD, NEW = "registry.example.com/photodock@sha256:old", "registry.example.com/photodock@sha256:new"
TASKS = ("migrate", "serve", "worker")


@dataclass(frozen=True)
class Account:
    server: MiniStackServer

    def client(self, service: str) -> Any:
        return AioSession().create_client(
            service,
            region_name=self.server.region,
            endpoint_url=self.server.endpoint_url,
            aws_access_key_id=self.server.access_key,
            aws_secret_access_key=self.server.secret_key,
        )

    async def deploy(self, **parameters: str) -> None:
        """As `aws cloudformation deploy` does: what is not named keeps its value."""
        asked = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in template()["Parameters"]]
        stack = {"StackName": "photodock-trial", "TemplateBody": json.dumps(template())}
        async with self.client("cloudformation") as stacks:
            if "VpcId" in parameters:
                await stacks.create_stack(**stack, Parameters=asked, Capabilities=["CAPABILITY_IAM"])
            else:
                kept = [one for one in kept if one["ParameterKey"] not in parameters]
                await stacks.update_stack(**stack, Parameters=[*asked, *kept], Capabilities=["CAPABILITY_IAM"])

            async def is_over() -> bool:
                [found] = (await stacks.describe_stacks(StackName="photodock-trial"))["Stacks"]
                assert "ROLLBACK" not in found["StackStatus"], await stacks.describe_stack_events(
                    StackName="photodock-trial"
                )
                return bool(found["StackStatus"].endswith("_COMPLETE"))

            await eventually(is_over, seconds=120, pause=0.3)

    async def images(self) -> list[str]:
        """Of the newest definition of each task."""
        async with self.client("ecs") as ecs:
            found = [await ecs.describe_task_definition(taskDefinition=f"photodock-trial-{name}") for name in TASKS]
        return [one["taskDefinition"]["containerDefinitions"][0]["image"] for one in found]

    async def subnets(self) -> tuple[str, list[str]]:
        async with self.client("ec2") as ec2:
            vpc = (await ec2.create_vpc(CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
            made = [
                await ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
                for number, zone in enumerate("abab")
            ]
        return vpc, [one["Subnet"]["SubnetId"] for one in made]


def template() -> dict[str, Any]:
    """Without what this server does not know; it takes the number of tasks as a number alone."""
    found = json.loads(json.dumps(cfn_yaml.load(str(TEMPLATE))))
    found["Resources"] = {
        name: resource for name, resource in found["Resources"].items() if not resource["Type"].startswith(UNKNOWN)
    }
    assert len(found["Resources"]) >= 40
    for service in ("Serve", "Worker"):
        found["Resources"][service]["Properties"]["DesiredCount"] = 0
    return dict(found)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStackServer]:
    folder = tmp_path_factory.mktemp("aws")
    with MiniStackServer(folder / "data", folder / "logs", services=SERVICES) as running:
        yield running


@pytest.fixture(scope="module")
async def account(server: MiniStackServer) -> Account:
    account = Account(server)
    vpc, subnets = await account.subnets()
    await account.deploy(
        Environment="trial",
        Image=OLD,
        VpcId=vpc,
        PrivateSubnets=",".join(subnets[:2]),
        PublicSubnets=",".join(subnets[2:]),
        CertificateArn="arn:aws:acm:us-east-1:000000000000:certificate/trial",
        AllowedOrigins="https://app.example.com",
        JwksUrl="https://login.example.com/jwks.json",
        JwtIssuer="https://login.example.com/",
        JwtAudience="photodock",
        ServeMin="0",
        WorkerMin="0",
    )
    return account


async def test_the_template_makes_a_stack_whose_bucket_tells_of_uploads(account: Account) -> None:
    server, bucket = account.server, "companycam-photos-trial"
    keys = CredentialsProvider.static(server.access_key, server.secret_key)
    presigner = Presigner(Bucket(bucket, server.region, server.endpoint_url, "path"), keys.current)
    key, body = f"{uuid4()}/roof.jpg", b"a photo"
    upload = presigner.put(
        key,
        content_type="image/jpeg",
        content_length=len(body),
        checksum_sha256=None,
        expires_in_seconds=60,
        now=datetime.now(UTC),
    )
    async with httpx.AsyncClient(timeout=40) as http:
        assert (await http.put(upload.url, content=body, headers=upload.headers)).status_code == 200
    events = server.queue_url("photodock-trial-s3-events")

    async def told() -> bool:
        messages = server.sqs("ReceiveMessage", {"QueueUrl": events, "MaxNumberOfMessages": 10}).get("Messages", [])
        return any(key.partition("/")[0] in message["Body"] for message in messages)

    await eventually(told, seconds=30)
    detection = {"QueueUrl": server.queue_url("photodock-trial-detection"), "AttributeNames": ["RedrivePolicy"]}
    redrive = json.loads(server.sqs("GetQueueAttributes", detection)["Attributes"]["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(":photodock-trial-detection-dead")
    assert int(redrive["maxReceiveCount"]) == 5
    async with account.client("s3") as s3:
        [rule] = (await s3.get_bucket_cors(Bucket=bucket))["CORSRules"]
        assert (rule["AllowedOrigins"], rule["ExposeHeaders"]) == (["https://app.example.com"], ["ETag"])
        policy = json.loads((await s3.get_bucket_policy(Bucket=bucket))["Policy"])
        assert {one["Sid"] for one in policy["Statement"]} == {"TlsOnly", "SigV4Only", "NoOldSignature", "NoOverwrite"}


async def test_a_new_version_migrates_first_and_then_runs(account: Account) -> None:
    assert await account.images() == [OLD, OLD, OLD]
    await account.deploy(MigrationImage=NEW)
    assert await account.images() == [NEW, OLD, OLD]
    await account.deploy(Image=NEW, MigrationImage="")
    assert await account.images() == [NEW, NEW, NEW]
    await account.deploy(Image=OLD)
    assert await account.images() == [OLD, OLD, OLD]
