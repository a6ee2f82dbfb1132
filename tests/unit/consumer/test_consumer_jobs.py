"""What becomes of a job, by what its handler does and what photodock answers."""

import asyncio
import logging
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from structlog.testing import capture_logs

from photodock.consumer import (
    ConsumerOptions,
    DetectionFailed,
    Job,
    PhotodockUnavailable,
    PhotoGone,
    RecentIds,
    ReportRefused,
)
from photodock.domain.errors import QueueUnavailable
from photodock.domain.jobs import Priority
from unit.consumer.conftest import PHOTO_ID, PRESIGNED, TOKEN, TRACE, message


async def detect(job: Job) -> dict[str, object]:
    return {"bytes": len(await job.download())}


async def test_a_job_is_reported_and_only_then_acknowledged(running, server, inbox):
    given = message()
    inbox.messages = [given]
    await running.until_empty(detect)
    assert server.reports == [{"status": "processing"}, {"status": "completed", "detections": {"bytes": 7}}]
    assert (inbox.acknowledged, inbox.given_back) == ([given.receipt], [])


async def test_a_job_says_all_that_its_message_says(running, inbox):
    given = message(receives=3)
    inbox.messages = [given]
    seen: list[Job] = []

    async def look(job: Job) -> None:
        seen.append(job)
        assert (await job.photo())["status"] == "processing"
        assert await job.complete({}) is True

    await running.until_empty(look)
    [job] = seen
    assert (job.photo_id, job.message_id) == (PHOTO_ID, UUID(given.attributes["message_id"]))
    assert (job.s3_url, job.detection_types) == ("s3://bucket/key.jpg", ("damage", "material"))
    assert (job.priority, job.correlation_id, job.traceparent) == (Priority.HIGH, "request-7", TRACE)
    assert (job.receives, job.reported) == (3, True)
    assert "X-Amz-Signature" not in repr(job)


async def test_the_trace_goes_on_to_the_api_but_the_token_not_to_the_storage(running, server, inbox):
    inbox.messages = [message()]
    await running.until_empty(detect)
    [download] = server.calls("storage")
    assert not {"authorization", "x-request-id", "traceparent"} & set(download.headers)
    for request in (*server.calls("GET"), *server.calls("PATCH")):
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert (request.headers["X-Request-ID"], request.headers["traceparent"]) == ("request-7", TRACE)


async def test_a_trace_that_could_break_requests_is_not_passed_on(running, server, inbox):
    given = message(correlation_id="a\r\nb", traceparent="nonsense")
    inbox.messages = [given]
    await running.until_empty(detect)
    assert server.statuses == ["processing", "completed"]
    for request in server.calls("PATCH"):
        assert request.headers["X-Request-ID"] == given.attributes["message_id"]
        assert "traceparent" not in request.headers


@pytest.mark.parametrize("by", ["raising", "calling"])
async def test_a_photo_at_fault_is_reported_failed_and_done(running, server, inbox, by):
    inbox.messages = [message()]

    async def refuse(job: Job) -> None:
        if by == "calling":
            await job.fail("undecodable", "x" * 3_000)
            return
        raise DetectionFailed("undecodable", "x" * 3_000)

    await running.until_empty(refuse)
    assert server.reports[1] == {"status": "failed", "error": {"code": "undecodable", "detail": "x" * 2_000}}
    assert len(inbox.acknowledged) == 1


async def test_a_handler_that_raises_after_its_report_has_reported(running, server, inbox):
    inbox.messages = [message(), message(), message()]
    errors = [ValueError("late"), DetectionFailed("late"), PhotoGone("late")]

    async def report_and_raise(job: Job) -> None:
        await job.complete({})
        raise errors.pop()

    await running.until_empty(report_and_raise)
    assert server.statuses == ["processing", "completed"] * 3
    assert (len(inbox.acknowledged), inbox.given_back) == (3, [])


async def test_a_second_report_is_a_bug_and_told_as_one(running, server, inbox):
    inbox.messages = [message()]

    async def twice(job: Job) -> None:
        await job.complete({})
        with pytest.raises(RuntimeError, match="reported already"):
            await job.fail("x")

    await running.until_empty(twice)
    assert server.statuses == ["processing", "completed"]


async def test_a_handlers_own_timeout_is_not_taken_for_the_kits(running, inbox):
    inbox.messages = [message()]

    async def slow_model(job: Job) -> None:
        raise TimeoutError("the model did not answer")

    with capture_logs() as logs:
        await running.until_empty(slow_model)
    [told] = [line["exception"] for line in logs if line["event"] == "job_failed"]
    assert "the model did not answer" in told
    assert len(inbox.given_back) == 1


