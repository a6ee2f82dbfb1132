"""One trace leads from the upload URL to the detector's report, through every process and both brokers."""

import asyncio
import json
from pathlib import Path
from uuid import UUID, uuid4

from acceptance.conftest import fresh_backend
from acceptance.traces.conftest import Traced
from conftest import S3, Sqs
from photodock.embedded.postgres import PostgresServer
from photodock.tracing.ids import root_of
from support.audit import secrets_of
from support.clock import eventually
from support.images import jpeg
from support.otlp import CONSUMER, PRODUCER, SERVER, Receiver, Span
from support.processes import Deployment
from support.system import SECRET
from support.whole import calling

UPLOAD_URL = "POST /api/v1/photos/upload-url"
STATUS = "PATCH /api/v1/photos/{photo_id}/status"
FOREIGN = "0af7651916cd43dd8448eb211c80319c"


async def test_one_trace_leads_from_the_upload_url_to_the_detectors_report(system: Traced) -> None:
    photo_id = await system.upload()
    send, process = f"send {system.queue}", f"process {system.queue}"
    names = (UPLOAD_URL, *[STATUS] * 3, "confirm", "request_upload", "mark uploaded", "S3 read_head", "renditions")
    spans = await system.trace(photo_id, *names, send, process, "mark completed")
    by_id = {span.span_id: span for span in spans}

    [first] = [span for span in spans if not span.parent]
    assert (first.name, first.service, first.kind) == (UPLOAD_URL, "photodock-serve", SERVER)
    assert first.span_id == f"{root_of(UUID(photo_id)).span_id:016x}"
    assert {span.parent for span in spans if span.parent} <= set(by_id)
    assert way_up(named(spans, "S3 read_head")[0], by_id) == ["confirm", STATUS, UPLOAD_URL]
    assert way_up(named(spans, "mark completed")[0], by_id)[:3] == [STATUS, process, send]
    assert way_up(named(spans, send)[0], by_id)[-2:] == [STATUS, UPLOAD_URL]
    assert {(span.service, span.kind) for span in spans} >= {
        ("photodock-worker", PRODUCER),
        ("photodock-detector", CONSUMER),
    }
    # Uploaded, processing, completed: how often each was tried is the clients' business.
    assert [span.attributes["http.response.status_code"] for span in named(spans, STATUS)] == [200] * 3
    assert {span.attributes["photodock.photo.id"] for span in spans if span.kind in (SERVER, PRODUCER, CONSUMER)} == {
        photo_id
    }
    assert not [span.name for span in spans if span.is_error]
    assert_nothing_secret(system)
    await assert_lines_have_the_trace(system, first.trace_id)


def named(spans: list[Span], name: str) -> list[Span]:
    return [span for span in spans if span.name == name]


def way_up(span: Span, by_id: dict[str, Span]) -> list[str]:
    found = []
    while span.parent:
        span = by_id[span.parent]
        found.append(span.name)
    return found


def assert_nothing_secret(system: Traced) -> None:
    """Not in any span of any trace: neither keys nor tokens, nor what makes an address an upload's."""
    told = b"".join(system.receiver.bodies).decode(errors="replace")
    secrets = {SECRET, *secrets_of(system.deployment.backend)}
    assert [secret for secret in secrets if secret in told] == []
    assert [word for word in ("X-Amz-", "Bearer", "eyJ", "://", "roof.jpg", "?") if word in values(system)] == []


def values(system: Traced) -> str:
    return "\n".join(str(value) for span in system.receiver.spans() for value in (span.name, *span.attributes.values()))


async def assert_lines_have_the_trace(system: Traced, trace_id: str) -> None:
    async def logged() -> bool:
        lines = [json.loads(line) for line in system.deployment.log().splitlines() if line.startswith("{")]
        return {line["event"] for line in lines if line.get("trace_id") == trace_id} >= {"request", "job_sent"}

    await eventually(logged)


