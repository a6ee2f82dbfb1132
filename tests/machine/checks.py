"""The promises, checked after every step, and those that hold once everything has come to rest."""

from collections import Counter, defaultdict
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from machine.doubles import nothing
from machine.model import FILE_NAME, URLS_PER_MINUTE, Known
from machine.world import World
from photodock.db import photos
from photodock.db.pool import Row
from photodock.domain.errors import PhotoNotFound
from photodock.domain.photo import (
    COMPLETED,
    CONTENT_MISMATCH,
    DETECTION_FAILED,
    DETECTION_TIMEOUT,
    PENDING_UPLOAD,
    PROCESSING,
    TRANSITIONS,
    UPLOAD_EXPIRED,
    UPLOADED,
    Photo,
    State,
)
from photodock.workers.photo_sweep import MAX_JOBS
from support.audit import illegal_histories

HAS_STARTED = {PROCESSING, COMPLETED, DETECTION_FAILED, DETECTION_TIMEOUT}
ENDS = {COMPLETED, DETECTION_FAILED, DETECTION_TIMEOUT}
NAMES = (FILE_NAME, "anna-bauer", "ben-cole", "another-key", "52.5")
"""All that is personal in the machine's photos."""
REST = (timedelta(), timedelta(days=8), *[timedelta(minutes=65)] * 5, timedelta(days=8))
"""Moves of the clock: all looks for an object, all jobs without an answer, the last look at what was deleted."""


@dataclass(frozen=True)
class Tables:
    photos: dict[UUID, Row]
    outbox: list[Row]
    tombstones: dict[UUID, Row]
    deletions: dict[UUID, Row]
    events: list[Row]
    quota: list[Row]

    def waiting(self, photo_id: UUID) -> bool:
        """Whether a job stands in the outbox that was not sent."""
        return any(job["photo_id"] == photo_id and job["sent_at"] is None for job in self.outbox)


async def read_tables(world: World) -> Tables:
    async with world.db.connection() as connection:
        found = [
            await connection.fetch(f"SELECT * FROM {name}")  # noqa: S608  (our own names)
            for name in ("photos", "outbox", "tombstones", "object_deletions", "photo_status_events", "upload_quota")
        ]
    stones, deletions = ({row["photo_id"]: row for row in rows} for rows in found[2:4])
    return Tables({row["id"]: row for row in found[0]}, found[1], stones, deletions, found[4], found[5])


async def check(world: World) -> None:
    tables = await read_tables(world)
    assert await illegal_histories(world.db) == []
    living = {photo.id: photo for photo in world.model.living}
    assert set(tables.photos) == set(living), "photos are there that should not be, or are lost"
    for photo_id, row in tables.photos.items():
        check_photo(world, tables, living[photo_id], photos.to_photo(row), row["sweep_at"])
    check_jobs(world, tables)
    check_graves(world, tables)
    check_quota(world, tables)
    check_keys(world)
    assert [photo.id for photo in world.model.missed if not photo.deleted] == [], "said not to exist, and does"
    await check_views(world)


def check_photo(world: World, tables: Tables, known: Known, photo: Photo, sweep_at: datetime | None) -> None:
    state = photo.state
    assert (photo.uploaded_at is not None) == (state in {UPLOADED, *HAS_STARTED}), f"uploaded_at of {state}"
    assert (photo.processing_at is not None) == (state in HAS_STARTED), f"processing_at of {state}"
    assert (photo.completed_at is not None) == (state == COMPLETED), f"completed_at of {state}"
    assert (photo.failed_at is not None) == (state.error_code is not None), f"failed_at of {state}"
    assert (photo.detection_results is not None) == (state == COMPLETED), f"results of {state}"
    assert (photo.detection_error is not None) == (state == DETECTION_FAILED), f"detector's error of {state}"
    assert photo.detection_results == known.results
    assert state != CONTENT_MISMATCH or (known.taken and not known.is_right)
    assert not photo.uploaded_at or known.is_right, "uploaded, and no such object came"
    there = known.key in world.parts.store.objects
    assert there or not known.taken or state == CONTENT_MISMATCH, "the object of a photo is lost"
    noted = known.id in tables.deletions or known.key in world.model.late
    assert not there or state != CONTENT_MISMATCH or noted, "an object is forgotten"
    watched = {PENDING_UPLOAD: sweep_at is not None, UPLOADED: tables.waiting(photo.id)}
    watched[PROCESSING] = sweep_at is not None or tables.waiting(photo.id)
    assert watched.get(state, True), f"nobody will come back to a photo that is {state}"
    if not TRANSITIONS[state]:
        known.final = known.final or photo
        assert known.final.state == state, "moved on from a final state"


