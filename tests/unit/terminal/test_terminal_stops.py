"""What ends a whole run: no other photo would fare better."""

import httpx
import pytest

from support.fake_photodock import answered


def test_a_photodock_that_is_not_running_is_one_sentence(run, server, make_photo):
    server.breaks("request", httpx.ConnectError, times=9)
    assert run(make_photo()) == 1
    assert run.stderr.splitlines() == [
        "photodock does not answer at http://photodock.test: is it running? (PHOTODOCK_URL or --url)"
    ]
    assert (run.stdout, run.slept) == ("", [])


def test_a_photodock_that_goes_away_stops_the_run_after_all_attempts(run, server, make_photo):
    server.breaks("confirm", httpx.ConnectTimeout, times=7)
    assert run(make_photo("a.jpg"), make_photo("b.jpg"), concurrency=1) == 1
    assert len(server.seen["confirm"]) == 7
    assert "photodock does not answer" in run.stderr.splitlines()[-1]


def test_a_stopped_run_still_shows_what_was_done(run, server, make_photo):
    photos = [make_photo("a.jpg"), make_photo("b.jpg"), make_photo("c.jpg")]
    server.faults["confirm"] = [
        answered({"status": "completed", "file_size": 300_000}),
        httpx.Response(401, json={"code": "unauthenticated", "detail": "Expired."}),
    ]
    assert run(*photos, concurrency=1) == 1
    assert "a.jpg" in run.stdout
    assert "b.jpg" not in run.stdout
    assert run.stderr.endswith("2 of 3 files were not done.\n")


def test_a_refused_token_says_how_to_get_one(run, server, make_photo):
    server.fails("request", 401, "unauthenticated", times=4)
    assert run(make_photo("a.jpg"), make_photo("b.jpg")) == 1
    [sentence] = run.stderr.splitlines()
    assert "photodock token" in sentence
    assert "PHOTODOCK_TOKEN" in sentence


@pytest.mark.parametrize("token", ["", "  ", "two words", "caf\u00e9", "line\nbreak"])
def test_a_token_that_cannot_be_one_is_not_sent(run, server, make_photo, token):
    assert run(make_photo(), token=token) == 1
    assert "photodock token" in run.stderr
    assert not server.seen


@pytest.mark.parametrize("code", ["insufficient_scope", "project_access_denied"])
def test_a_refusal_that_holds_for_all_photos_is_said_once(run, server, make_photo, code):
    server.fails("request", 403, code, times=4)
    assert run(*(make_photo(f"{name}.jpg") for name in "abcd")) == 1
    assert run.stderr.splitlines() == [f"{code}: A reason."]


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://x", "http://", "http://[::1", ""])
def test_an_address_that_is_none_is_one_sentence(run, server, make_photo, address):
    assert run(make_photo(), base_url=address) == 1
    assert "is no address of a photodock" in run.stderr
    assert not server.seen


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, text="<html>"),
        httpx.Response(301, headers={"Location": "https://elsewhere.test"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=["no object"]),
        httpx.Response(200, json={"photo_id": "no uuid", "upload_url": "", "headers": {}}),
        httpx.Response(200, json={"photo_id": "018f0000-0000-7000-8000-000000000001", "headers": None}),
    ],
)
def test_something_else_at_the_address_is_told(run, server, make_photo, answer):
    server.faults["request"] = [answer]
    assert run(make_photo()) == 1
    assert f"is not photodock's API (HTTP {answer.status_code})" in run.stderr


def test_a_proxy_without_a_problem_document_is_tried_again(run, server, make_photo):
    server.faults["request"] = [httpx.Response(502, text="<html>"), httpx.Response(429, text="<html>")]
    assert run(make_photo()) == 0
    assert "photodock answered 502; trying again" in run.stderr


def test_nothing_to_send_is_one_sentence(run, tmp_path):
    assert run(tmp_path) == 1
    assert run.stderr == "There is no photo in what you named: name JPEG or PNG files, or folders that hold some.\n"
