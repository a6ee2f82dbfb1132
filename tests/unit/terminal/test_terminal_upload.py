"""One photo's way through a run, and what goes wrong on it."""

import asyncio
import hashlib
import json
import os
import signal
from base64 import b64encode

import httpx
import pytest

from photodock.domain.jobs import Priority
from support.fake_photodock import answered


def checksum(data: bytes) -> str:
    return b64encode(hashlib.sha256(data).digest()).decode()


def test_the_bytes_go_up_with_exactly_the_headers_that_were_signed(run, server, make_photo):
    data = make_photo().read_bytes()
    assert run(make_photo()) == 0
    [put] = server.seen["put"]
    assert list(server.objects.values()) == [data]
    assert put.headers["Content-Length"] == str(len(data))
    assert put.headers["Content-Type"] == "image/jpeg"
    assert put.headers["If-None-Match"] == "*"
    assert put.headers["X-Amz-Checksum-Sha256"] == checksum(data)
    assert "Transfer-Encoding" not in put.headers
    assert "Authorization" not in put.headers


def test_a_photo_is_declared_as_it_is(run, server, make_photo):
    photo = make_photo("wall.PNG", 2048)
    assert run(photo, detection_types=("damage",), priority=Priority.HIGH) == 0
    assert json.loads(server.seen["request"][0].content) == {
        "project_id": "018f0000-0000-7000-8000-000000000001",
        "file_name": "wall.PNG",
        "file_size": 2048,
        "mime_type": "image/png",
        "checksum_sha256": checksum(photo.read_bytes()),
        "detection_types": ["damage"],
        "priority": "high",
    }


def test_options_left_out_are_left_to_the_server(run, server, make_photo):
    assert run(make_photo()) == 0
    assert not {"detection_types", "priority"} & json.loads(server.seen["request"][0].content).keys()


def test_a_name_that_is_no_utf8_still_goes_into_json(run, server, tmp_path, make_photo):
    path = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    os.rename(make_photo(), path)
    assert run(tmp_path) == 0
    assert json.loads(server.seen["request"][0].content)["file_name"] == "caf\N{REPLACEMENT CHARACTER}.jpg"
    assert "caf\N{REPLACEMENT CHARACTER}.jpg" in run.stdout


def test_without_waiting_a_run_ends_at_the_confirmation(run, server, make_photo):
    assert run(make_photo(), wait=False, json_lines=True) == 0
    assert run.json_lines()[0]["status"] == "uploaded"
    assert not server.seen["get"]


def test_waiting_ends_at_completed(run, server, make_photo):
    server.statuses = ["uploaded", "processing", "completed"]
    assert run(make_photo(), json_lines=True) == 0
    assert run.json_lines()[0]["status"] == "completed"
    assert [request.headers.get("If-None-Match") for request in server.seen["get"]] == [None, '"1"', '"2"']
    assert server.seen["get"][0].url.params["wait"] == "20"


def test_a_304_while_waiting_is_no_answer_yet(run, server, make_photo):
    first = answered({"status": "processing"})
    first.headers["ETag"] = '"1"'
    server.faults["get"] = [first, httpx.Response(304)]
    assert run(make_photo(), json_lines=True) == 0
    assert run.json_lines()[0]["status"] == "completed"


def test_a_photo_that_fails_its_detection_fails_the_run(run, server, make_photo):
    server.statuses = ["failed"]
    assert run(make_photo(), json_lines=True) == 1
    error = run.json_lines()[0]["error"]
    assert error == {"code": "detection_failed", "detail": "The detector failed. (blurred: Too blurred.)"}


def test_a_photo_still_in_work_at_the_deadline_fails_the_run(run, server, make_photo):
    server.statuses = ["processing"]
    assert run(make_photo(), timeout_seconds=0) == 1
    assert "wait_timeout: Still processing after 0 s; the photo itself is safe." in run.stdout
    assert server.seen["get"][0].url.params["wait"] == "0"


