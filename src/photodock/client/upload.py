"""The way of each file: read, ask for a URL, PUT, confirm, wait for the detection."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

from photodock.client.api import WAIT_SECONDS, Api, Ticket
from photodock.client.failures import Refused, Stopped, UrlRefused
from photodock.client.files import Content, SourceFile, read_content
from photodock.client.outcome import Outcome, failure_of, text
from photodock.client.store import Store
from photodock.domain.jobs import Priority
from photodock.domain.photo import PhotoStatus
from photodock.domain.values import JsonObject

WAITING_AT_ONCE = 8
"""Held GETs, beside the uploads: a few suffice, since each photo's deadline runs whether or not it is being watched."""

POLL_PAUSE = 0.2
"""Seconds before another look at an unchanged photo, in case something on the way does not let the server hold it."""

_FINAL = frozenset({PhotoStatus.COMPLETED.value, PhotoStatus.FAILED.value})


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """`timeout_seconds` bounds the wait for each photo's detection, counted from its upload's end."""

    paths: tuple[Path, ...]
    project_id: UUID
    base_url: str
    token: str = field(repr=False)
    wait: bool = True
    timeout_seconds: float = 300
    json_lines: bool = False
    concurrency: int = 4
    detection_types: tuple[str, ...] | None = None
    priority: Priority | None = None


class Reporter(Protocol):
    """Whoever shows what happens: see `view`."""

    def started(self, file: SourceFile) -> None: ...
    def sent(self, file: SourceFile, sent_bytes: int) -> None: ...
    def stage(self, file: SourceFile, name: str) -> None: ...
    def waiting(self, file: SourceFile) -> None:
        """All bytes are up; from here on only the detection is waited for."""

    def notice(self, file: SourceFile, sentence: str) -> None:
        """Something delays the file; it goes on by itself."""

    def finished(self, outcome: Outcome) -> None: ...


class Uploader:
    """Sends files, a few at a time. `outcomes` is filled in as they end: it holds, too, when a run is cut short."""

    def __init__(
        self,
        options: UploadOptions,
        api: Api,
        store: Store,
        reporter: Reporter,
        outcomes: dict[SourceFile, Outcome],
    ) -> None:
        self.options = options
        self.api = api
        self.store = store
        self.reporter = reporter
        self._outcomes = outcomes
        self._sending = asyncio.Semaphore(options.concurrency)
        self._waiting = asyncio.Semaphore(WAITING_AT_ONCE)

    async def run(self, files: Sequence[SourceFile]) -> None:
        """Raises Stopped when no further photo could succeed; a photo's own failure is in its outcome."""
        reasons: list[Stopped] = []
        try:
            async with asyncio.TaskGroup() as group:
                for file in files:
                    group.create_task(self._run_one(file))
        except* Stopped as stopped:
            reasons = [error for error in stopped.exceptions if isinstance(error, Stopped)]
        if reasons:
            raise reasons[0]

    async def _run_one(self, file: SourceFile) -> None:
        upload = _Upload(self, file)
        error: Refused | None = None
        try:
            async with self._sending:
                self.reporter.started(file)
                photo_id, photo = await upload.send()
            if self.options.wait and photo.get("status") not in _FINAL:
                self.reporter.waiting(file)
                photo = await upload.wait(photo_id, photo, self._waiting)
            error = failure_of(photo)
        except Refused as refused:
            error = refused
        outcome = self._outcomes[file] = Outcome(file, upload.photo_id, upload.photo, error)
        self.reporter.finished(outcome)


class _Upload:
    """One file's way, and how far it came."""

    def __init__(self, uploader: Uploader, file: SourceFile) -> None:
        self._options = uploader.options
        self._api = uploader.api
        self._store = uploader.store
        self._stage = partial(uploader.reporter.stage, file)
        self._sent = partial(uploader.reporter.sent, file)
        self._notice = partial(uploader.reporter.notice, file)
        self._file = file
        self.photo_id: UUID | None = None
        self.photo: JsonObject | None = None

    async def send(self) -> tuple[UUID, JsonObject]:
        """The photo's id, and the photo as confirmed. Raises Refused."""
        self._stage("reading")
        content = await asyncio.to_thread(read_content, self._file.path)
        self._stage("asking for a URL")
        ticket = await self._api.request_upload(self._declaration(content), str(uuid4()), self._notice)
        self.photo_id = ticket.photo_id
        self._stage("sending")
        await self._deliver(ticket, content)
        self._stage("confirming")
        self.photo = await self._api.confirm(ticket.photo_id, self._notice)
        self._confirmed_at = time.monotonic()
        return ticket.photo_id, self.photo

    async def wait(self, photo_id: UUID, photo: JsonObject, slot: asyncio.Semaphore) -> JsonObject:
        """The photo with a final status. Raises Refused at the deadline, after at least one look."""
        deadline = self._confirmed_at + self._options.timeout_seconds
        async with slot:
            etag: str | None = None
            while True:
                left = max(0.0, deadline - time.monotonic())
                before = photo.get("status")
                reading = await self._api.photo(photo_id, self._notice, wait=min(WAIT_SECONDS, int(left)), etag=etag)
                self.photo = photo = reading.photo or photo
                etag = reading.etag
                if photo.get("status") in _FINAL:
                    return photo
                if left == 0:
                    raise Refused("wait_timeout", self._still(photo))
                if photo.get("status") == before:
                    await asyncio.sleep(min(POLL_PAUSE, left))

    async def _deliver(self, ticket: Ticket, content: Content) -> None:
        put = partial(
            self._store.put, path=self._file.path, size=content.size, progress=self._sent, notice=self._notice
        )
        try:
            await put(ticket)
        except UrlRefused:
            self._notice("the upload URL was refused; asking for a fresh one")
            fresh = await self._refresh(ticket.photo_id)
            if fresh:
                await put(fresh)

    async def _refresh(self, photo_id: UUID) -> Ticket | None:
        """A fresh ticket; None when the server has found the object by itself, so that nothing is left to send."""
        try:
            return await self._api.refresh(photo_id, self._notice)
        except Refused as refused:
            if refused.code == "invalid_status_transition":
                return None
            raise

    def _declaration(self, content: Content) -> JsonObject:
        body: JsonObject = {
            "project_id": str(self._options.project_id),
            "file_name": self._file.file_name,
            "file_size": content.size,
            "mime_type": self._file.mime_type,
            "checksum_sha256": content.checksum_sha256,
        }
        if self._options.detection_types is not None:
            body["detection_types"] = list(self._options.detection_types)
        if self._options.priority is not None:
            body["priority"] = self._options.priority.value
        return body

    def _still(self, photo: JsonObject) -> str:
        return f"Still {text(photo, 'status')} after {self._options.timeout_seconds:.0f} s; the photo itself is safe."