@pytest.mark.parametrize(("receives", "delay"), [(1, 10), (2, 20), (4, 80), (9, 240), (5_000, 240)])
async def test_a_job_whose_handler_raised_comes_again_after_a_growing_delay(running, inbox, receives, delay):
    given = message(receives=receives)
    inbox.messages = [given]

    async def stumble(job: Job) -> None:
        raise KeyError(f"{PRESIGNED} of {job}")

    with capture_logs() as logs:
        await running.until_empty(stumble)
    assert (inbox.acknowledged, inbox.given_back) == ([], [(given.receipt, delay)])
    [line] = [line for line in logs if line["event"] == "job_failed"]
    assert "KeyError" in line["exception"]
    assert "X-Amz-Signature" not in str(logs)


async def test_a_handler_that_reports_nothing_is_told_and_the_job_comes_again(running, inbox):
    inbox.messages = [message()]

    async def forget(job: Job) -> None: ...

    with capture_logs() as logs:
        await running.until_empty(forget)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["job_left_unreported"]
    assert len(inbox.given_back) == 1


async def test_a_job_that_takes_too_long_is_ended_and_comes_again(running, inbox):
    inbox.messages = [message(), message()]
    running.options = ConsumerOptions(job_timeout=0.5)  # and the second one needs milliseconds of it
    hung: list[Job] = []

    async def hang_once(job: Job) -> dict[str, object]:
        if not hung:
            hung.append(job)
            await asyncio.Event().wait()
        return {}

    with capture_logs() as logs:
        await running.until_empty(hang_once)
    [told] = [line["exception"] for line in logs if line["event"] == "job_failed"]
    assert "longer than job_timeout" in told
    assert (len(inbox.given_back), len(inbox.acknowledged)) == (1, 1)


@pytest.mark.parametrize(
    "photo",
    [
        {"status": "completed", "download_url": PRESIGNED, "error": None},
        {"status": "failed", "download_url": PRESIGNED, "error": {"code": "detection_failed"}},
        {"status": "failed", "download_url": None, "error": {"code": "content_mismatch"}},
        {"status": "pending_upload"},
    ],
)
async def test_a_photo_that_nobody_waits_for_is_left_alone(running, server, inbox, photo):
    server.photo = photo
    inbox.messages = [message()]
    await running.until_empty(detect)
    assert server.reports == []
    assert len(inbox.acknowledged) == 1


async def test_a_late_result_is_sent_although_processing_is_refused(running, server, inbox):
    server.photo |= {"status": "failed", "error": {"code": "detection_timeout"}}
    server.faults["PATCH"] = [httpx.Response(409)]
    inbox.messages = [message()]
    await running.until_empty(detect)
    assert server.statuses == ["completed"]


async def test_a_deleted_photo_ends_its_job(running, server, inbox):
    server.faults["GET"] = [httpx.Response(404)]
    inbox.messages = [message()]
    await running.until_empty(detect)
    assert (server.reports, len(inbox.acknowledged)) == ([], 1)


async def test_a_photo_deleted_before_its_download_ends_its_job(running, server, inbox):
    server.faults["storage"] = [httpx.Response(404)]
    server.faults["GET"] = [httpx.Response(200, json=server.photo), httpx.Response(404)]
    inbox.messages = [message()]

    async def look_in_vain(job: Job) -> dict[str, object]:
        return await detect(job)

    await running.until_empty(look_in_vain)
    assert (server.statuses, len(inbox.acknowledged)) == (["processing"], 1)


@pytest.mark.parametrize("status", [404, 409])
async def test_a_report_that_nobody_waits_for_any_more_ends_the_job(running, server, inbox, status):
    server.faults["PATCH"] = [httpx.Response(200), httpx.Response(status)]
    inbox.messages = [message()]
    answers: list[bool] = []

    async def report(job: Job) -> None:
        answers.append(await job.complete({}))

    await running.until_empty(report)
    assert (answers, len(inbox.acknowledged)) == ([False], 1)


async def test_a_report_that_photodock_refuses_comes_again_and_is_told(running, server, inbox):
    server.faults["PATCH"] = [httpx.Response(200), httpx.Response(422, json={"code": "invalid_request"})]
    inbox.messages = [message()]

    async def report(job: Job) -> None:
        with pytest.raises(ReportRefused, match="invalid_request"):
            await job.complete({"too": "large"})
        assert not job.reported

    await running.until_empty(report)
    assert len(inbox.given_back) == 1


async def test_a_second_delivery_of_a_done_job_is_acknowledged_without_work(running, server, inbox):
    first = message()
    inbox.messages = [first, replace(first, receipt="second")]
    await running.until_empty(detect)
    assert server.statuses == ["processing", "completed"]
    assert inbox.acknowledged == [first.receipt, "second"]


async def test_a_job_whose_acknowledgement_was_lost_is_known_when_it_comes_again(running, server, inbox):
    given = message()
    inbox.messages = [given]
    inbox.faults["acknowledge"] = QueueUnavailable("away")
    await running.until_empty(detect)
    assert (inbox.acknowledged, inbox.given_back) == ([], [])
    inbox.faults.clear()
    inbox.messages = [given]
    inbox.empty.clear()
    running.stop.clear()
    await running.until_empty(detect)
    assert server.statuses == ["processing", "completed"]
    assert inbox.acknowledged == [given.receipt]


