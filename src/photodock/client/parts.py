"""A large file in parts, each with a URL of its own: what broke off goes on behind the parts that have arrived."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import partial
from itertools import islice

from photodock.client.decoding import decode
from photodock.client.errors import ApiError, StorageRefused
from photodock.client.models import Photo
from photodock.client.photos import Id, photo_reader, place
from photodock.client.progress import Teller
from photodock.client.session import Session, told_to_the_log
from photodock.client.sources import Source, unreadable
from photodock.client.steps import CHUNK, Blocking, Body, Notice, Operation
from photodock.client.storage import UrlRefused, put
from photodock.client.upload_models import Multipart, Parts, PartThere, PartUpload
from photodock.domain.values import JsonObject, JsonValue

PARTS_FROM = 16 * 1024 * 1024
"""Bytes from which a file is sent in parts, unless the caller wishes otherwise: below, a fresh start costs little."""

URLS_AT_ONCE = 8
"""As many parts as a slow network sends before their URLs end."""

ROUNDS = 3
"""How often the parts that are missing are looked for anew."""

NOT_IN_PARTS = frozenset({"multipart_not_needed", "not_found", "method_not_allowed"})
"""This file is too small for parts, or this photodock knows none."""


def start(
    session: Session, photo_id: Id, part_checksums: bool, notice: Notice = told_to_the_log
) -> Operation[Multipart]:
    body: JsonObject = {"part_checksums": part_checksums}
    answer = yield from session.call("POST", place(photo_id, "/multipart"), body=body, notice=notice)
    return session.read(answer, partial(decode, Multipart))


def parts(
    session: Session,
    photo_id: Id,
    numbers: Iterable[int],
    checksums: Iterable[str],
    notice: Notice = told_to_the_log,
) -> Operation[Parts]:
    params = {
        "numbers": ",".join(str(number) for number in numbers) or None,
        "checksums_sha256": ",".join(checksums) or None,
    }
    answer = yield from session.call("GET", place(photo_id, "/multipart/parts"), params=params, notice=notice)
    return session.read(answer, partial(decode, Parts))


def complete(
    session: Session, photo_id: Id, named: Iterable[PartThere] | None, notice: Notice = told_to_the_log
) -> Operation[Photo]:
    body: JsonObject = {}
    if named is not None:
        shown: list[JsonValue] = [{"part_number": part.part_number, "etag": part.etag} for part in named]
        body["parts"] = shown
    answer = yield from session.call("POST", place(photo_id, "/multipart/complete"), body=body, notice=notice)
    return session.read(answer, photo_reader(answer))


def abort(session: Session, photo_id: Id) -> Operation[None]:
    yield from session.call("DELETE", place(photo_id, "/multipart"))


def send_in_parts(session: Session, photo_id: Id, source: Source, teller: Teller) -> Operation[Photo | None]:
    """The photo as confirmed; None where it has to be sent as a whole."""
    rounds = 0
    while True:
        rounds += 1
        try:
            return (yield from _round(session, photo_id, source, teller))
        except ApiError as error:
            if error.code in NOT_IN_PARTS:
                return None
            if error.code == "invalid_status_transition":
                # An earlier attempt has completed it.
                return (yield from complete(session, photo_id, None, teller.note))
            if error.code not in {"multipart_incomplete", "multipart_not_started"} or rounds == ROUNDS:
                raise
        except StorageRefused as error:
            # Cleared away meanwhile: the next round begins another upload.
            if error.s3_code != "NoSuchUpload" or rounds == ROUNDS:
                raise


def _round(session: Session, photo_id: Id, source: Source, teller: Teller) -> Operation[Photo]:
    upload = yield from start(session, photo_id, True, teller.note)
    found = yield from parts(session, photo_id, (), (), teller.note)
    there = {part.part_number for part in found.uploaded}
    sent_bytes = sum(part.size for part in found.uploaded)
    teller.sent(sent_bytes)
    missing = (number for number in range(1, upload.part_count + 1) if number not in there)
    are_all_there = len(there) >= upload.part_count
    while numbers := list(islice(missing, URLS_AT_ONCE)):
        for part in (yield from _urls(session, upload, numbers, source, teller.note)):
            yield from _send(session, upload, part, source, sent_bytes, teller)
            sent_bytes += part.size
    teller.begin("confirming")
    try:
        return (yield from complete(session, photo_id, None, teller.note))
    except ApiError as error:
        if are_all_there and error.code == "multipart_incomplete":
            # Other parts than these are wanted, and of these none is missing: all of them have to go.
            yield from abort(session, photo_id)
        raise


def _urls(
    session: Session, upload: Multipart, numbers: Sequence[int], source: Source, notice: Notice
) -> Operation[Sequence[PartUpload]]:
    checksums: list[str] = []
    if upload.part_checksums:
        for number in numbers:
            checksum: str = yield Blocking(partial(_checksum, source, upload, number))
            checksums.append(checksum)
    return (yield from parts(session, upload.photo_id, numbers, checksums, notice)).items


def _checksum(source: Source, upload: Multipart, number: int) -> str:
    digest, left = hashlib.sha256(), upload.part_size
    try:
        with closing(source.open((number - 1) * upload.part_size)) as opened:
            while left and (chunk := opened.read(min(CHUNK, left))):
                digest.update(chunk)
                left -= len(chunk)
    except OSError as error:
        raise unreadable(error) from error
    return base64.b64encode(digest.digest()).decode()


def _send(
    session: Session, upload: Multipart, part: PartUpload, source: Source, before: int, teller: Teller
) -> Operation[None]:
    offset = (part.part_number - 1) * upload.part_size
    body = Body(lambda: source.open(offset), part.size, lambda sent: teller.sent(before + sent))
    try:
        yield from put(part.upload_url, part.headers, body, session.retry, teller.note)
    except UrlRefused:
        teller.note("the upload URL was refused; asking for a fresh one")
        [fresh] = yield from _urls(session, upload, [part.part_number], source, teller.note)
        try:
            yield from put(fresh.upload_url, fresh.headers, body, session.retry, teller.note)
        except UrlRefused as refused:
            raise refused.final from None
