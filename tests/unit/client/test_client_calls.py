"""What holds for every call: the token, attempts, errors, and answers that are none."""

from uuid import uuid4

import httpx
import pytest

from photodock.client import (
    AsyncClient,
    Client,
    ClientError,
    ConfigurationError,
    Conflict,
    NetworkError,
    NotFound,
    RateLimited,
    Retry,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from support.fake_photodock import answered, full

ID = uuid4()


def tokens(*given):
    """A function that gives one after the other, and how often it was asked."""
    left = list(given)
    return lambda: left.pop(0), left


def test_a_refused_token_is_renewed_once(call, server):
    give, left = tokens("old", "new", "newer")
    server.fails("get", 401, "unauthenticated")
    server.faults["get"].append(answered({}))
    call("photo", ID, token=give)
    assert [request.headers["Authorization"] for request in server.seen["get"]] == ["Bearer old", "Bearer new"]
    assert left == ["newer"]


def test_a_token_that_is_refused_twice_is_the_end(call, server):
    give, left = tokens("old", "new", "newer")
    server.fails("get", 401, "unauthenticated", times=2)
    with pytest.raises(Unauthenticated):
        call("photo", ID, token=give)
    assert left == ["newer"]


def test_a_text_for_a_token_is_not_tried_again(call, server):
    server.fails("get", 401, "unauthenticated", times=2)
    with pytest.raises(Unauthenticated):
        call("photo", ID)
    assert len(server.seen["get"]) == 1


async def test_a_token_may_come_from_a_coroutine_function(server):
    async def give():
        return "from-afar"

    server.faults["get"] = [answered({}), answered({})]
    async with AsyncClient("http://photodock.test", give, transport=httpx.MockTransport(server)) as client:
        await client.photo(ID)
        await client.photo(ID)
    assert {request.headers["Authorization"] for request in server.seen["get"]} == {"Bearer from-afar"}


async def afar():
    return "t"


def test_a_coroutine_function_is_no_token_of_the_synchronous_client(server):
    with (
        Client("http://photodock.test", afar, transport=httpx.MockTransport(server.blocking)) as client,
        pytest.raises(TypeError, match="AsyncClient"),
    ):
        client.photo(ID)


@pytest.mark.parametrize("token", ["", "two words", "caf\u00e9"])
def test_a_token_that_cannot_be_one_is_refused_at_once(call, server, token):
    with pytest.raises(ConfigurationError):
        call("photo", ID, token=token)
    with pytest.raises(ConfigurationError):
        call("photo", ID, token=lambda: token)
    assert not server.seen


def test_an_error_has_what_the_problem_says(call, server):
    server.faults["get"] = [
        httpx.Response(
            422,
            json={
                "code": "invalid_request",
                "title": "Shape",
                "detail": "Look.",
                "correlation_id": "c0ffee",
                "errors": [{"field": "x", "message": "missing"}],
            },
        )
    ]
    with pytest.raises(ClientError) as failed:
        call("photo", ID)
    error = failed.value
    assert (error.code, error.status, error.correlation_id) == ("invalid_request", 422, "c0ffee")
    assert error.detail == "Look. (x: missing)"
    assert error.problem.errors[0].field == "x"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(404, "photo_not_found", NotFound), (409, "invalid_status_transition", Conflict)],
)
def test_a_refusal_is_not_tried_again(call, server, status, code, kind):
    server.fails("get", status, code, times=2)
    with pytest.raises(kind) as refused:
        call("photo", ID)
    assert refused.value.code == code
    assert call.slept == []


def test_an_outage_is_waited_out_as_retry_after_says(call, server):
    server.fails("get", 503, "database_unavailable", Retry_After="7", times=2)
    server.faults["get"].append(answered({}))
    call("photo", ID)
    assert call.slept == [7, 7]


def test_an_outage_without_an_end_is_told_by_its_code(call, server):
    server.fails("get", 503, "database_unavailable", times=3)
    with pytest.raises(Unavailable) as failed:
        call("photo", ID, retry=Retry(attempts=3))
    assert (failed.value.code, len(server.seen["get"])) == ("database_unavailable", 3)


