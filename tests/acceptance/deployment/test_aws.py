"""The CloudFormation template: sound by AWS's own linter, and no more rights than are needed."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

DEPLOY = Path(__file__).parents[3] / "deploy"
TEMPLATE = DEPLOY / "aws" / "photodock.yaml"
ON_OBJECTS = {
    *("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
}
ON_BUCKET = {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"}


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return dict(json.loads(json.dumps(cfn_yaml.load(str(TEMPLATE))))["Resources"])


def statements(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    properties = resource["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
    for document in documents:
        yield from document["Statement"]


def actions(statement: dict[str, Any]) -> set[str]:
    found = statement["Action"]
    return {found} if isinstance(found, str) else set(found)


def test_the_linter_finds_nothing() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), TEMPLATE], capture_output=True, text=True, check=False, timeout=280
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_no_right_is_wider_than_what_it_is_for(resources: dict[str, Any]) -> None:
    allowed = [
        statement
        for resource in resources.values()
        if resource["Type"].startswith(("AWS::IAM", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"))
        for statement in statements(resource)
        if statement["Effect"] == "Allow"
    ]
    assert len(allowed) >= 6
    for statement in allowed:
        assert not [action for action in actions(statement) if "*" in action], statement
        assert statement["Resource"] != "*", statement


def test_serve_and_worker_have_the_rights_on_photos_that_they_use_and_no_other(resources: dict[str, Any]) -> None:
    on_objects, on_bucket = (actions(statement) for statement in statements(resources["PhotosAccess"]))
    assert (on_objects, on_bucket) == (ON_OBJECTS, ON_BUCKET)
    assert list(statements(resources["ServeRole"])) == []
    of_worker = [actions(statement) for statement in statements(resources["WorkerRole"])]
    assert of_worker == [
        {"sqs:SendMessage", "sqs:GetQueueAttributes"},
        {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
        {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"},
    ]
    on_jobs, on_dead = statements(resources["OperatorRole"])
    assert actions(on_jobs) == {"sqs:GetQueueAttributes", "sqs:SendMessage"}
    assert on_dead["Resource"] == {"Fn::GetAtt": ["DetectionDead", "Arn"]}
    assert not [action for action in actions(next(statements(resources["DetectorRole"]))) if action.startswith("s3:")]


def test_the_bucket_is_private_and_nothing_in_it_expires(resources: dict[str, Any]) -> None:
    bucket = resources["Photos"]
    # Only with a first deployment that fails does it go again: the next one makes it anew.
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    properties = bucket["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    for rule in properties["LifecycleConfiguration"]["Rules"]:
        assert set(rule) == {"Id", "Status", "AbortIncompleteMultipartUpload"}
    refused = {statement["Sid"]: statement["Condition"] for statement in statements(resources["PhotosPolicy"])}
    assert set(refused) == {"TlsOnly", "SigV4Only", "NoOldSignature", "NoOverwrite"}
    # Parts make no object, and carry no If-None-Match.
    assert refused["NoOverwrite"] == {
        "Null": {"s3:if-none-match": "true"},
        "Bool": {"s3:ObjectCreationOperation": "true"},
    }


def test_the_cors_rule_is_what_an_upload_needs(resources: dict[str, Any]) -> None:
    (rule,) = resources["Photos"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == {"Ref": "AllowedOrigins"}
    assert rule["AllowedMethods"] == ["PUT", "GET", "HEAD"]
    assert rule["AllowedHeaders"] == ["content-type", "if-none-match", "x-amz-checksum-sha256"]
    assert rule["ExposedHeaders"] == ["ETag"]


def test_what_monitoring_asks_is_nobodys_outside(resources: dict[str, Any]) -> None:
    hidden = resources["Hidden"]["Properties"]
    (condition,) = hidden["Conditions"]
    assert set(condition["PathPatternConfig"]["Values"]) == {"/metrics", "/readyz"}
    assert hidden["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    assert hidden["Priority"] == 1
    for name in ("ServeMetrics", "WorkerMetrics"):
        assert resources[name]["Condition"] == "HasMonitoring"
        assert resources[name]["Properties"]["SourceSecurityGroupId"] == {"Ref": "MonitoringGroup"}
    ingress = resources["TasksGroup"]["Properties"]["SecurityGroupIngress"]
    assert [(rule["FromPort"], rule["ToPort"]) for rule in ingress] == [(8000, 8000)]


def test_a_database_that_is_away_ends_no_process(resources: dict[str, Any]) -> None:
    """ECS replaces what fails the target group's check, and /readyz fails then."""
    assert resources["Targets"]["Properties"]["HealthCheckPath"] == "/healthz"
    (container,) = resources["ServeTask"]["Properties"]["ContainerDefinitions"]
    assert "/healthz" in container["HealthCheck"]["Command"][-1]
    away = resources["DatabaseAway"]["Properties"]
    assert (away["MetricName"], away["TreatMissingData"]) == ("DatabaseConnections", "breaching")


