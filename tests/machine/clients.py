"""What clients do: each operation acts on the system, tells the model, and checks what it was answered."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

from machine.bench import Bench, Parts
from machine.doubles import Crash, nothing
from machine.model import CONTENT, LONGEST_PUT, Known, Model, Upload, Url, wrong
from photodock.db import projects
from photodock.domain.errors import (
    IdempotencyConflict,
    InvalidStatusTransition,
    PhotodockError,
    PhotoNotFound,
    ProjectAccessDenied,
    RateLimited,
    StorageUnavailable,
    UploadNotFound,
)
from photodock.domain.identity import Principal, Trace
from photodock.domain.object_key import parse_object_key
from photodock.domain.photo import AWAITING_UPLOAD, CONTENT_MISMATCH
from photodock.services.uploads import IssuedUpload

T = TypeVar("T")


class Clients:
    """`which` picks a photo, `how` a variant; both are small numbers, and any of them is good at any time."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.db = bench.db
        self.parts = Parts(bench)
        self.model = Model()
        self.offset = timedelta()
        self.alone = True
        self._traces = count(1)

    async def begin(self) -> None:
        await self.bench.clear()
        for project in (self.model.project, self.model.foreign_project):
            assert await projects.put(self.db, project) is projects.Put.DONE

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def trace(self) -> Trace:
        return Trace(f"step-{next(self._traces)}")

    async def answer(
        self, call: Awaitable[T], photo: Known | None, *refusals: type[PhotodockError]
    ) -> T | PhotodockError:
        """The answer, or one of the refusals that are allowed here."""
        try:
            return await call
        except PhotoNotFound as error:
            assert photo is not None
            self.model.missed.append(photo)
            return error
        except refusals as error:
            return error

    async def request(self, which: int, how: int) -> None:
        who = self.model.users[how % 2]
        # Few photos, so that operations meet.
        keys = (None, "anna-bauers-key", "another-key")
        key = keys[how % 3] if len(self.model.living) < 4 else keys[1 + how % 2]
        new = self.model.request(which, how)
        gone = {photo.id for photo in self.model.dead}
        answer = await self.answer(
            self.parts.uploads.request(who, new, key), None, RateLimited, IdempotencyConflict, ProjectAccessDenied
        )
        if isinstance(answer, ProjectAccessDenied):
            self.model.charged[who.user_id] += 1
        if isinstance(answer, IssuedUpload):
            photo = self.model.known(answer.photo_id, who, key, new)
            assert photo.id not in gone, "a replay gave a deleted photo"
            assert (photo.idempotency_key, photo.who, photo.new) == (key, who, new)
            assert answer.quota or key, "a new URL cost nothing"
            self._issued(photo, answer, who)

    def _issued(self, photo: Known, answer: IssuedUpload, who: Principal) -> None:
        prefix = self.parts.presigner.object_url("")
        url = Url(
            answer.s3_url.removeprefix(prefix),
            photo.new.mime_type,
            answer.upload.headers.get("X-Amz-Checksum-Sha256"),
            answer.upload.expires_at + self.offset,
        )
        photo.urls.append(url)
        assert url.key == photo.key
        parsed = parse_object_key(url.key)
        assert parsed is not None
        assert parsed.photo_id == photo.id
        if answer.quota:
            self.model.charged[who.user_id] += 1

    async def refresh(self, which: int, how: int) -> None:
        photo = self.model.pick(which)
        if photo is None:
            return
        who = self.model.users[how % 2]
        answer = await self.answer(
            self.parts.uploads.refresh(who, photo.id), photo, InvalidStatusTransition, RateLimited
        )
        if isinstance(answer, IssuedUpload):
            assert answer.quota
            self._issued(photo, answer, who)

    async def put(self, which: int, how: int) -> None:
        """At once (`how` < 5), or begun now and ended by some later step. Deleted photos' URLs work on."""
        photo = self.model.pick(which, taken=how == 7)
        if photo is None:
            return
        url = photo.urls[-1 - how % len(photo.urls)]
        data = wrong(url.content_type) if how in (3, 6) else CONTENT[url.content_type]
        if self.now >= url.ends_at or not url.takes(data):
            return
        self.model.uploads.append(Upload(url, data))
        if how < 5:
            self._end_put(-1)

    async def end_put(self, which: int, how: int) -> None:
        if self.model.uploads:
            self._end_put(which % len(self.model.uploads))

    def _end_put(self, index: int) -> None:
        upload = self.model.uploads.pop(index)
        if self.parts.store.put(upload.url.key, upload.data, upload.url.content_type):
            next(photo for photo in self.model.photos if photo.key == upload.url.key).taken.append(upload.data)
            self.model.events.append(upload.url.key)
            if self.now - upload.url.ends_at > LONGEST_PUT:
                self.model.late.add(upload.url.key)

    async def confirm(self, which: int, how: int) -> None:
        photo = self.model.pick(which)
        if photo is None:
            return
        there = photo.key in self.parts.store.objects and self.alone and self.parts.store.always is nothing
        answer = await self.answer(
            self.parts.confirmation.confirm(
                photo.id, photo.who.organization_id, actor=photo.who.user_id, trace=self.trace()
            ),
            photo,
            UploadNotFound,
            InvalidStatusTransition,
            StorageUnavailable,
        )
        if isinstance(answer, UploadNotFound):
            assert not there, "an object that is there was not found"
        elif isinstance(answer, InvalidStatusTransition):
            assert photo.taken
            assert not photo.is_right
        elif not isinstance(answer, PhotodockError):
            assert answer.state not in AWAITING_UPLOAD, f"confirmed, and still {answer.state}"
            assert (answer.state == CONTENT_MISMATCH) != photo.is_right

    async def delete(self, which: int, how: int) -> None:
        photo = self.model.pick(which)
        if photo is None:
            return
        try:
            answer = await self.answer(self.parts.library.delete(photo.who, photo.id), photo)
        except Crash:
            # Killed at the store, which is asked only once the row is gone.
            photo.deleted = True
            raise
        photo.deleted |= answer is None

    async def retry(self, which: int, how: int) -> None:
        photo = self.model.pick(which, taken=how != 7)
        if photo is not None:
            await self.answer(
                self.parts.detection.retry(photo.who, photo.id, self.trace()), photo, InvalidStatusTransition
            )
