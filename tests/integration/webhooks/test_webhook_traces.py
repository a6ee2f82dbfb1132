"""Each attempt to deliver is a span, in the trace of the photo that it tells of."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from photodock.tracing.ids import root_of
from photodock.workers.webhooks import WebhookSender
from support.images import jpeg
from support.receiver import Receiver
from support.spans_seen import seeing_spans, trace_of
from support.system import Caller


async def test_every_attempt_is_told_in_the_photos_trace_and_where_it_went_is_not(
    api: Caller,
    project: str,
    hook: Any,
    receiver: Receiver,
    worker: WebhookSender,
    make_due: Callable[[], Awaitable[None]],
) -> None:
    photo_id = UUID((await api.upload(project, jpeg()))["id"])
    receiver.tell(500, 204)
    with seeing_spans() as seen:
        assert await worker.run_once() == 1
        await make_due()
        assert await worker.run_once() == 1
    failed, delivered = seen.named("deliver webhook")
    assert {trace_of(span) for span in seen.all} == {root_of(photo_id).trace_id}
    assert failed.attributes is not None
    assert delivered.attributes is not None
    assert (failed.attributes["error.type"], failed.attributes["http.response.status_code"]) == ("500", 500)
    assert (delivered.attributes["http.request.resend_count"], delivered.attributes["http.response.status_code"]) == (
        *(1, 204),
    )
    assert not failed.status.is_ok
    assert delivered.status.is_ok
    assert [span.parent for name in ("failed", "delivered") for span in seen.named(f"mark webhook {name}")] == [
        *(failed.context, delivered.context),
    ]
    # The receiver's address may hold a secret of its own.
    told = "".join(span.to_json() for span in seen.all)
    assert [word for word in ("127.0.0.1", "/hook", hook.secret) if word in told] == []
    # Within an id or a time its digits may stand by chance.
    assert not re.search(rf"\b{receiver.port}\b", told)


async def test_a_test_event_has_a_trace_of_its_own(
    hook: Any, receiver: Receiver, worker: WebhookSender, unused_port: int, hook_of: Any
) -> None:
    await hook_of(hook.api, receiver, url=f"http://127.0.0.1:{unused_port}/hook")
    await hook.test()
    with seeing_spans() as seen:
        assert await worker.run_once() == 1
    [attempt] = seen.named("deliver webhook")
    assert attempt.parent is None
    assert attempt.attributes is not None
    assert attempt.attributes["error.type"] == "no_answer"
    assert "photodock.photo.id" not in attempt.attributes
