"""Receiving from SQS, and its dead letters, against answers that no local server can be made to give."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from structlog.testing import capture_logs

from photodock.domain.errors import QueueUnavailable
from photodock.queues.inbox import DeliveryLost, ReceivedMessage
from photodock.queues.sqs_dead_letters import SqsDeadLetters
from photodock.queues.sqs_inbox import SqsInbox

URL = "https://sqs.example/1/jobs"
ARN = "arn:aws:sqs:eu-central-1:1:jobs"
DEAD = f"{ARN}-dead"
ATTRIBUTES = {"QueueArn": ARN, "RedrivePolicy": json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 5})}
GIVEN = ReceivedMessage("{}", "receipt", 1)


def refusal(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Call")


class FakeSqs:
    """Session and client in one. `answers` by call: a value, an error, or a list of them, the last one staying."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {"get_queue_attributes": {"Attributes": ATTRIBUTES}, "get_queue_url": {"QueueUrl": "dead"}}
        self.answers |= answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    @asynccontextmanager
    async def create_client(self, service: str, **_: Any) -> AsyncIterator["FakeSqs"]:
        yield self

    def __getattr__(self, name: str) -> Any:
        async def call(**request: Any) -> Any:
            self.calls.append((name, request))
            answer = self.answers.get(name, {})
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def of(self, name: str) -> list[dict[str, Any]]:
        return [request for called, request in self.calls if called == name]


def inbox(server: Any, **options: Any) -> SqsInbox:
    return SqsInbox(server, URL, region="eu-central-1", **options)


def dead_letters(server: Any) -> SqsDeadLetters:
    return SqsDeadLetters(server, URL, region="eu-central-1", longest_move=0.03, poll_seconds=0.01)


async def test_a_message_in_hand_is_kept_for_the_same_time_again():
    server = FakeSqs()
    kept = inbox(server, visibility_seconds=60)
    assert kept.heartbeat_seconds == 20
    await kept.extend(GIVEN)
    await kept.give_back(GIVEN, 10.4)
    await kept.give_back(GIVEN, 10**6)
    assert [request["VisibilityTimeout"] for request in server.of("change_message_visibility")] == [60, 10, 43_200]


async def test_without_a_visibility_of_its_own_the_queues_holds():
    server = FakeSqs()
    plain = inbox(server)
    assert plain.heartbeat_seconds is None
    await plain.extend(GIVEN)
    assert await plain.receive() == []
    assert "VisibilityTimeout" not in server.of("receive_message")[0]
    assert server.of("change_message_visibility") == []


@pytest.mark.parametrize("code", ["MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"])
async def test_a_message_that_was_taken_back_is_no_outage_and_no_misconfiguration(code):
    server = FakeSqs(change_message_visibility=refusal(f"AWS.SimpleQueueService.{code}"))
    with capture_logs() as logs, pytest.raises(DeliveryLost, match=code):
        await inbox(server, visibility_seconds=60).extend(GIVEN)
    assert logs == []


@pytest.mark.parametrize("fault", [refusal("InternalError", 500), EndpointConnectionError(endpoint_url="x")], ids=str)
async def test_an_outage_is_told_as_one(fault):
    server = FakeSqs(change_message_visibility=fault, receive_message=fault, delete_message_batch=fault)
    away = inbox(server, visibility_seconds=60)
    for call in (away.extend(GIVEN), away.receive(), away.acknowledge(GIVEN)):
        with pytest.raises(QueueUnavailable, match="can't be reached"):
            await call


def task(status: str, moved: int, handle: str | None = "handle") -> dict[str, Any]:
    return {"Results": [{"TaskHandle": handle, "Status": status, "ApproximateNumberOfMessagesMoved": moved}]}


async def test_the_server_moves_them_where_it_can():
    tasks = [{}, task("RUNNING", 3), task("COMPLETED", 7, handle=None)]
    server = FakeSqs(start_message_move_task={"TaskHandle": "handle"}, list_message_move_tasks=tasks)
    redriven = await dead_letters(server).redrive(None)
    assert (redriven.moved, redriven.rest) == (7, "")
    assert server.of("start_message_move_task") == [{"SourceArn": DEAD, "DestinationArn": ARN}]
    assert server.of("receive_message") == []


@pytest.mark.parametrize(
    ("status", "rest"), [("RUNNING", "still moving"), ("FAILED", "FAILED"), ("CANCELLED", "CANCELLED")]
)
async def test_a_move_that_does_not_end_well_is_told(status, rest):
    server = FakeSqs(start_message_move_task={"TaskHandle": "handle"}, list_message_move_tasks=task(status, 2))
    redriven = await dead_letters(server).redrive(None)
    assert redriven.moved == 2
    assert rest in redriven.rest


@pytest.mark.parametrize("fault", [refusal("AccessDenied", 403), refusal("InternalError", 500)], ids=str)
async def test_a_move_that_is_refused_is_no_reason_to_do_it_by_hand(fault):
    server = FakeSqs(start_message_move_task=fault)
    with pytest.raises(QueueUnavailable):
        await dead_letters(server).redrive(None)
    assert server.of("receive_message") == []


def letter(number: int, **system: str) -> dict[str, Any]:
    return {
        "MessageId": str(number),
        "ReceiptHandle": f"receipt-{number}",
        "Body": f"body {number}",
        "Attributes": system,
        "MessageAttributes": {
            "message_id": {"DataType": "String", "StringValue": f"id-{number}"},
            "picture": {"DataType": "Binary", "BinaryValue": b"\xff"},
        },
    }


async def test_by_hand_the_copy_is_sent_before_the_letter_is_deleted():
    server = FakeSqs(receive_message=[{"Messages": [letter(1), letter(2)]}, {}])
    assert (await dead_letters(server).redrive(2)).moved == 2
    names = [name for name, _ in server.calls]
    assert names[3:] == ["send_message", "delete_message"] * 2
    assert server.of("send_message")[0]["MessageAttributes"] == letter(1)["MessageAttributes"]
    assert server.of("delete_message")[1] == {"QueueUrl": "dead", "ReceiptHandle": "receipt-2"}


async def test_a_letter_whose_copy_could_not_be_sent_stays():
    server = FakeSqs(receive_message={"Messages": [letter(1)]}, send_message=refusal("InternalError", 500))
    with pytest.raises(QueueUnavailable):
        await dead_letters(server).redrive(1)
    assert server.of("delete_message") == []


async def test_another_queues_dead_letters_are_left_alone():
    mine, others = letter(1, DeadLetterQueueSourceArn=ARN), letter(2, DeadLetterQueueSourceArn=f"{ARN}-other")
    server = FakeSqs(receive_message=[{"Messages": [others, mine]}, {}])
    assert (await dead_letters(server).redrive(5)).moved == 1
    [shown] = server.of("change_message_visibility_batch")
    assert [entry["ReceiptHandle"] for entry in shown["Entries"]] == ["receipt-2"]
    assert {entry["VisibilityTimeout"] for entry in shown["Entries"]} == {0}


async def test_a_letter_that_is_received_twice_is_shown_once():
    server = FakeSqs(receive_message=[{"Messages": [letter(1), letter(2)]}, {"Messages": [letter(1)]}])
    found = [one async for one in dead_letters(server).letters(10)]
    assert [one.body for one in found] == ["body 1", "body 2"]
    assert found[0].attributes == {"message_id": "id-1"}
    assert found[0].receives is None
