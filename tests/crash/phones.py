"""Clients on bad days: they try again when nothing answers, and some of them are never heard of again."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

import httpx

from crash.ledger import Ledger, Part, Upload
from support.images import jpeg
from support.system import Caller

PATIENCE_SECONDS = 90
"""A client that nobody answers for so long has been let down."""
RETRY_SECONDS = 0.2
INTERNAL_ERROR = '"internal_error"'
"""photodock's own 500. Whatever is killed, it is never the right word."""
PARTS = {Part.CONFIRMS: 58, Part.VANISHES: 16, Part.DELETES: 14, Part.LIES: 8, Part.NEVER_SENDS: 4}
PHOTO = jpeg()
PADDING = (0, 0, 0, 0, 0, 0, 0, 30_000, 200_000, 1_000_000)
"""Bytes behind the photo: a large one is likelier to be on its way when the store is killed."""


class LetDownError(Exception):
    """Nobody gave a useful answer in time."""


Call = Callable[[], Awaitable[httpx.Response]]


async def patiently(call: Call, *useful: int, seconds: float = PATIENCE_SECONDS) -> httpx.Response:
    """Tries until an answer has one of the `useful` statuses. Raises LetDownError."""
    last = "nothing"
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                try:
                    answer = await call()
                    last = f"{answer.status_code} {answer.text[:300]}"
                    if INTERNAL_ERROR in last:
                        raise LetDownError(last)
                    if answer.status_code in useful:
                        return answer
                except httpx.TransportError as error:
                    last = repr(error)
                await asyncio.sleep(RETRY_SECONDS)
    raise LetDownError(f"no answer of {useful} within {seconds} s; the last was {last}")


class Phone:
    """One client. `pause` in seconds: the mean between two of its photos."""

    def __init__(self, caller: Caller, project: str, ledger: Ledger, chance: Random, pause: float) -> None:
        self._caller = caller
        self._project = project
        self._ledger = ledger
        self._chance = chance
        self._pause = pause

    async def run(self, over: asyncio.Event) -> None:
        """One photo after the other, until it is over; the photo in hand is brought to its end."""
        while not over.is_set():
            try:
                await self._photo()
            except LetDownError as error:
                self._ledger.mishaps.append(f"a client gave up: {error}")
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._chance.uniform(0, 2 * self._pause))

    async def _photo(self) -> None:
        [part] = self._chance.choices(list(PARTS), list(PARTS.values()))
        key = str(UUID(int=self._chance.getrandbits(128), version=4))
        data = _picture(part, key, self._chance.choice(PADDING))
        digest = hashlib.sha256(data)
        checksum = base64.b64encode(digest.digest()).decode()
        answer = await patiently(
            lambda: self._caller.request_upload(self._project, data, key=key, checksum_sha256=checksum), 200
        )
        issued = answer.json()
        upload = self._ledger.begin(issued, part, digest.hexdigest())
        if part is Part.NEVER_SENDS:
            return
        await self._put(upload, issued, data)
        if part is Part.VANISHES:
            return
        await self._confirm(upload, issued, data)
        if part is Part.DELETES:
            await self._delete(upload)

    async def _put(self, upload: Upload, issued: dict[str, Any], data: bytes) -> None:
        # 412: an earlier attempt did arrive, only its answer did not.
        await patiently(lambda: self._caller.put(issued, data), 200, 412)
        upload.arrived = True

    async def _confirm(self, upload: Upload, issued: dict[str, Any], data: bytes) -> None:
        while True:
            answer = await patiently(lambda: self._caller.confirm(upload.photo_id), 200, 409)
            if answer.status_code == 200:
                upload.statuses.append(answer.json()["status"])
                return
            if answer.json()["code"] != "upload_not_found" or upload.part is Part.LIES:
                upload.statuses.append("failed")
                return
            # The store says that what it took is not there. A client can only send it again.
            self._ledger.counts["confirms that found nothing"] += 1
            await self._put(upload, issued, data)

    async def _delete(self, upload: Upload) -> None:
        upload.deletion_asked = True
        # 404: an earlier attempt did it.
        await patiently(lambda: self._caller.call("DELETE", f"/photos/{upload.photo_id}"), 204, 404)
        upload.deletion_answered = True


def _picture(part: Part, key: str, padding: int) -> bytes:
    """Unlike any other; each declares JPEG."""
    if part is Part.LIES:
        return f"no photo {key} ".encode() * 40
    return PHOTO + key.encode() + bytes(padding)
