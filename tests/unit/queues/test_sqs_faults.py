"""The SQS adapter against answers that no local server can be made to give."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from structlog.testing import capture_logs

from photodock.domain.errors import QueueUnavailable
from photodock.domain.jobs import DetectionJob, Priority
from photodock.queues.sqs import SqsQueue

POISON = "poison"
QUEUE_URL = "https://sqs.example/1/jobs"


def jobs(count: int = 1, **changes: Any) -> list[DetectionJob]:
    facts: dict[str, Any] = {
        "s3_url": "s3://b/k",
        "detection_types": ("damage",),
        "priority": Priority.NORMAL,
        "correlation_id": "r",
    }
    return [DetectionJob(message_id=uuid4(), photo_id=uuid4(), **(facts | changes)) for _ in range(count)]


def refusal(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendMessageBatch")


class FakeSession:
    """A session whose clients answer with `answer(entries)`; counts calls, clients and closed clients."""

    def __init__(self, answer: Callable[[list[Any]], dict[str, Any]]) -> None:
        self.answer = answer
        self.calls: list[list[Any]] = []
        self.made = 0
        self.closed = 0

    @asynccontextmanager
    async def create_client(self, service: str, **_: Any) -> AsyncIterator["FakeSession"]:
        assert service == "sqs"
        self.made += 1
        yield self
        self.closed += 1

    async def send_message_batch(self, **request: Any) -> dict[str, Any]:
        assert request["QueueUrl"] == QUEUE_URL
        self.calls.append(request["Entries"])
        return self.answer(request["Entries"])


def confirmed(entries: list[Any]) -> dict[str, Any]:
    return {"Successful": [{"Id": entry["Id"]} for entry in entries]}


def queue_on(session: Any, delays: tuple[float, ...] = (0.0, 0.0, 0.0)) -> SqsQueue:
    return SqsQueue(session, QUEUE_URL, region="eu-central-1", retry_delays=delays)


async def test_each_entry_has_its_own_answer():
    def answer(entries: list[Any]) -> dict[str, Any]:
        failed = {"Id": "1", "Code": "InternalError", "SenderFault": False, "Message": "secret"}
        return {"Successful": [{"Id": "0"}], "Failed": [failed]}

    session = FakeSession(answer)
    assert await queue_on(session).publish(jobs(3)) == [None, "InternalError", "NoAnswer"]
    assert len(session.calls) == 1


async def test_one_client_serves_all_calls_and_is_closed_at_the_end():
    session = FakeSession(confirmed)
    queue = queue_on(session)
    assert await queue.publish(jobs(25)) == [None] * 25
    assert (len(session.calls), session.made, session.closed) == (3, 1, 0)
    await queue.aclose()
    assert session.closed == 1


@pytest.mark.parametrize(
    "fault",
    [
        refusal("InternalError", 500),
        refusal("ServiceUnavailable", 503),
        refusal("ThrottlingException"),
        refusal("AWS.SimpleQueueService.RequestThrottled", 403),
        EndpointConnectionError(endpoint_url="https://sqs.example"),
        ReadTimeoutError(endpoint_url="https://sqs.example"),
        ConnectionResetError(),
    ],
    ids=lambda fault: str(fault)[:60],
)
async def test_a_passing_fault_is_retried_after_each_delay(fault):
    def answer(entries: list[Any]) -> dict[str, Any]:
        if len(session.calls) < 4:
            raise fault
        return confirmed(entries)

    session = FakeSession(answer)
    assert await queue_on(session).publish(jobs()) == [None]
    assert len(session.calls) == 4


async def test_a_fault_that_stays_is_reported_after_the_last_delay():
    def answer(entries: list[Any]) -> dict[str, Any]:
        raise refusal("InternalError", 500)

    session = FakeSession(answer)
    with pytest.raises(QueueUnavailable, match=r"can't be reached \(InternalError\)"):
        await queue_on(session).publish(jobs(3))
    assert len(session.calls) == 4


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (refusal("AWS.SimpleQueueService.NonExistentQueue"), "NonExistentQueue"),
        (refusal("AccessDeniedException", 403), "AccessDeniedException"),
    ],
)
async def test_a_refusal_for_good_is_not_retried_and_logged_as_misconfiguration(fault, code):
    def answer(entries: list[Any]) -> dict[str, Any]:
        raise fault

    session = FakeSession(answer)
    with capture_logs() as logs, pytest.raises(QueueUnavailable, match=f"refuses our requests.*{code}"):
        await queue_on(session).publish(jobs())
    assert len(session.calls) == 1
    assert [(line["event"], line["log_level"], line["code"]) for line in logs] == [
        ("queue_misconfigured", "error", code)
    ]


async def test_missing_credentials_are_reported_as_an_outage():
    def answer(entries: list[Any]) -> dict[str, Any]:
        raise NoCredentialsError

    with pytest.raises(QueueUnavailable, match="NoCredentialsError"):
        await queue_on(FakeSession(answer)).publish(jobs())


async def test_one_messages_content_that_spoils_the_request_costs_only_itself():
    def answer(entries: list[Any]) -> dict[str, Any]:
        if any(POISON in entry["MessageBody"] for entry in entries):
            raise refusal("InvalidParameterValue")
        return confirmed(entries)

    sent = [*jobs(2), *jobs(1, s3_url=f"s3://b/{POISON}"), *jobs(2)]
    reasons = await queue_on(FakeSession(answer)).publish(sent)
    assert reasons == [None, None, "InvalidParameterValue", None, None]


async def test_a_message_too_large_is_never_sent():
    session = FakeSession(confirmed)
    sent = [*jobs(1, s3_url="s3://b/" + "k" * 300_000), *jobs(1)]
    assert await queue_on(session).publish(sent) == ["MessageTooLong", None]
    assert [len(entries) for entries in session.calls] == [1]


async def test_requests_that_were_confirmed_count_although_another_failed():
    def answer(entries: list[Any]) -> dict[str, Any]:
        if entries[0]["Id"] == "10":
            raise refusal("InternalError", 500)
        return confirmed(entries)

    reasons = await queue_on(FakeSession(answer)).publish(jobs(12))
    assert reasons == [None] * 10 + ["The queue can't be reached (InternalError)."] * 2


async def test_a_fault_of_our_own_is_not_taken_for_an_outage():
    def answer(entries: list[Any]) -> dict[str, Any]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await queue_on(FakeSession(answer)).publish(jobs())
