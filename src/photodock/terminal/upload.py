"""Many files at once: each sent, then watched until its detection is done."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import UUID

from photodock.client import AsyncClient, ClientError, Photo, Progress, WaitTimeout
from photodock.domain.jobs import Priority
from photodock.terminal.failures import Stopped, in_words, stops_all
from photodock.terminal.files import SourceFile
from photodock.terminal.outcome import Outcome

WAITING_AT_ONCE = 8
"""Held GETs, beside the uploads: a few suffice, since each photo's deadline runs whether or not it is being watched."""


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
    def progress(self, file: SourceFile, now: Progress) -> None: ...
    def waiting(self, file: SourceFile) -> None:
        """All bytes are up; from here on only the detection is waited for."""

    def finished(self, outcome: Outcome) -> None: ...


class Uploader:
    """Sends files, a few at a time. `outcomes` is filled in as they end: it holds, too, when a run is cut short."""

    def __init__(
        self, options: UploadOptions, client: AsyncClient, reporter: Reporter, outcomes: dict[SourceFile, Outcome]
    ) -> None:
        self._options = options
        self._client = client
        self._reporter = reporter
        self._outcomes = outcomes
        self._sending = asyncio.Semaphore(options.concurrency)
        self._waiting = asyncio.Semaphore(WAITING_AT_ONCE)
        self._photo_ids: dict[SourceFile, UUID] = {}
        self._photos: dict[SourceFile, Photo] = {}

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
        error: ClientError | None = None
        try:
            photo = await self._follow(file)
            error = photo.failure
        except ClientError as failure:
            if stops_all(failure):
                raise Stopped(in_words(failure)) from None
            error = failure
        outcome = Outcome(file, self._photo_ids.get(file), self._photos.get(file), error)
        self._outcomes[file] = outcome
        self._reporter.finished(outcome)

    async def _follow(self, file: SourceFile) -> Photo:
        async with self._sending:
            self._reporter.started(file)
            photo = self._photos[file] = await self._send(file)
        if photo.is_final or not self._options.wait:
            return photo
        self._reporter.waiting(file)
        photo = self._photos[file] = await self._wait(file, photo, time.monotonic() + self._options.timeout_seconds)
        return photo

    async def _send(self, file: SourceFile) -> Photo:
        options = self._options
        return await self._client.upload(
            file.path,
            project_id=options.project_id,
            detection_types=options.detection_types,
            priority=options.priority,
            on_progress=partial(self._progress, file),
        )

    async def _wait(self, file: SourceFile, photo: Photo, deadline: float) -> Photo:
        async with self._waiting:
            left = max(0.0, deadline - time.monotonic())
            try:
                return await self._client.wait(photo.id, left, on_progress=partial(self._progress, file))
            except WaitTimeout as timeout:
                self._photos[file] = timeout.photo
                raise WaitTimeout(timeout.photo, self._options.timeout_seconds) from None

    def _progress(self, file: SourceFile, now: Progress) -> None:
        if now.photo_id:
            self._photo_ids[file] = now.photo_id
        self._reporter.progress(file, now)
