"""GET /events up to its first part, in this process; `acceptance/live` has whole streams over real sockets."""

from uuid import uuid4

import pytest

from photodock.settings import Settings
from support.images import jpeg
from support.serving import changed, running
from support.system import Caller


async def test_a_stream_begins_with_its_position_and_is_kept_by_nobody(api: Caller, project: str) -> None:
    await api.upload(project, jpeg())
    answer = await api.call("GET", "/events")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "content-length" not in answer.headers
    assert "content-encoding" not in answer.headers
    retry, position = answer.text.strip().split("\n\n")
    assert 1_000 <= int(retry.removeprefix("retry: ")) <= 5_000
    assert position.startswith(": here\nid: ")


async def test_an_id_that_leads_nowhere_begins_with_a_reset(api: Caller, project: str) -> None:
    await api.upload(project, jpeg())
    for last_id in ("", "nobody's", "x" * 64, "x" * 2_000):
        answer = await api.call("GET", "/events", headers={"Last-Event-ID": last_id})
        assert "event: reset\ndata: {}\n\n" in answer.text


async def test_pages_of_an_allowed_origin_may_follow_and_say_where_to_go_on(api: Caller) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,last-event-id",
    }
    preflight = await api.http.options("/api/v1/events", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "https://app.example")
    answer = await api.call("GET", "/events", headers={"Origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    foreign = await api.call("GET", "/events", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize("name", ["max_streams", "organization_max_streams", "user_max_streams"])
async def test_too_many_streams_are_refused_with_a_time_to_come_again(settings: Settings, name: str) -> None:
    async with running(changed(settings, **{name: 0})) as api:
        answer = await api.call("GET", "/events")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_foreign_project_and_an_unknown_one_are_refused_alike(api: Caller, project: str) -> None:
    stranger = api.stranger()
    answers = [
        await stranger.call("GET", f"/events?project_id={one}", headers={"X-Request-ID": "same"})
        for one in (project, uuid4())
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["code"] == "project_access_denied"


async def test_a_project_that_is_no_id_is_refused(api: Caller) -> None:
    assert (await api.call("GET", "/events?project_id=roof")).status_code == 422
