"""Photos as the API answers with them, and the calls for photos that are there."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from photodock.client.decoding import decode
from photodock.client.errors import ApiError, Conflict, api_error
from photodock.client.models import Photo, PhotoPage, Problem, StatusChange
from photodock.client.session import Session
from photodock.client.steps import Answer, Operation
from photodock.client.upload_models import Existing
from photodock.domain.values import JsonObject

T = TypeVar("T")

Id: TypeAlias = UUID | str

NOT_FOUND, CONFLICT = 404, 409


def place(photo_id: Id, rest: str = "") -> str:
    """The path of a photo's call. Raises ValueError for an id that is none: it shall not lead to another call."""
    return f"/photos/{UUID(str(photo_id))}{rest}"


def photo_reader(answer: Answer | None = None) -> Callable[[Any], Photo]:
    """What reads a photo's JSON; with its ETag where the answer is of this photo alone."""
    etag = answer.headers.get("ETag") if answer else None
    return lambda found: decode(Photo, found, json=found, etag=etag)


def _result(found: Any, reader: Callable[[Any], T]) -> T | ApiError:
    # A photo too may have an `error`, but never alone.
    if set(found) == {"error"}:
        return api_error(decode(Problem, found["error"]))
    return reader(found)


def confirm_many(session: Session, photo_ids: Iterable[Id]) -> Operation[list[Photo | ApiError]]:
    body: JsonObject = {"photo_ids": [str(photo_id) for photo_id in photo_ids]}
    answer = yield from session.call("POST", "/photos/confirm", body=body)
    return results(session, answer, photo_reader())


def results(session: Session, answer: Answer, reader: Callable[[Any], T]) -> list[T | ApiError]:
    """Of a batch: each item's result, or the error in its place."""
    return session.read(answer, lambda found: [_result(item, reader) for item in found["items"]])


def photo(session: Session, photo_id: Id) -> Operation[Photo]:
    answer = yield from session.call("GET", place(photo_id))
    return session.read(answer, photo_reader(answer))


def existing(session: Session, project_id: Id, checksums: Iterable[str]) -> Operation[list[Existing]]:
    body: JsonObject = {"project_id": str(project_id), "checksums": list(checksums)}
    answer = yield from session.call("POST", "/photos/exists", body=body)
    return session.read(answer, lambda found: [decode(Existing, item) for item in found["items"]])


def exif(session: Session, photo_id: Id) -> Operation[JsonObject | None]:
    answer = yield from session.call("GET", place(photo_id, "/exif"))
    found: JsonObject | None = session.read(answer, lambda found: found["exif_data"])
    return found


def history(session: Session, photo_id: Id) -> Operation[list[StatusChange]]:
    answer = yield from session.call("GET", place(photo_id, "/history"))
    return session.read(answer, lambda found: [_change(item) for item in found["items"]])


def _change(found: Any) -> StatusChange:
    # `from` is a word of Python's own.
    return decode(StatusChange, found, from_status=found["from"], to_status=found["to"])


def page(
    session: Session,
    *,
    project_id: Id | None,
    status: str | None,
    ids: Iterable[Id] | None,
    limit: int | None,
    cursor: str | None,
) -> Operation[PhotoPage]:
    params = {
        "project_id": str(project_id) if project_id else None,
        "status": str(status) if status else None,
        "ids": ",".join(str(one) for one in ids) if ids is not None else None,
        "limit": str(limit) if limit else None,
        "cursor": cursor,
    }
    answer = yield from session.call("GET", "/photos", params=params)
    return session.read(answer, _page)


def _page(found: Any) -> PhotoPage:
    return PhotoPage(tuple(photo_reader()(item) for item in found["items"]), found["next_cursor"])


def delete(session: Session, photo_id: Id) -> Operation[None]:
    yield from session.call("DELETE", place(photo_id), done_before=frozenset({NOT_FOUND}))


def retry_detection(session: Session, photo_id: Id) -> Operation[Photo]:
    answer = yield from session.call("POST", place(photo_id, "/retry"), done_before=frozenset({CONFLICT}))
    if answer.is_success:
        return session.read(answer, photo_reader(answer))
    found = yield from photo(session, photo_id)
    if found.status != "failed":
        return found
    raise session.read(answer, lambda problem: Conflict(decode(Problem, problem)))


def report(
    session: Session, photo_id: Id, status: str, detections: JsonObject | None, error: JsonObject | None
) -> Operation[Photo]:
    body: JsonObject = {"status": status}
    if detections is not None:
        body["detections"] = detections
    if error is not None:
        body["error"] = error
    answer = yield from session.call("PATCH", place(photo_id, "/status"), body=body)
    return session.read(answer, photo_reader(answer))