def test_the_quota_is_waited_for_and_at_last_told(call, server):
    server.fails("get", 429, "rate_limited", Retry_After="30", times=3)
    with pytest.raises(RateLimited):
        call("photo", ID, retry=Retry(attempts=1, rate_limit_waits=3))
    assert call.slept == [30, 30]


def test_a_service_that_starts_is_waited_for(call, server):
    server.breaks("get", httpx.ConnectError, times=3)
    server.faults["get"].append(answered({}))
    call("photo", ID)
    assert len(call.slept) == 3


def test_a_wrong_address_is_told_at_once_where_somebody_waits(call, server):
    server.breaks("get", httpx.ConnectError)
    with pytest.raises(Unreachable):
        call("photo", ID, retry=Retry(fail_fast=True))
    assert call.slept == []


@pytest.mark.parametrize("name", ["delete", "retry_detection"])
def test_a_lost_answer_is_no_failure_when_the_second_attempt_finds_it_done(call, server, name):
    server.breaks(name, httpx.ReadError)
    server.fails(
        name, *{"delete": (404, "photo_not_found"), "retry_detection": (409, "invalid_status_transition")}[name]
    )
    server.faults["get"] = [answered({"status": "uploaded"})]
    found = call(name, ID)
    assert found is None or found.status == "uploaded"


@pytest.mark.parametrize(("name", "kind"), [("delete", NotFound), ("retry_detection", Conflict)])
def test_the_same_refusal_at_the_first_attempt_is_one(call, server, name, kind):
    server.fails(
        name, *{"delete": (404, "photo_not_found"), "retry_detection": (409, "invalid_status_transition")}[name]
    )
    with pytest.raises(kind):
        call(name, ID)


def test_a_retry_that_was_refused_though_an_answer_was_lost_is_told(call, server):
    server.breaks("retry_detection", httpx.ReadError)
    server.fails("retry_detection", 409, "invalid_status_transition")
    server.faults["get"] = [answered({"status": "failed", "error": {"code": "content_mismatch", "detail": None}})]
    with pytest.raises(Conflict):
        call("retry_detection", ID)


@pytest.mark.parametrize(
    "photo",
    [
        {"id": "none"},
        {"file_size": "12"},
        {"file_size": True},
        {"detection": None},
        {"detection": {"types": "damage", "priority": "low", "status": "pending"}},
        {"created_at": "yesterday"},
        {"exif_data": []},
    ],
)
def test_a_photo_that_is_none_is_no_answer_of_photodock(call, server, photo):
    server.faults["get"] = [answered(photo)]
    with pytest.raises(UnexpectedAnswer):
        call("photo", ID)


def test_what_a_later_version_adds_is_passed_over_and_kept(call, server):
    server.faults["get"] = [answered({"mood": "sunny", "status": "archived"})]
    photo = call("photo", ID)
    assert (photo.status, photo.json["mood"], photo.is_final) == ("archived", "sunny", False)


def test_a_photos_renditions_are_values(call, server):
    rendition = {"name": "thumbnail", "width": 320, "height": 240, "mime_type": "image/webp", "file_size": 9_000}
    server.faults["get"] = [
        answered({"renditions": [rendition | {"url": "https://storage.test/t"}], "thumbhash": "AA=="})
    ]
    [found] = call("photo", ID).renditions
    assert (found.name, found.width, found.url) == ("thumbnail", 320, "https://storage.test/t")


def test_all_pages_of_a_list_are_walked(call, server):
    server.faults["list"] = [
        httpx.Response(
            200, json={"items": [full({"file_name": "a"}), full({"file_name": "b"})], "next_cursor": "next"}
        ),
        httpx.Response(200, json={"items": [full({"file_name": "c"})], "next_cursor": None}),
    ]
    assert [photo.file_name for photo in call("photos", status="completed")] == ["a", "b", "c"]
    assert [request.url.params.get("cursor") for request in server.seen["list"]] == [None, "next"]
    assert {request.url.params["status"] for request in server.seen["list"]} == {"completed"}