async def test_requests_that_bring_a_trace_and_batches_are_linked_with_their_photos(
    postgres: PostgresServer, template: str, s3: S3, sqs: Sqs, receiver: Receiver, tmp_path: Path
) -> None:
    async with fresh_backend(postgres, s3, sqs) as backend:
        deployment = Deployment(tmp_path, backend, {"PHOTODOCK_OTLP_ENDPOINT": receiver.url})
        serving = await deployment.serve()
        async with calling(serving.url) as api:
            project = await api.make_project()
            item = {"project_id": project, "file_name": "a.jpg", "file_size": len(jpeg()), "mime_type": "image/jpeg"}
            headers = {"traceparent": f"00-{FOREIGN}-b7ad6b7169203331-01"}
            one = await api.call("POST", "/photos/upload-url", json=item, headers=headers)
            many = await api.call("POST", "/photos/upload-urls", json={"items": [item, item]})
            photos = [one.json()["photo_id"], *(found["photo_id"] for found in many.json()["items"])]
            confirmed = await api.call("POST", "/photos/confirm", json={"photo_ids": photos}, headers=headers)
            assert {found["error"]["code"] for found in confirmed.json()["items"]} == {"upload_not_found"}
            # Where an id belongs, and where a query does.
            misplaced = api.headers["Authorization"].split()[1]
            for path in (f"/photos/{misplaced}/status", f"/photos/{photos[0]}/status?token={misplaced}"):
                assert (await api.call("PATCH", path, json={"status": "uploaded"})).status_code in (409, 422)
        status, _ = await deployment.stop(serving.child)
        assert status == 0
    spans = receiver.spans()
    assert misplaced.encode() not in b"".join(receiver.bodies)
    own = [f"{root_of(UUID(photo_id)).trace_id:032x}" for photo_id in photos]
    [asked, told] = [span for span in spans if span.trace_id == FOREIGN and span.kind == SERVER]
    assert (asked.name, asked.links) == (UPLOAD_URL, (own[0],))
    assert (told.name, sorted(told.links)) == ("POST /api/v1/photos/confirm", sorted(own))
    [batch] = [span for span in spans if span.name == "POST /api/v1/photos/upload-urls"]
    assert list(batch.links) == own[1:]
    # Each has a beginning and what came of it, and all of it is linked with what asked for it.
    for trace_id, asker in zip(own, (FOREIGN, batch.trace_id, batch.trace_id), strict=True):
        [begun] = [span for span in receiver.of_trace(trace_id) if not span.parent]
        confirm = named(receiver.of_trace(trace_id), "confirm")[0]
        assert (begun.name, begun.links) == ("photo", (asker,))
        assert (confirm.name, confirm.parent, confirm.links) == ("confirm", begun.span_id, (FOREIGN,))


async def test_a_receiver_that_never_answers_holds_up_no_request_and_no_stop(
    postgres: PostgresServer, template: str, s3: S3, sqs: Sqs, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.silent = True
    async with fresh_backend(postgres, s3, sqs) as backend:
        deployment = Deployment(tmp_path, backend, {"PHOTODOCK_OTLP_ENDPOINT": receiver.url})
        serving, worker = await deployment.serve(), await deployment.worker()
        async with calling(serving.url) as api:
            project = await api.make_project()

            async def is_waited_for() -> bool:
                return bool(receiver.bodies)

            await eventually(is_waited_for)
            # From here on a request to the receiver is under way, and stays so.
            answers = await asyncio.gather(*(api.request_upload(project, jpeg()) for _ in range(20)))
            assert {answer.status_code for answer in answers} == {200}
            assert (await api.call("GET", f"/photos/{uuid4()}")).status_code == 404
        # None: it would have had to be killed.
        stopped = [await deployment.stop(child) for child in (serving.child, worker)]
        assert [status for status, _ in stopped] == [0, 0]
        assert not receiver.free.is_set()
