"""The stream of changes, against a real server that cuts, lags and forgets."""

import json
from contextlib import aclosing
from itertools import islice
from uuid import UUID

import pytest

from photodock.client import (
    AsyncClient,
    Client,
    Forbidden,
    NetworkError,
    Reset,
    Retry,
    UnexpectedAnswer,
)
from photodock.client.sse import MAX_LINE, MessageReader
from support.event_server import PROJECT, EventServer, change

QUICK = Retry(attempts=4, first_delay=0.01, max_delay=0.01)
PROBLEM = json.dumps({"code": "insufficient_scope", "detail": "No."}).encode()


def first(url, count, **options):
    """The first changes of a stream, which is left then."""
    with Client(url, "t", retry=QUICK) as client:
        stream = client.events(**options)
        found = list(islice(stream, count))
        stream.close()
        return found


def test_changes_are_told_as_they_come():
    with EventServer((200, [b": hello\n\n", change(1, "processing"), change(2)])).running() as server:
        one, two = first(server.url, 2, project_id=PROJECT)
    assert (one.type, one.photo_id, one.status, one.id) == ("photo.processing", UUID(int=1), "processing", "1-0")
    assert (two.type, two.project_id, two.at.isoformat()) == (
        "photo.completed",
        PROJECT,
        "2026-11-22T17:46:35.163607+00:00",
    )
    [(path, headers)] = server.requests
    assert path == f"/api/v1/events?project_id={PROJECT}"
    assert (headers["accept"], headers["authorization"]) == ("text/event-stream", "Bearer t")
    assert "last-event-id" not in headers


def test_a_stream_that_breaks_is_taken_up_behind_the_last_change():
    answers = [(200, [change(1), change(2)[:40]]), (200, [change(2), change(3)])]
    with EventServer(*answers).running() as server:
        found = first(server.url, 3)
    assert [event.photo_id for event in found] == [UUID(int=1), UUID(int=2), UUID(int=3)]
    assert [headers.get("last-event-id") for _, headers in server.requests] == [None, "1-0"]


def test_a_quiet_stream_goes_on_from_its_last_heartbeat():
    answers = [(200, [change(1), b": here\nid: 40-0\n\n", b": here\nid: 41-0\n"]), (200, [change(42)])]
    with EventServer(*answers).running() as server:
        first(server.url, 2)
    assert server.requests[1][1]["last-event-id"] == "40-0"


def test_an_earlier_run_is_gone_on_from():
    with EventServer((200, [change(9)])).running() as server:
        first(server.url, 1, last_event_id="8-0")
    assert server.requests[0][1]["last-event-id"] == "8-0"


def test_a_reset_is_told_and_its_id_is_where_to_go_on():
    answers = [(200, [b"id: 50-0\nevent: reset\ndata: {}\n\n"]), (200, [change(51)])]
    with EventServer(*answers).running() as server:
        reset, one = first(server.url, 2)
    assert reset == Reset("50-0")
    assert one.photo_id == UUID(int=51)
    assert server.requests[1][1]["last-event-id"] == "50-0"


def test_events_of_another_kind_are_passed_over():
    with EventServer((200, [b"event: weather\ndata: {}\n\n", change(1)])).running() as server:
        [one] = first(server.url, 1)
    assert one.photo_id == UUID(int=1)


def test_an_outage_in_between_is_waited_out():
    answers = [(200, [change(1)]), (503, [b"<html>"]), (503, [b"<html>"]), (200, [change(2)])]
    with EventServer(*answers).running() as server:
        assert len(first(server.url, 2)) == 2


def test_an_outage_without_an_end_is_told():
    with EventServer((200, []), (200, []), (200, []), (200, [])).running() as server, pytest.raises(NetworkError):
        first(server.url, 1)
    assert len(server.requests) == 4


def test_a_refusal_is_told_at_once():
    with EventServer((403, [PROBLEM])).running() as server, pytest.raises(Forbidden):
        first(server.url, 1)


def test_what_is_no_stream_of_changes_is_told():
    with EventServer((200, [b"event: photo\ndata: <html>\n\n"])).running() as server, pytest.raises(UnexpectedAnswer):
        first(server.url, 1)


async def test_the_asynchronous_client_hears_the_same():
    answers = [(200, [change(1)]), (200, [change(2)])]
    with EventServer(*answers).running() as server:
        found = []
        async with AsyncClient(server.url, "t", retry=QUICK) as client, aclosing(client.events()) as events:
            async for event in events:
                found.append(event.photo_id)
                if len(found) == 2:
                    break
    assert found == [UUID(int=1), UUID(int=2)]


TEXT = (
    "\ufeffid: 1\r\nevent: photo\r\ndata: a\r\ndata:b\r\n\r\n: beat\r\rdata: \u5c4b\u6839\nid\n\nretry: 250\ndata\n\n"
).encode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(TEXT)])
def test_messages_are_read_however_they_are_cut(size):
    reader = MessageReader()
    found = [m for start in range(0, len(TEXT), size) for m in reader.feed(TEXT[start : start + size])]
    assert [(m.id, m.event, m.data) for m in found] == [
        ("1", "photo", "a\nb"),
        (None, "message", "\u5c4b\u6839"),
        (None, "message", ""),
    ]
    assert reader.retry_seconds == 0.25


def test_a_line_without_an_end_is_refused():
    with pytest.raises(ValueError, match="without an end"):
        MessageReader().feed(b"data: " + b"x" * MAX_LINE)
