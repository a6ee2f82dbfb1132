"""A photo's way: read, ask for a URL, PUT, confirm, wait."""

import time
from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID, uuid4

from photodock.client.decoding import decode
from photodock.client.errors import ApiError, Conflict, WaitTimeout
from photodock.client.models import Photo
from photodock.client.parts import send_in_parts
from photodock.client.photos import Id, photo_reader, place, results
from photodock.client.progress import Declaration, OnProgress, Teller
from photodock.client.session import NOT_MODIFIED, Session, told_to_the_log
from photodock.client.sources import Source, Uploadable, read_source
from photodock.client.steps import Blocking, Body, Notice, Operation, Pause
from photodock.client.storage import UrlRefused, put
from photodock.client.upload_models import Upload
from photodock.domain.values import JsonObject, JsonValue

WAIT_SECONDS = 20
"""How long the server may hold a GET; well below its own bound (30)."""

POLL_PAUSE = 0.2
"""Seconds before another look at an unchanged photo, in case something on the way does not let the server hold it."""


def upload(
    session: Session,
    file: Uploadable,
    *,
    project_id: Id,
    file_name: str | None,
    mime_type: str | None,
    detection_types: Sequence[str] | None,
    priority: str | None,
    client_metadata: JsonObject | None,
    idempotency_key: str | None,
    parts_from: int | None,
    wait: float | None,
    on_progress: OnProgress | None,
) -> Operation[Photo]:
    """The photo as confirmed, or with a final status where `wait` gives it seconds to have one by."""
    teller = Teller(on_progress)
    teller.begin("reading")
    source: Source = yield Blocking(partial(read_source, file, file_name, mime_type))
    try:
        teller.known(source.size)
        declared = Declaration(
            project_id=project_id,
            file_name=source.file_name,
            file_size=source.size,
            mime_type=source.mime_type,
            checksum_sha256=source.checksum_sha256,
            detection_types=detection_types,
            priority=priority,
            client_metadata=client_metadata,
            idempotency_key=idempotency_key or str(uuid4()),
        )
        photo = yield from _send(session, declared, source, parts_from, teller)
    finally:
        source.close()
    if wait is None or photo.is_final:
        return photo
    return (yield from wait_for(session, photo.id, wait, on_progress))


def _send(
    session: Session, declared: Declaration, source: Source, parts_from: int | None, teller: Teller
) -> Operation[Photo]:
    """The photo as confirmed."""
    teller.begin("requesting")
    issued = yield from request_upload(session, declared, teller.note)
    teller.made(issued.photo_id)
    teller.begin("sending")
    if parts_from is not None and source.size >= parts_from:
        photo = yield from send_in_parts(session, issued.photo_id, source, teller)
        if photo:
            return photo
    yield from _deliver(session, issued, source, teller)
    teller.begin("confirming")
    return (yield from confirm(session, issued.photo_id, teller.note))


def _deliver(session: Session, issued: Upload, source: Source, teller: Teller) -> Operation[None]:
    body = Body(lambda: source.open(0), source.size, teller.sent)
    try:
        yield from put(issued.upload_url, issued.headers, body, session.retry, teller.note)
    except UrlRefused:
        teller.note("the upload URL was refused; asking for a fresh one")
        fresh = yield from _refreshed(session, issued.photo_id, teller.note)
        if fresh is None:
            return
        try:
            yield from put(fresh.upload_url, fresh.headers, body, session.retry, teller.note)
        except UrlRefused as refused:
            raise refused.final from None


def _refreshed(session: Session, photo_id: UUID, notice: Notice) -> Operation[Upload | None]:
    """A fresh URL; None when the service has found the object by itself, so that nothing is left to send."""
    try:
        return (yield from refresh_upload(session, photo_id, notice))
    except Conflict as conflict:
        if conflict.code == "invalid_status_transition":
            return None
        raise


def request_upload(session: Session, declared: Declaration, notice: Notice = told_to_the_log) -> Operation[Upload]:
    """`POST /photos/upload-url`. The key makes every repeat of the call the same photo."""
    headers = {"Idempotency-Key": declared.idempotency_key}
    answer = yield from session.call(
        "POST", "/photos/upload-url", body=declared.as_json(), headers=headers, notice=notice
    )
    return session.read(answer, partial(decode, Upload))


def request_uploads(session: Session, declared: Iterable[Declaration]) -> Operation[list[Upload | ApiError]]:
    """`POST /photos/upload-urls`: up to 100, in their order; one's fault is its own."""
    items: list[JsonValue] = [one.as_json() | {"idempotency_key": one.idempotency_key} for one in declared]
    answer = yield from session.call("POST", "/photos/upload-urls", body={"items": items})
    return results(session, answer, partial(decode, Upload))


def refresh_upload(session: Session, photo_id: Id, notice: Notice = told_to_the_log) -> Operation[Upload]:
    """`POST /photos/{id}/upload-url`: a fresh URL for the same photo."""
    answer = yield from session.call("POST", place(photo_id, "/upload-url"), notice=notice)
    return session.read(answer, partial(decode, Upload))


def confirm(session: Session, photo_id: Id, notice: Notice = told_to_the_log) -> Operation[Photo]:
    """`PATCH /photos/{id}/status`: the bytes are up. The photo, which may have turned out `failed`."""
    body: JsonObject = {"status": "uploaded"}
    answer = yield from session.call("PATCH", place(photo_id, "/status"), body=body, notice=notice)
    return session.read(answer, photo_reader(answer))


def wait_for(session: Session, photo_id: Id, seconds: float, on_progress: OnProgress | None) -> Operation[Photo]:
    """The photo with a final status. Raises WaitTimeout at the deadline, after at least one look."""
    deadline = time.monotonic() + seconds
    teller = Teller(on_progress)
    teller.made(UUID(str(photo_id)))
    teller.begin("processing")
    photo: Photo | None = None
    while True:
        left = max(0.0, deadline - time.monotonic())
        before = photo
        photo = yield from look(session, photo_id, photo, min(WAIT_SECONDS, int(left)), teller.note)
        if photo.is_final:
            return photo
        if left == 0:
            raise WaitTimeout(photo, seconds)
        if before and before.status == photo.status:
            yield Pause(min(POLL_PAUSE, left))


def look(
    session: Session, photo_id: Id, known: Photo | None, wait_seconds: int, notice: Notice = told_to_the_log
) -> Operation[Photo]:
    """`GET /photos/{id}?wait=`: held by the service up to `wait_seconds` while nothing changes. `known` where it is as
    it was."""
    answer = yield from session.call(
        "GET",
        place(photo_id),
        params={"wait": str(wait_seconds)},
        headers={"If-None-Match": known.etag} if known and known.etag else {},
        held_seconds=wait_seconds,
        notice=notice,
    )
    return known if known and answer.status == NOT_MODIFIED else session.read(answer, photo_reader(answer))