def test_a_refused_photo_shows_its_code_and_the_others_go_on(run, server, make_photo):
    refused, sent = make_photo("tiny.png", 300), make_photo("roof.jpg")
    assert run(refused, sent, json_lines=True) == 1
    by_file = {line["file"]: line for line in run.json_lines()}
    assert by_file[str(refused)]["error"]["code"] == "file_too_small"
    assert by_file[str(refused)]["photo_id"] is None
    assert by_file[str(sent)]["status"] == "completed"
    assert len(server.seen["request"]) == 2, "a refusal is final"


def test_the_rate_limit_is_waited_out_and_shown(run, server, make_photo):
    server.fails("request", 429, "rate_limited", Retry_After="37", times=10)
    assert run(make_photo()) == 0
    assert run.slept == [37] * 10, "waits for the quota are not counted as failures"
    assert "roof.jpg: rate limit reached; trying again in 37 s" in run.stderr


def test_an_endless_rate_limit_ends_the_file(run, server, make_photo):
    server.fails("request", 429, "rate_limited", Retry_After="0", times=60)
    assert run(make_photo()) == 1
    assert "rate_limited: A reason." in run.stdout
    assert min(run.slept) > 0


def test_a_request_is_repeated_under_one_idempotency_key(run, server, make_photo):
    server.fails("request", 500, "internal_error")
    server.breaks("request", httpx.ReadError)
    assert run(make_photo()) == 0
    keys = {request.headers["Idempotency-Key"] for request in server.seen["request"]}
    assert (len(server.seen["request"]), len(keys)) == (3, 1)


def test_two_files_have_two_idempotency_keys(run, server, make_photo):
    assert run(make_photo("a.jpg"), make_photo("b.jpg")) == 0
    assert len({request.headers["Idempotency-Key"] for request in server.seen["request"]}) == 2


@pytest.mark.parametrize("call", ["request", "put", "confirm", "get"])
def test_a_server_error_is_tried_again(run, server, make_photo, call):
    server.fails(call, 503, "storage_unavailable", times=6)
    assert run(make_photo()) == 0
    assert len(run.slept) == 6


@pytest.mark.parametrize("call", ["put", "confirm", "get"])
def test_a_cut_connection_is_tried_again(run, server, make_photo, call):
    server.breaks(call, httpx.ReadError, times=2)
    server.breaks(call, httpx.ConnectError, times=2)
    assert run(make_photo()) == 0


def test_waits_grow_between_attempts(run, server, make_photo):
    server.fails("put", 500, "InternalError", times=6)
    run(make_photo())
    assert all(later > earlier for earlier, later in zip(run.slept[::2], run.slept[2::2], strict=False))


def test_a_storage_that_stays_away_fails_its_file_only(run, server, make_photo):
    server.breaks("put", httpx.ConnectError, times=7)
    assert run(make_photo("a.jpg"), make_photo("b.jpg"), concurrency=1, json_lines=True) == 1
    first, second = run.json_lines()
    assert (first["error"]["code"], first["status"]) == ("network_error", "pending_upload")
    assert second["status"] == "completed"


def test_a_lost_answer_to_the_put_is_confirmed_by_the_412(run, server, make_photo):
    server.lost = {"put"}
    assert run(make_photo()) == 0
    assert (len(server.seen["put"]), len(server.seen["request"]), len(server.seen["confirm"])) == (2, 1, 1)


def test_lost_answers_of_the_api_make_no_second_photo(run, server, make_photo):
    server.lost = {"request", "confirm", "get"}
    assert run(make_photo()) == 0
    assert len(server.photos) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(409, "ConditionalRequestConflict"), (400, "RequestTimeout"), (503, "SlowDown"), (429, "TooManyRequests")],
)
def test_what_s3_asks_to_repeat_is_repeated_with_the_same_url(run, server, make_photo, status, code):
    server.fails("put", status, code)
    assert run(make_photo()) == 0
    assert len({str(request.url) for request in server.seen["put"]}) == 1
    assert not server.seen["refresh"]


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (400, "ExpiredToken")])
def test_an_expired_url_is_refreshed_once(run, server, make_photo, status, code):
    server.fails("put", status, code)
    assert run(make_photo()) == 0
    assert len(server.seen["refresh"]) == 1