def test_one_of_a_batch_that_is_refused_stands_as_its_error(call, server):
    failed = full({"status": "failed", "error": {"code": "content_mismatch", "detail": "No."}})
    problem = {"status": 404, "code": "photo_not_found", "detail": "No such photo."}
    server.faults["confirm_many"] = [httpx.Response(200, json={"items": [failed, {"error": problem}]})]
    photo, error = call("confirm_many", [ID, ID])
    assert photo.failure.code == "content_mismatch"
    assert isinstance(error, NotFound)
    assert error.code == "photo_not_found"


@pytest.mark.parametrize(("name", "more"), [("photo", []), ("delete", []), ("put_project", ["Roof"])])
def test_an_id_that_is_none_leads_to_no_other_call(call, server, name, more):
    with pytest.raises(ValueError, match="UUID"):
        call(name, "../projects", *more)
    assert not server.seen


WEBHOOK = {
    "id": str(ID),
    "url": "https://example.com/hook",
    "event_types": ["photo.completed"],
    "enabled": True,
    "disabled_reason": None,
    "failing_since": None,
    "old_secret_until": None,
    "created_at": "2026-11-22T17:46:35Z",
    "secret": "whsec_the-secret",
}
DELIVERY = {
    "id": 4711,
    "event_id": str(ID),
    "type": "webhook.test",
    "photo_id": None,
    "project_id": None,
    "photo_status": None,
    "at": "2026-11-22T17:46:35Z",
    "state": "pending",
    "attempts": 0,
    "last_attempt_at": None,
    "last_http_status": None,
    "last_error": None,
    "next_attempt_at": "2026-11-22T17:46:35Z",
}


@pytest.mark.parametrize(
    ("name", "arguments", "answer", "asked"),
    [
        ("webhook", [], WEBHOOK, "GET /api/v1/webhooks"),
        ("put_webhook", ["https://example.com/hook"], WEBHOOK, "PUT /api/v1/webhooks"),
        ("delete_webhook", [], None, "DELETE /api/v1/webhooks"),
        ("rotate_webhook_secret", [], WEBHOOK, "POST /api/v1/webhooks/secret"),
        ("test_webhook", [], DELIVERY, "POST /api/v1/webhooks/test"),
        ("webhook_deliveries", [], {"items": [DELIVERY]}, "GET /api/v1/webhooks/deliveries"),
        ("retry_delivery", [4711], DELIVERY, "POST /api/v1/webhooks/deliveries/4711/retry"),
    ],
)
def test_each_call_for_the_webhook_asks_for_its_own(call, server, name, arguments, answer, asked):
    server.faults["webhooks"] = [httpx.Response(200, json=answer) if answer else httpx.Response(204)]
    found = call(name, *arguments)
    [request] = server.seen["webhooks"]
    assert f"{request.method} {request.url.path}" == asked
    one = found[0] if isinstance(found, list) else found
    assert (one is None) == (answer is None)
    if answer is WEBHOOK:
        assert (one.secret, one.event_types) == ("whsec_the-secret", ("photo.completed",))
        assert "whsec" not in repr(one)
    elif one:
        assert (one.id, one.state, one.photo_id) == (4711, "pending", None)


def test_a_secret_is_not_changed_twice_when_the_answer_is_lost(call, server):
    server.breaks("webhooks", httpx.ReadError)
    with pytest.raises(NetworkError):
        call("rotate_webhook_secret")
    assert len(server.seen["webhooks"]) == 1
    server.breaks("webhooks", httpx.ConnectError)
    server.faults["webhooks"].append(httpx.Response(200, json=WEBHOOK))
    assert call("rotate_webhook_secret").secret


@pytest.mark.parametrize("address", ["photos.example.com", "ftp://x", "", "http://[::1"])
def test_an_address_that_is_none_is_refused_at_once(address):
    for kind in (Client, AsyncClient):
        with pytest.raises(ConfigurationError):
            kind(address, "t")
