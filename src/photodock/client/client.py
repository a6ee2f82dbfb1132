"""The synchronous client."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType

import httpx

from photodock.client import downloads, parts, photos, uploads
from photodock.client.errors import ApiError
from photodock.client.events import Event, EventStream
from photodock.client.models import (
    Photo,
    PhotoPage,
    StatusChange,
)
from photodock.client.parts import PARTS_FROM
from photodock.client.photos import Id
from photodock.client.progress import Declaration, OnProgress
from photodock.client.retry import Retry
from photodock.client.session import Session
from photodock.client.sources import Uploadable
from photodock.client.sync_driver import SyncDriver
from photodock.client.sync_organization import OrganizationCalls
from photodock.client.upload_models import Existing, Multipart, Parts, PartThere, Upload
from photodock.domain.values import JsonObject


class Client(OrganizationCalls):
    """photodock's API at `url` (without `/api/v1`), for one user.

    `token` is an access token, or a function that gives one.
    It is asked at first, and once more when the API refuses the token (401). `timeout`: seconds for each step of a
    request. `transport` replaces the network, `sleep` the waits. Every call is tried again as `retry` says, and raises
    ClientError. Close it, or use it in a `with`.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[], str],
        *,
        retry: Retry | None = None,
        timeout: float = 30,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._session = Session(url, token, retry=retry or Retry(), timeout=timeout)
        self._driver = SyncDriver(transport, sleep)
        self._run = self._driver.run

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._driver.close()

    def upload(
        self,
        file: Uploadable,
        *,
        project_id: Id,
        file_name: str | None = None,
        mime_type: str | None = None,
        detection_types: Sequence[str] | None = None,
        priority: str | None = None,
        client_metadata: JsonObject | None = None,
        idempotency_key: str | None = None,
        parts_from: int | None = PARTS_FROM,
        wait: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Photo:
        """Sends a photo, however large, and returns it as confirmed; it may have turned out `failed`.

        `file`: a path, bytes, or a file open in binary mode. `wait`: seconds to wait for a final status, else none is
        waited for. `idempotency_key`: with the same one an upload may be repeated, by another process too, and stays
        one photo, and goes on behind what has arrived. `parts_from`: the size in bytes from which a file is sent in
        parts; None: never. `on_progress` hears a Progress at each step.
        """
        return self._run(
            uploads.upload(
                self._session,
                file,
                project_id=project_id,
                file_name=file_name,
                mime_type=mime_type,
                detection_types=detection_types,
                priority=priority,
                client_metadata=client_metadata,
                idempotency_key=idempotency_key,
                parts_from=parts_from,
                wait=wait,
                on_progress=on_progress,
            )
        )

    def request_upload(self, declared: Declaration) -> Upload:
        """`POST /photos/upload-url`: a new photo, and where its bytes may be put. `upload` does this by itself."""
        return self._run(uploads.request_upload(self._session, declared))

    def request_uploads(self, declared: Iterable[Declaration]) -> list[Upload | ApiError]:
        """`POST /photos/upload-urls`: up to 100, in their order; the error stands in the place of one refused."""
        return self._run(uploads.request_uploads(self._session, declared))

    def refresh_upload(self, photo_id: Id) -> Upload:
        """`POST /photos/{photo_id}/upload-url`: a fresh URL for a photo whose first one has ended."""
        return self._run(uploads.refresh_upload(self._session, photo_id))

    def start_multipart(self, photo_id: Id, *, part_checksums: bool = False) -> Multipart:
        """`POST /photos/{photo_id}/multipart`: begins an upload in parts, or finds the one that is under way."""
        return self._run(parts.start(self._session, photo_id, part_checksums))

    def multipart_parts(self, photo_id: Id, numbers: Iterable[int] = (), checksums: Iterable[str] = ()) -> Parts:
        """`GET /photos/{photo_id}/multipart/parts`: URLs for these parts, and which have arrived."""
        return self._run(parts.parts(self._session, photo_id, numbers, checksums))

    def complete_multipart(self, photo_id: Id, named: Iterable[PartThere] | None = None) -> Photo:
        """`POST /photos/{photo_id}/multipart/complete`: makes the file of its parts, and confirms the photo."""
        return self._run(parts.complete(self._session, photo_id, named))

    def abort_multipart(self, photo_id: Id) -> None:
        """`DELETE /photos/{photo_id}/multipart`: its parts go; the photo stays as it is."""
        self._run(parts.abort(self._session, photo_id))

    def confirm(self, photo_id: Id) -> Photo:
        """`PATCH /photos/{photo_id}/status`: its bytes are up. It may have turned out `failed`."""
        return self._run(uploads.confirm(self._session, photo_id))

    def confirm_many(self, photo_ids: Iterable[Id]) -> list[Photo | ApiError]:
        """`POST /photos/confirm`: up to 100, in their order."""
        return self._run(photos.confirm_many(self._session, photo_ids))

    def wait(self, photo_id: Id, timeout: float = 300, *, on_progress: OnProgress | None = None) -> Photo:
        """The photo once it is `completed` or `failed`. Raises WaitTimeout after `timeout` seconds."""
        return self._run(uploads.wait_for(self._session, photo_id, timeout, on_progress))

    def photo(self, photo_id: Id) -> Photo:
        """`GET /photos/{photo_id}`."""
        return self._run(photos.photo(self._session, photo_id))

    def photo_if_changed(self, known: Photo, wait_seconds: int = 0) -> Photo:
        """The photo anew, or `known` itself while it is as it was; held by the service for up to 30 seconds."""
        return self._run(uploads.look(self._session, known.id, known, wait_seconds))

    def photos_page(
        self,
        *,
        project_id: Id | None = None,
        status: str | None = None,
        ids: Iterable[Id] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PhotoPage:
        """`GET /photos`: one page of the organization's photos, newest first."""
        return self._run(
            photos.page(self._session, project_id=project_id, status=status, ids=ids, limit=limit, cursor=cursor)
        )

    def photos(
        self, *, project_id: Id | None = None, status: str | None = None, page_size: int = 100
    ) -> Iterator[Photo]:
        """All photos, newest first, page by page (up to 200) as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.photos_page(project_id=project_id, status=status, limit=page_size, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def existing(self, project_id: Id, checksums: Iterable[str]) -> list[Existing]:
        """`POST /photos/exists`: which of up to 500 files the project has, by the SHA-256 of each in base64."""
        return self._run(photos.existing(self._session, project_id, checksums))

    def exif(self, photo_id: Id) -> JsonObject | None:
        """`GET /photos/{photo_id}/exif`; None where there is none, or none yet."""
        return self._run(photos.exif(self._session, photo_id))

    def history(self, photo_id: Id) -> list[StatusChange]:
        """`GET /photos/{photo_id}/history`, oldest first."""
        return self._run(photos.history(self._session, photo_id))

    def delete(self, photo_id: Id) -> None:
        """`DELETE /photos/{photo_id}`."""
        self._run(photos.delete(self._session, photo_id))

    def retry_detection(self, photo_id: Id) -> Photo:
        """`POST /photos/{photo_id}/retry`: a new detection for a photo whose detection failed."""
        return self._run(photos.retry_detection(self._session, photo_id))

    def report(
        self, photo_id: Id, status: str, *, detections: JsonObject | None = None, error: JsonObject | None = None
    ) -> Photo:
        """A detector's `PATCH /photos/{photo_id}/status`: `processing`, `completed` with `detections`, or `failed` with
        `error` as `{code, detail}`. Needs the scope `photos:pipeline`."""
        return self._run(photos.report(self._session, photo_id, status, detections, error))

    def download(self, photo_id: Id, *, rendition: str | None = None, max_bytes: int | None = None) -> bytes:
        """The photo's bytes, or those of its rendition of that name. Raises FileError above `max_bytes`."""
        return self._run(downloads.download(self._session, photo_id, rendition, max_bytes))

    def save(self, photo_id: Id, path: str | PathLike[str], *, rendition: str | None = None) -> Path:
        """Writes the photo's bytes to `path`, which appears once it is whole; in constant memory."""
        return self._run(downloads.save(self._session, photo_id, Path(path), rendition))

    def events(self, *, project_id: Id | None = None, last_event_id: str | None = None) -> Iterator[Event]:
        """`GET /events`: changes of photos as they happen, without end; taken up again where the connection breaks.

        After a Reset read your list anew. `last_event_id` goes on behind a change of an earlier run.
        """
        stream = EventStream(self._session, project_id, last_event_id)
        try:
            while True:
                yield from self._run(stream.more())
        finally:
            self._run(stream.close())
