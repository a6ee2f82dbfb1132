"""Which spans there are, and in which trace."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from photodock.domain.webhooks import TEST, Event, EventType
from photodock.tracing import spans
from photodock.tracing.ids import root_of
from support.spans_seen import Seen, links_of, trace_of
from unit.tracing.conftest import FOREIGN, FOREIGN_TRACE, NOT_SAMPLED, Request


def test_a_photos_trace_begins_with_the_request_that_makes_it(seen: Seen) -> None:
    photo = uuid4()
    with Request():
        spans.photo_begins(photo)
        with spans.step("request_upload"):
            pass
    step, request = seen.all
    root = root_of(photo)
    assert request.context is not None
    assert (request.context.trace_id, request.context.span_id, request.parent) == (root.trace_id, root.span_id, None)
    assert step.parent == request.context


def test_a_later_request_about_the_photo_is_a_part_of_its_trace(seen: Seen) -> None:
    photo = uuid4()
    with Request():
        spans.continue_photo(str(photo))
        with spans.photo_step("confirm", photo), spans.step("S3 read_head"):
            carried = spans.outgoing(None)
    read, confirm, request = seen.all
    root = root_of(photo)
    assert {trace_of(span) for span in seen.all} == {root.trace_id}
    assert request.parent is not None
    assert request.parent.span_id == root.span_id
    assert (confirm.parent, read.parent) == (request.context, confirm.context)
    assert read.context is not None
    assert carried == f"00-{root.trace_id:032x}-{read.context.span_id:016x}-01"


@pytest.mark.parametrize("written", [None, "", "no-id-at-all"])
def test_what_is_no_photos_id_continues_nothing(seen: Seen, written: str | None) -> None:
    with Request():
        spans.continue_photo(written)
    [request] = seen.all
    assert request.parent is None


def test_a_request_that_brings_a_trace_stays_in_it_and_is_linked_with_the_photos(seen: Seen) -> None:
    photo = uuid4()
    with Request(FOREIGN):
        spans.photo_begins(photo)
    with Request(FOREIGN):
        spans.continue_photo(str(photo))
        with spans.photo_step("confirm", photo):
            pass
    made, begun, confirm, confirmed = seen.all
    assert [trace_of(made), trace_of(confirmed)] == [FOREIGN_TRACE] * 2
    assert [trace_of(begun), trace_of(confirm)] == [root_of(photo).trace_id] * 2
    assert begun.context is not None
    assert begun.context.span_id == root_of(photo).span_id
    assert confirm.parent is not None
    assert confirm.parent.span_id == begun.context.span_id
    assert links_of(begun) == links_of(confirm) == [FOREIGN_TRACE]
    assert links_of(made) == links_of(confirmed) == [root_of(photo).trace_id]


def test_each_photo_of_a_request_for_many_has_its_own_trace(seen: Seen) -> None:
    photos = [uuid4(), uuid4()]
    with Request():
        with spans.step("request_uploads"):
            pass
        for photo in photos:
            spans.photo_begins(photo)
    step, request, *begun = seen.all
    assert trace_of(step) == trace_of(request)
    assert [trace_of(span) for span in begun] == [root_of(photo).trace_id for photo in photos]
    assert links_of(request) == [trace_of(span) for span in begun]


def test_a_photo_that_was_refused_has_no_trace(seen: Seen) -> None:
    with Request(FOREIGN) as request:
        request.refused = True
        spans.photo_begins(uuid4())
    assert [trace_of(span) for span in seen.all] == [FOREIGN_TRACE]


@pytest.mark.parametrize("traceparent", [None, FOREIGN])
def test_a_repeated_request_is_told_of_the_photo_that_there_is(seen: Seen, traceparent: str | None) -> None:
    photo = uuid4()
    with Request(traceparent):
        spans.photo_begins(uuid4())
        spans.photo_was_there(photo)
    [request] = seen.all
    assert request.attributes is not None
    assert request.attributes["photodock.photo.id"] == str(photo)
    assert root_of(photo).trace_id in links_of(request)


def test_what_a_worker_does_for_a_photo_is_in_its_trace(seen: Seen) -> None:
    photo = uuid4()
    with spans.photo_step("process bucket event", photo, consumes=True), spans.photo_step("confirm", photo):
        pass
    confirm, event = seen.all
    assert trace_of(event) == trace_of(confirm) == root_of(photo).trace_id
    assert confirm.parent == event.context


def test_a_webhooks_delivery_is_a_part_of_its_photos_trace(seen: Seen) -> None:
    event = Event(uuid4(), EventType.COMPLETED, datetime.now(UTC), uuid4(), uuid4(), "completed")
    with spans.delivery(event, 2):
        spans.answered(204, is_error=False)
    [delivery] = seen.all
    assert event.photo_id
    assert trace_of(delivery) == root_of(event.photo_id).trace_id
    assert delivery.attributes is not None
    assert dict(delivery.attributes) == {
        "http.request.method": "POST",
        "http.request.resend_count": 2,
        "http.response.status_code": 204,
        "photodock.photo.id": str(event.photo_id),
        "photodock.webhook.event.id": str(event.id),
        "photodock.webhook.event.type": "photo.completed",
    }
    assert delivery.status.is_ok


@pytest.mark.parametrize(("http_status", "kind"), [(503, "503"), (None, "no_answer")])
def test_a_delivery_that_fails_says_with_what(seen: Seen, http_status: int | None, kind: str) -> None:
    event = Event(uuid4(), TEST, datetime.now(UTC))
    with spans.delivery(event, 0):
        spans.answered(http_status, is_error=True)
    [delivery] = seen.all
    assert delivery.parent is None
    assert delivery.attributes is not None
    assert (delivery.attributes["error.type"], delivery.status.is_ok) == (kind, False)


def test_nothing_is_told_of_what_is_a_part_of_nothing(seen: Seen) -> None:
    with spans.step("take jobs"):
        assert spans.trace_id() is None
    assert seen.all == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nothing_is_told_of_what_machines_ask_every_second(seen: Seen, path: str) -> None:
    with Request(path=path), spans.step("look"):
        pass
    assert seen.all == []


def test_of_an_error_its_kind_is_told_and_not_its_text(seen: Seen) -> None:
    secret = "https://s3.example.com/photo?X-Amz-Signature=0123456789abcdef"

    def fails() -> None:
        raise ConnectionError(secret)

    with Request(), pytest.raises(ConnectionError), spans.step("S3 read_head"):
        fails()
    step = seen.all[0]
    assert step.attributes is not None
    assert dict(step.attributes) == {"error.type": "ConnectionError"}
    assert not step.status.is_ok
    assert secret not in step.to_json()


def test_a_share_of_none_traces_nothing_but_what_others_trace(none_seen: Seen) -> None:
    photo = uuid4()
    with Request():
        spans.photo_begins(photo)
        carried = spans.outgoing(None)
    with spans.photo_step("renditions", photo):
        pass
    assert none_seen.all == []
    assert carried is not None
    assert carried.endswith("-00")
    with Request(FOREIGN):
        pass
    assert [trace_of(span) for span in none_seen.all] == [FOREIGN_TRACE]


def test_what_others_do_not_trace_is_not_traced(seen: Seen) -> None:
    with Request(NOT_SAMPLED), spans.step("read photo"):
        pass
    assert seen.all == []


def test_without_traces_every_call_does_nothing() -> None:
    photo = uuid4()
    assert spans.request({"path": "/", "headers": []}) is None
    with spans.delivery(Event(uuid4(), TEST, datetime.now(UTC)), 0):
        spans.answered(None, is_error=True)
    with spans.step("read photo"), spans.photo_step("confirm", photo):
        spans.photo_begins(photo)
        spans.photo_was_there(photo)
        spans.continue_photo(str(photo))
        assert spans.trace_id() is None
    assert spans.outgoing(FOREIGN) == FOREIGN


async def test_a_traced_function_keeps_its_answer_and_its_error(seen: Seen) -> None:
    @spans.traced("double")
    async def double(number: int) -> int:
        if number < 0:
            raise ValueError("below nothing")
        return 2 * number

    with Request():
        assert await double(2) == 4
        with pytest.raises(ValueError, match="below"):
            await double(-1)
    assert [span.name for span in seen.all] == ["double", "double", "request"]
    spans.SWITCH.recorder = None
    assert await double(3) == 6
