"""A photo's bytes, from the storage."""

import os
from pathlib import Path
from typing import BinaryIO

from photodock.client.errors import FileError
from photodock.client.models import Photo
from photodock.client.photos import Id, photo
from photodock.client.retry import Transient, retried
from photodock.client.session import Session, told_to_the_log
from photodock.client.steps import Blocking, Operation
from photodock.client.storage import Sink, UrlRefused, get


class ToMemory:
    def __init__(self, max_bytes: int | None) -> None:
        self._max_bytes = max_bytes
        self.data = bytearray()

    def begin(self) -> None:
        self.data.clear()

    def write(self, chunk: bytes, /) -> None:
        self.data += chunk
        if self._max_bytes is not None and len(self.data) > self._max_bytes:
            raise FileError("too_many_bytes", f"The photo has more than {self._max_bytes:,} bytes.")


class ToFile:
    """A file beside `path`, that takes its place once it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._opened: BinaryIO | None = None

    def begin(self) -> None:
        self.abandon()
        self._opened = self._part.open("wb")

    def write(self, chunk: bytes, /) -> None:
        if self._opened is not None:
            self._opened.write(chunk)

    def finish(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._part.replace(self._path)

    def abandon(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._part.unlink(missing_ok=True)


def download(session: Session, photo_id: Id, rendition: str | None, max_bytes: int | None) -> Operation[bytes]:
    sink = ToMemory(max_bytes)
    yield from _fetch(session, photo_id, rendition, sink)
    return bytes(sink.data)


def save(session: Session, photo_id: Id, path: Path, rendition: str | None) -> Operation[Path]:
    sink = ToFile(path)
    try:
        yield from _fetch(session, photo_id, rendition, sink)
    except BaseException:
        sink.abandon()
        raise
    yield Blocking(sink.finish)
    return path


def _fetch(session: Session, photo_id: Id, rendition: str | None, sink: Sink) -> Operation[None]:
    def once() -> Operation[None]:
        # Read anew at each attempt: its URLs end after a while.
        found = yield from photo(session, photo_id)
        try:
            yield from get(_url(found, rendition), sink)
        except UrlRefused as refused:
            raise Transient(refused.final) from None

    yield from retried(once, session.retry, told_to_the_log)


def _url(found: Photo, rendition: str | None) -> str:
    if rendition is None and found.download_url:
        return found.download_url
    for one in found.renditions:
        if one.name == rendition:
            return one.url
    raise FileError("not_there", "The photo has no such rendition." if rendition else "The photo is not uploaded yet.")
