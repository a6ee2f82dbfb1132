"""Killed at each step and run again: all is as if nothing had been; and a photo that is deleted meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from photodock.bootstrap.core import Core
from photodock.db import renditions as rows
from photodock.services import renditions as service
from photodock.services.renditions import Outcome, Renditions
from photodock.storage.s3 import ObjectStore
from photodock.workers.renditions import RenditionMaker
from support.images import jpeg
from support.system import Caller

Hook = Callable[[], Awaitable[None]]
Objects = Callable[[dict[str, Any]], Awaitable[set[str]]]
ALL = {".jpg", ".preview.webp", ".thumbnail.webp"}
STEPS: list[tuple[Any, str, int]] = [
    (Renditions, "make", 1),
    (ObjectStore, "read_range", 1),
    (service, "render", 1),
    (ObjectStore, "put", 1),
    (ObjectStore, "put", 2),
    (rows, "finish", 1),
]
"""Which call of which function. Before and behind each of them a process may end."""
PLACES = pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
EACH = pytest.mark.parametrize("step", STEPS, ids=[f"{name} {count}" for _, name, count in STEPS])


class Killed(BaseException):
    """No handler of the product catches it, as none would run."""


async def killed() -> None:
    raise Killed


def hooked(patch: pytest.MonkeyPatch, step: tuple[Any, str, int], hook: Hook, *, behind: bool) -> None:
    """Has `hook` run before or behind the call."""
    owner, name, which = step
    real, calls = getattr(owner, name), 0

    async def wrapped(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        mine = calls == which
        if mine and not behind:
            await hook()
        found = await real(*args, **options)
        if mine and behind:
            await hook()
        return found

    patch.setattr(owner, name, wrapped)


@EACH
@PLACES
async def test_killed_at_any_step_the_next_run_does_the_rest(
    api: Caller,
    project: str,
    maker: RenditionMaker,
    core: Core,
    objects: Objects,
    leases_end: Any,
    step: tuple[Any, str, int],
    behind: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photo = await api.upload(project, jpeg(640, 480))
    with monkeypatch.context() as patch:
        hooked(patch, step, killed, behind=behind)
        with pytest.raises(Killed):
            await maker.run_once()
    shown = (await api.photo(photo["id"]))["renditions"]
    assert shown == [] or (await objects(photo) == ALL and len(shown) == 2), "never half of it"
    assert await maker.run_once() == [], "its lease holds"

    done = step[1] in ("finish", "make") and behind
    await leases_end()
    assert await maker.run_once() == ([] if done else [Outcome.MADE])
    assert len((await api.photo(photo["id"]))["renditions"]) == 2
    assert await objects(photo) == ALL
    assert await core.db.fetch("SELECT 1 FROM rendition_jobs") == []


@EACH
@PLACES
async def test_a_photo_deleted_at_any_step_leaves_no_object(
    api: Caller,
    project: str,
    maker: RenditionMaker,
    core: Core,
    objects: Objects,
    step: tuple[Any, str, int],
    behind: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photo = await api.upload(project, jpeg(640, 480))

    async def delete() -> None:
        assert (await api.call("DELETE", f"/photos/{photo['id']}")).status_code == 204

    with monkeypatch.context() as patch:
        hooked(patch, step, delete, behind=behind)
        await maker.run_once()
    # Nothing makes a job wait that found no object, but its time.
    await core.db.execute("UPDATE rendition_jobs SET due_at = clock_timestamp()")
    await maker.run_once()
    assert await objects(photo) == set()
    assert await core.db.fetch("SELECT 1 FROM rendition_jobs") == []


@EACH
async def test_a_photo_deleted_while_its_worker_is_killed_leaves_no_object(
    api: Caller,
    project: str,
    maker: RenditionMaker,
    core: Core,
    objects: Objects,
    leases_end: Any,
    step: tuple[Any, str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The deletion comes before the step, the kill behind it: whatever the step wrote, nobody has seen it deleted."""
    photo = await api.upload(project, jpeg(640, 480))

    async def delete() -> None:
        assert (await api.call("DELETE", f"/photos/{photo['id']}")).status_code == 204

    with monkeypatch.context() as patch:
        hooked(patch, step, killed, behind=True)
        hooked(patch, step, delete, behind=False)
        with suppress(Killed):
            await maker.run_once()
    await leases_end()
    await maker.run_once()
    assert await objects(photo) == set()
    assert await core.db.fetch("SELECT 1 FROM rendition_jobs") == []


async def test_deleting_a_photo_deletes_what_was_made_of_it(api: Caller, made: Any, objects: Objects) -> None:
    photo = await made(jpeg(640, 480))
    assert await objects(photo) == ALL
    assert (await api.call("DELETE", f"/photos/{photo['id']}")).status_code == 204
    assert await objects(photo) == set()


async def test_a_photo_that_nobody_has_in_hand_takes_its_job_with_it(api: Caller, project: str, core: Core) -> None:
    photo = await api.upload(project, jpeg())
    await api.call("DELETE", f"/photos/{photo['id']}")
    assert await core.db.fetch("SELECT 1 FROM rendition_jobs") == []


async def test_deletions_and_makers_at_once_neither_wait_in_a_circle_nor_leave_an_object(
    api: Caller, project: str, maker: RenditionMaker, core: Core, objects: Objects
) -> None:
    photos = [await api.upload(project, jpeg(64, 48)) for _ in range(8)]

    async def delete(photo: dict[str, Any]) -> int:
        return (await api.call("DELETE", f"/photos/{photo['id']}")).status_code

    async def make() -> None:
        while await core.db.fetch("SELECT 1 FROM rendition_jobs"):
            await maker.run_once()

    answers = await asyncio.gather(*(delete(photo) for photo in photos), make())
    assert answers[:-1] == [204] * 8
    assert [await objects(photo) for photo in photos] == [set()] * 8