def check_jobs(world: World, tables: Tables) -> None:
    """At least one for each photo, at most as many as promised, and each keeps its `message_id`."""
    jobs = world.parts.queue.delivered
    ids: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)
    for job in jobs:
        ids[job.photo_id, job.correlation_id].add(job.message_id)
    assert all(len(found) == 1 for found in ids.values()), "one job, two message ids"
    assert len({job.message_id for job in jobs}) == len(ids), "two jobs, one message id"
    said = {job["message_id"] for job in tables.outbox if job["sent_at"]}
    assert said <= {job.message_id for job in jobs}, "marked as sent, and was not"
    known = {photo.id: photo for photo in world.model.photos}
    for job in jobs:
        photo = known[job.photo_id]
        assert job.s3_url == world.parts.presigner.s3_uri(photo.key)
        assert (job.detection_types, job.priority) == (photo.new.detection_types, photo.new.priority)
    sent = Counter(photo_id for photo_id, _ in ids)
    begun = Counter(event["photo_id"] for event in tables.events if event["to_status"] == UPLOADED.status)
    with_job = {job.photo_id for job in jobs} | {job["photo_id"] for job in tables.outbox}
    for photo_id, row in tables.photos.items():
        assert row["uploaded_at"] is None or photo_id in with_job, "uploaded, and no job for it"
        assert sent[photo_id] <= MAX_JOBS * begun[photo_id], "more jobs than promised"


def check_graves(world: World, tables: Tables) -> None:
    """What stays of deleted photos names nobody, and their objects go."""
    dead = {photo.id: photo for photo in world.model.dead}
    assert set(tables.tombstones) == set(dead)
    left = [*tables.tombstones.values(), *tables.deletions.values(), *tables.events]
    text = repr([row for row in left if row["photo_id"] in dead])
    assert [name for name in NAMES if name in text] == [], "a deleted photo's history names somebody"
    assert all(event["actor"] is None for event in tables.events if event["photo_id"] in dead)
    for photo in dead.values():
        noted = photo.id in tables.deletions or photo.key in world.model.late
        assert noted or photo.key not in world.parts.store.objects, "an object is forgotten"


def check_quota(world: World, tables: Tables) -> None:
    used: Counter[str] = Counter()
    for row in tables.quota:
        assert row["used"] <= URLS_PER_MINUTE, "more URLs than the quota allows"
        used[row["user_id"]] += row["used"]
    assert +used == +world.model.charged, "the quota charged other than what was given"


def check_keys(world: World) -> None:
    keys = Counter((p.who.user_id, p.idempotency_key) for p in world.model.living if p.idempotency_key)
    assert all(number == 1 for number in keys.values()), "one Idempotency-Key gave two photos"


async def check_views(world: World) -> None:
    """Another organization sees nothing; an ETag never stands for two versions of a photo."""
    library = world.parts.library
    everything: dict[str, Any] = {"project_id": None, "status": None, "ids": None, "before": None, "limit": 100}
    assert await library.page(world.model.foreign, **everything) == ([], None)
    views, _ = await library.page(world.model.users[0], **everything)
    living = {photo.id: photo for photo in world.model.living}
    assert [view.photo.id for view in views] == sorted(living, reverse=True)
    for view in views:
        visible = as_seen(view.photo, world.offset)
        known = living[view.photo.id]
        assert known.seen.setdefault(view.etag, visible) == visible, "one ETag, two versions of the photo"
        assert (view.download_url is not None) == (view.photo.uploaded_at is not None)


def as_seen(photo: Photo, offset: timedelta) -> Photo:
    """Without what the clock's moves change, and without the version, of which the ETag is made."""
    values = {field.name: getattr(photo, field.name) for field in fields(photo)}
    times: dict[str, Any] = {name: value + offset for name, value in values.items() if isinstance(value, datetime)}
    return replace(photo, **times, version=0)


async def check_hidden(world: World, which: int) -> None:
    """One photo: foreign to others, gone for all once it was deleted."""
    known = world.model.pick(which)
    if known is None:
        return
    strangers = [world.model.foreign, *([known.who, world.model.pipeline] if known.deleted else [])]
    for who in strangers:
        for call in (world.parts.library.get, world.parts.library.history):
            try:
                found = await call(who, known.id)
            except PhotoNotFound:
                continue
            raise AssertionError(f"{who.user_id} sees {found}")


async def come_to_rest(world: World, *, events_survive: bool) -> None:
    """Everything is well again, time moves on, and nobody but the workers does anything."""
    world.parts.store.always = nothing
    while world.model.uploads:
        await world.end_put(0, 0)
    for key in [key for key in world.model.events if events_survive or key in world.model.late]:
        await world.event(world.model.events.index(key), 0)
    for by in REST:
        await world.move_clock(by)
        await world.sweep(0, 0)
        await world.unpark(0, 0)
        for index in range(4):
            await world.relay(index, 0)
    await check(world)
    await check_rest(world)


async def check_rest(world: World) -> None:
    tables = await read_tables(world)
    for known in world.model.living:
        photo = photos.to_photo(tables.photos[known.id])
        assert photo.state in ends_of(known), f"at rest as {photo.state}"
        assert tables.photos[known.id]["sweep_at"] is None, f"looked at for ever: {photo.state}"
    kept = {known.key for known in world.model.living if known.is_right}
    assert set(world.parts.store.objects) == kept, "objects of nobody, or lost"
    assert not tables.deletions
    assert all(job["sent_at"] for job in tables.outbox)
    delivered = {job.photo_id for job in world.parts.queue.delivered}
    assert {known.id for known in world.model.living if known.is_right} <= delivered


def ends_of(known: Known) -> set[State]:
    if not known.taken:
        return {UPLOAD_EXPIRED}
    return ENDS if known.is_right else {CONTENT_MISMATCH}