def test_slow_answers_are_told_of_what_nobody_holds_back(resources: dict[str, Any]) -> None:
    """The load balancer's own times include `?wait=30` and event streams: of those no alarm is made."""
    alarms = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm"]
    assert "TargetResponseTime" not in {alarm["MetricName"] for alarm in alarms if isinstance(alarm["MetricName"], str)}
    times = resources["UploadUrlTimes"]["Properties"]
    [route] = re.findall(r'\$\.route = "(.+?)"', times["FilterPattern"])
    assert "post" in json.loads((DEPLOY.parent / "docs" / "openapi.json").read_text())["paths"][route]
    [told] = times["MetricTransformations"]
    alarm = resources["SlowUploadUrls"]["Properties"]
    assert (told["MetricName"], told["MetricNamespace"]) == (alarm["MetricName"], alarm["Namespace"])
    assert (told["MetricValue"], alarm["ExtendedStatistic"], alarm["Threshold"]) == ("$.duration_ms", "p99", 1000)


def test_the_page_says_of_every_alarm_where_to_look(resources: dict[str, Any]) -> None:
    alarms = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm"]
    names = [one["AlarmName"]["Fn::Sub"].removeprefix("photodock-${Environment}-") for one in alarms]
    table = (DEPLOY.parent / "docs" / "aws.md").read_text().partition("\n## Alarms\n")[2]
    rows = re.findall(r"(?m)^\| (`.+?) \| .+ \|$", table)
    assert sorted(name for row in rows for name in re.findall(r"`(.+?)`", row)) == sorted(names)


def test_what_dies_loses_nothing(resources: dict[str, Any]) -> None:
    database = resources["Database"]
    assert database["DeletionPolicy"] == "Snapshot"
    kept = database["Properties"]
    assert (kept["MultiAZ"], kept["StorageEncrypted"], kept["DeletionProtection"]) == (True, True, True)
    for queue in ("Events", "Detection"):
        dead = resources[queue]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]
        assert dead == {"Fn::GetAtt": [f"{queue}Dead", "Arn"]}


@pytest.mark.parametrize("task", ["ServeTask", "WorkerTask", "MigrateTask"])
def test_a_container_writes_nothing_and_is_nobody(resources: dict[str, Any], task: str) -> None:
    (container,) = resources[task]["Properties"]["ContainerDefinitions"]
    assert (container["ReadonlyRootFilesystem"], container["User"]) == (True, "65532")
    assert not [
        entry for entry in container["Environment"] if "PASSWORD" in entry["Name"] or "DATABASE" in entry["Name"]
    ]


@pytest.mark.parametrize("task", ["ServeTask", "WorkerTask", "MigrateTask"])
def test_what_a_container_may_write_to_is_a_volume_of_the_image(resources: dict[str, Any], task: str) -> None:
    """Only then does Fargate take over the folder's mode from the image; else the volume is root's alone."""
    [declared] = re.findall(r"(?m)^VOLUME (.+)$", (DEPLOY / "docker" / "Dockerfile").read_text())
    (container,) = resources[task]["Properties"]["ContainerDefinitions"]
    assert [mount["ContainerPath"] for mount in container["MountPoints"]] == json.loads(declared)


def test_a_new_image_can_migrate_before_it_serves_and_webhooks_keys_come_from_a_secret(
    resources: dict[str, Any],
) -> None:
    tasks = {
        name: resources[name]["Properties"]["ContainerDefinitions"][0]
        for name in ("ServeTask", "WorkerTask", "MigrateTask")
    }
    own, newer = {"Ref": "Image"}, {"Fn::If": ["HasMigrationImage", {"Ref": "MigrationImage"}, {"Ref": "Image"}]}
    assert [task["Image"] for task in tasks.values()] == [own, own, newer]
    keys = {"Name": "PHOTODOCK_WEBHOOK_KEYS", "ValueFrom": {"Ref": "WebhookKeysArn"}}
    given = {"Fn::If": ["HasWebhooks", keys, {"Ref": "AWS::NoValue"}]}
    assert [given in task["Secrets"] for task in tasks.values()] == [True, True, False]