def test_a_fresh_url_that_is_refused_too_is_the_end(run, server, make_photo):
    server.fails("put", 403, "SignatureDoesNotMatch", times=2)
    assert run(make_photo()) == 1
    assert "storage_refused: The storage answered 403 (SignatureDoesNotMatch)." in run.stdout
    assert (len(server.seen["refresh"]), len(server.seen["put"])) == (1, 2)


def test_a_refresh_refused_because_the_photo_is_there_goes_on_to_confirm(run, server, make_photo):
    server.fails("put", 403, "AccessDenied")
    server.fails("refresh", 409, "invalid_status_transition")
    server.faults["confirm"] = [answered({"status": "completed", "file_size": 300_000})]
    assert run(make_photo()) == 0
    assert (len(server.seen["put"]), len(server.seen["confirm"])) == (1, 1)


def test_a_refresh_refused_for_another_reason_is_the_end(run, server, make_photo):
    server.fails("put", 403, "AccessDenied")
    server.fails("refresh", 404, "photo_not_found")
    assert run(make_photo()) == 1
    assert "photo_not_found" in run.stdout


def test_a_confirmation_refused_for_a_missing_object_is_told(run, server, make_photo):
    server.fails("confirm", 409, "upload_not_found")
    assert run(make_photo(), json_lines=True) == 1
    [line] = run.json_lines()
    assert (line["status"], line["error"]["code"]) == ("pending_upload", "upload_not_found")
    assert line["photo_id"] in server.photos


def test_a_photo_that_is_not_what_was_declared_fails_at_the_confirmation(run, server, make_photo):
    error = {"code": "content_mismatch", "detail": "It is a text file."}
    server.faults["confirm"] = [answered({"status": "failed", "error": error})]
    assert run(make_photo(), json_lines=True) == 1
    assert run.json_lines()[0]["error"] == error
    assert not server.seen["get"]


def test_as_many_files_are_sent_at_once_as_asked_and_no_more(run, server, make_photo):
    three, at_work, most = asyncio.Barrier(3), set(), 0

    async def together(request):
        nonlocal most
        if request.method == "PUT":
            at_work.add(request.url)
            most = max(most, len(at_work))
            async with asyncio.timeout(30):
                await three.wait()
            at_work.remove(request.url)
        return await server(request)

    run.transport = httpx.MockTransport(together)
    assert run(*(make_photo(f"{number}.jpg", 2000) for number in range(12)), concurrency=3) == 0
    assert most == 3


def test_bytes_that_the_storage_refuses_are_not_sent_again(run, server, make_photo):
    server.fails("put", 400, "BadDigest")
    assert run(make_photo()) == 1
    assert len(server.seen["put"]) == 1


def test_an_answer_of_the_storage_without_a_code_is_told(run, server, make_photo):
    server.faults["put"] = [httpx.Response(405, text="<html>")]
    assert run(make_photo()) == 1
    assert "The storage answered 405 (no reason)." in run.stdout


def test_ctrl_c_ends_a_run_with_130_and_one_sentence(run, server, make_photo):
    async def interrupted(request):
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    run.transport = httpx.MockTransport(interrupted)
    assert run(make_photo()) == 130
    assert (run.stdout, run.stderr.splitlines()[-1]) == ("", "Stopped by Ctrl-C: 0 of 1 files were done.")


def test_a_file_that_shrinks_under_the_upload_is_not_sent_as_a_whole(run, server, make_photo):
    photo = make_photo()
    request = server._request

    def shrinking(*arguments):
        photo.write_bytes(b"short")
        return request(*arguments)

    server._request = shrinking
    assert run(photo) == 1
    assert "file_changed" in run.stdout
    assert not server.objects


def test_a_file_that_goes_away_under_the_upload_is_told(run, server, make_photo):
    photo = make_photo()
    request = server._request

    def removing(*arguments):
        photo.unlink()
        return request(*arguments)

    server._request = removing
    assert run(photo) == 1
    assert "file_unreadable: The file cannot be read: No such file or directory." in run.stdout