async def test_recent_ids_forget_the_oldest():
    ids = RecentIds(limit=2)
    for name in ("a", "b", "b", "c"):
        await ids.add(name)
    assert [await ids.seen(name) for name in ("a", "b", "c")] == [False, True, True]


class BrokenMemory:
    """A store of done ids that is away, as a whole or for writing."""

    def __init__(self, *, reads: bool) -> None:
        self.reads = reads

    async def seen(self, message_id: str) -> bool:
        if not self.reads:
            raise OSError("memory away")
        return False

    async def add(self, message_id: str) -> None:
        raise OSError("memory away")


async def test_a_done_job_is_acknowledged_though_its_id_could_not_be_kept(running, server, inbox):
    running.done = BrokenMemory(reads=True)
    inbox.messages = [message()]
    await running.until_empty(detect)
    assert (server.statuses, len(inbox.acknowledged)) == (["processing", "completed"], 1)


async def test_without_its_memory_a_job_waits(running, server, inbox):
    running.done = BrokenMemory(reads=False)
    inbox.messages = [message()]
    await running.until_empty(detect)
    assert (server.reports, len(inbox.given_back)) == ([], 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "no json"},
        {"body": "[1]"},
        {"body": "[" * 100_000},
        {"body": '{"photo_id": "../x", "s3_url": "s", "detection_types": [], "priority": "low"}'},
        {"body": '{"photo_id": 1, "s3_url": "s", "detection_types": [], "priority": "low"}'},
        {"attributes": {}},
        {"attributes": {"message_id": "no uuid"}},
    ],
    ids=str,
)
async def test_a_message_that_is_no_job_is_left_to_the_redrive_policy(running, server, inbox, changes):
    poison, good = replace(message(receives=2), **changes), message()
    inbox.messages = [poison, good]
    with capture_logs() as logs:
        await running.until_empty(detect)
    assert inbox.given_back == [(poison.receipt, 20)]
    assert inbox.acknowledged == [good.receipt]
    [line] = [line for line in logs if line["event"] == "job_malformed"]
    assert line["receives"] == 2
    assert "../x" not in str(line)


@pytest.mark.parametrize("fault", [httpx.Response(503), httpx.Response(429), httpx.ReadError("cut")], ids=str)
@pytest.mark.parametrize("call", ["GET", "PATCH", "storage"])
async def test_a_passing_fault_is_sat_out(running, server, inbox, call, fault):
    server.faults[call] = [fault, fault]
    inbox.messages = [message()]
    await running.until_empty(detect)
    assert server.statuses == ["processing", "completed"]


@pytest.mark.parametrize("call", ["GET", "PATCH", "storage"])
async def test_a_fault_that_stays_puts_the_job_off_and_names_no_url(running, server, inbox, call, caplog):
    server.faults[call] = [httpx.ConnectError(PRESIGNED)] * 3
    given = message()
    inbox.messages = [given]
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        await running.until_empty(detect)
    assert inbox.given_back == [(given.receipt, 10)]
    assert "job_put_off" in [line["event"] for line in logs]
    assert "X-Amz-Signature" not in str(logs) + caplog.text


async def test_httpx_may_log_requests_but_no_presigned_one(running, inbox, caplog):
    inbox.messages = [message()]
    with caplog.at_level(logging.INFO), caplog.at_level(logging.INFO, logger="httpx"):
        await running.until_empty(detect)
    assert "http://photodock.test" in caplog.text
    assert "X-Amz-Signature" not in caplog.text


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_is_not_tried_again_at_once(photodock, server, status):
    server.faults["GET"] = [httpx.Response(status)]
    with pytest.raises(PhotodockUnavailable, match=f"refuses the token \\({status}\\)"):
        await photodock.photo(PHOTO_ID, {})
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [httpx.Response(418), httpx.Response(200, text="<html>")])
async def test_something_else_than_photodock_is_told(photodock, server, answer):
    server.faults["GET"] = [answer]
    with pytest.raises(PhotodockUnavailable, match="is not photodock's API"):
        await photodock.photo(PHOTO_ID, {})


async def test_a_download_without_an_end_is_the_photos_fault(running, server, inbox):
    server.data = b"x" * 1_001
    inbox.messages = [message()]
    await running.until_empty(detect)
    assert server.reports[1]["error"]["code"] == "too_many_bytes"


async def test_an_expired_url_is_asked_for_anew(running, server, inbox):
    fresh = server.photo | {"download_url": PRESIGNED.replace("photo.jpg", "fresh.jpg")}
    server.faults["GET"] = [httpx.Response(200, json=server.photo), httpx.Response(200, json=fresh)]
    server.faults["storage"] = [httpx.Response(403)]
    inbox.messages = [message()]
    await running.until_empty(detect)
    assert [request.url.path for request in server.calls("storage")] == ["/photo.jpg", "/fresh.jpg"]
    assert server.statuses == ["processing", "completed"]
