"""From the confirmed photo to its renditions, and what becomes of a job that fails."""

import asyncio
import base64
import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from structlog.testing import capture_logs
from typer.testing import CliRunner

from photodock.bootstrap.core import Core
from photodock.bootstrap.worker import rendition_maker, renditions
from photodock.cli import app
from photodock.domain.errors import ObjectNotFound, ObjectUnreadable, StorageUnavailable
from photodock.pixels import DecoderDied, DecodingLimitExceeded, PixelsError
from photodock.services.renditions import MAX_ATTEMPTS, Outcome
from photodock.settings import Settings
from photodock.storage.s3 import ObjectStore
from photodock.workers.renditions import RenditionMaker
from support.images import jpeg, png
from support.polling import until
from support.serving import changed, running
from support.system import Caller

Made = Callable[..., Awaitable[dict[str, Any]]]
Objects = Callable[[dict[str, Any]], Awaitable[set[str]]]
Jobs = Callable[[dict[str, Any]], Awaitable[list[int]]]
BROKEN = jpeg(640, 480)[:-400] + bytes(400)
"""A photo that is taken in, and cannot be decoded."""


async def test_a_confirmed_photo_has_a_thumbnail_and_a_preview_soon(
    api: Caller, project: str, maker: RenditionMaker, objects: Objects, jobs: Jobs
) -> None:
    photo = await api.upload(project, jpeg(2000, 1000, colour=(200, 30, 30)))
    assert (photo["renditions"], photo["thumbhash"], await jobs(photo)) == ([], None, [0])
    assert await maker.run_once() == [Outcome.MADE]
    photo = await api.photo(photo["id"])
    shown = [(one["name"], one["width"], one["height"], one["mime_type"]) for one in photo["renditions"]]
    assert shown == [("preview", 1600, 800, "image/webp"), ("thumbnail", 320, 160, "image/webp")]
    assert await objects(photo) == {".jpg", ".preview.webp", ".thumbnail.webp"}
    assert await jobs(photo) == []
    assert 5 <= len(base64.b64decode(photo["thumbhash"])) <= 40


async def test_their_urls_answer_with_a_webp_that_a_browser_may_keep(api: Caller, made: Made) -> None:
    photo = await made(jpeg(2000, 1000, colour=(200, 30, 30)))
    for one in photo["renditions"]:
        answer = await api.storage.get(one["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/webp"
        assert "private" in answer.headers["cache-control"]
        assert len(answer.content) == one["file_size"]
        with Image.open(io.BytesIO(answer.content)) as image:
            assert (image.format, image.size) == ("WEBP", (one["width"], one["height"]))
            assert image.convert("RGB").getpixel((10, 10)) == pytest.approx((200, 30, 30), abs=6)


async def test_a_url_of_a_rendition_reads_no_other_object(api: Caller, made: Made) -> None:
    photo = await made(jpeg(64, 48))
    preview, thumbnail = (one["url"] for one in photo["renditions"])
    assert (await api.storage.get(preview.replace(".preview.webp", ".jpg"))).status_code == 403
    assert (await api.storage.get(preview.partition("?")[0])).status_code == 403
    assert (await api.storage.put(thumbnail, content=b"x")).status_code == 403


async def test_the_etag_moves_when_renditions_arrive(api: Caller, project: str, maker: RenditionMaker) -> None:
    photo = await api.upload(project, png(64, 48), mime_type="image/png")
    before = (await api.call("GET", f"/photos/{photo['id']}")).headers["etag"]
    assert await maker.run_once() == [Outcome.MADE]
    answer = await api.call("GET", f"/photos/{photo['id']}", headers={"If-None-Match": before})
    assert answer.status_code == 200
    assert len(answer.json()["renditions"]) == 2


async def test_the_feed_of_changes_tells_of_them_once_and_of_none_that_cannot_be_made(
    api: Caller, project: str, maker: RenditionMaker, core: Core
) -> None:
    photo = await api.upload(project, jpeg())
    await api.upload(project, BROKEN)
    assert set(await maker.run_once()) == {Outcome.MADE, Outcome.GIVEN_UP}
    rows = await core.db.fetch("SELECT photo_id, status FROM photo_changes WHERE type = 'photo.renditions'")
    assert [(str(row["photo_id"]), row["status"]) for row in rows] == [(photo["id"], "uploaded")]


async def test_a_list_shows_them_too_and_a_stranger_sees_none(api: Caller, project: str, made: Made) -> None:
    photo = await made(jpeg())
    page = (await api.call("GET", f"/photos?project_id={project}")).json()
    assert [one["name"] for one in page["items"][0]["renditions"]] == ["preview", "thumbnail"]
    assert page["items"][0]["thumbhash"] == photo["thumbhash"]
    assert (await api.stranger().call("GET", f"/photos/{photo['id']}")).status_code == 404


async def test_of_a_photo_that_cannot_be_decoded_there_are_none_and_it_is_as_usable_as_ever(
    api: Caller, project: str, maker: RenditionMaker, objects: Objects, jobs: Jobs
) -> None:
    uploaded = await api.upload(project, BROKEN)
    etag = (await api.call("GET", f"/photos/{uploaded['id']}")).headers["etag"]
    with capture_logs() as lines:
        assert await maker.run_once() == [Outcome.GIVEN_UP]
    assert {"event": "renditions_given_up", "log_level": "warning", "reason": "undecodable"}.items() <= lines[0].items()
    photo = await api.photo(uploaded["id"])
    assert (photo["status"], photo["renditions"], photo["thumbhash"]) == ("uploaded", [], None)
    assert (await api.call("GET", f"/photos/{photo['id']}")).headers["etag"] == etag
    assert await objects(photo) == {".jpg"}
    assert await jobs(photo) == []


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        (DecodingLimitExceeded("too long"), 2),
        (DecoderDied("died"), MAX_ATTEMPTS),
        (ObjectNotFound("lost"), MAX_ATTEMPTS),
        (ObjectUnreadable("headers"), MAX_ATTEMPTS),
    ],
)
async def test_what_may_have_been_the_machines_fault_is_tried_again_and_given_up_in_the_end(
    api: Caller,
    project: str,
    maker: RenditionMaker,
    jobs: Jobs,
    leases_end: Any,
    failure: PixelsError | ObjectNotFound | ObjectUnreadable,
    attempts: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr("photodock.services.renditions.render", fails)
    photo = await api.upload(project, jpeg())
    for attempt in range(1, attempts):
        assert await maker.run_once() == [Outcome.PUT_OFF]
        assert await jobs(photo) == [attempt]
        assert await maker.run_once() == [], "it waits before the next attempt"
        await leases_end()
    assert await maker.run_once() == [Outcome.GIVEN_UP]
    assert await jobs(photo) == []


async def test_a_photo_that_kills_its_worker_is_given_up_before_it_kills_another(
    api: Caller, project: str, maker: RenditionMaker, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any, **__: Any) -> None:
        raise AssertionError("decoded once more")

    monkeypatch.setattr("photodock.services.renditions.render", never)
    photo = await api.upload(project, jpeg())
    await core.db.execute("UPDATE rendition_jobs SET attempts = $1", MAX_ATTEMPTS)
    assert await maker.run_once() == [Outcome.GIVEN_UP]
    assert (await api.photo(photo["id"]))["renditions"] == []


@pytest.mark.parametrize("call", ["read_range", "put"])
async def test_while_the_store_is_away_no_attempt_is_counted(
    api: Caller,
    project: str,
    maker: RenditionMaker,
    jobs: Jobs,
    leases_end: Any,
    call: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photo = await api.upload(project, jpeg())

    async def away(*_: Any, **__: Any) -> None:
        raise StorageUnavailable("The store is away.")

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, call, away)
        for _ in range(MAX_ATTEMPTS + 1):
            assert await maker.run_once() == [Outcome.AWAY]
            assert await jobs(photo) == [0]
            await leases_end()
    assert await maker.run_once() == [Outcome.MADE]


async def test_a_photo_larger_than_is_held_in_memory_is_not_read(
    api: Caller, project: str, maker: RenditionMaker, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = await api.upload(project, jpeg())
    monkeypatch.setattr("photodock.services.renditions.MAX_BYTES", photo["file_size"] - 1)
    monkeypatch.setattr(ObjectStore, "read_range", None)
    assert await maker.run_once() == [Outcome.GIVEN_UP]


async def test_a_large_photo_is_read_in_pieces(
    api: Caller, project: str, maker: RenditionMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = jpeg(640, 480)
    await api.upload(project, data)
    monkeypatch.setattr("photodock.services.renditions.PIECE_BYTES", 1000)
    asked: list[tuple[int, int]] = []
    read = ObjectStore.read_range

    async def noting(store: ObjectStore, key: str, start: int, end: int) -> bytes:
        asked.append((start, end))
        return await read(store, key, start, end)

    monkeypatch.setattr(ObjectStore, "read_range", noting)
    assert await maker.run_once() == [Outcome.MADE]
    assert all(end - start <= 1000 for start, end in asked)
    assert (asked[0][0], asked[-1][1], len(asked)) == (0, len(data), -(-len(data) // 1000))


async def test_the_newest_photo_comes_first_and_no_job_is_taken_twice(
    api: Caller, project: str, core: Core, settings: Settings
) -> None:
    ids = [(await api.upload(project, jpeg()))["id"] for _ in range(4)]
    from photodock.db import renditions as rows

    takes = [rows.take(core.db, limit=1, lease=timedelta(minutes=1)) for _ in range(6)]
    taken = [str(job.photo_id) for jobs in await asyncio.gather(*takes) for job in jobs]
    assert sorted(taken) == sorted(ids)
    await core.db.execute("UPDATE rendition_jobs SET due_at = clock_timestamp()")
    assert [str(job.photo_id) for job in await rows.take(core.db, limit=1, lease=timedelta(minutes=1))] == ids[-1:]


async def test_an_organization_that_sends_many_does_not_come_before_others(
    api: Caller, project: str, core: Core, settings: Settings
) -> None:
    from photodock.db import renditions as rows

    stranger = api.stranger()
    foreign = (await stranger.upload(await stranger.make_project(), jpeg()))["id"]
    ids = [(await api.upload(project, jpeg()))["id"] for _ in range(3)]
    takes = [[str(job.photo_id) for job in await rows.take(core.db, limit=2, lease=timedelta(minutes=1))] for _ in "12"]
    assert sorted(takes[0]) == sorted([foreign, ids[-1]])
    assert sorted(takes[1]) == sorted(ids[:-1])


async def test_a_running_maker_works_off_what_comes_and_stops_when_it_is_told(
    api: Caller, project: str, maker: RenditionMaker
) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(maker.run(stop))
    ids = [(await api.upload(project, jpeg()))["id"] for _ in range(5)]

    async def all_there() -> bool:
        return all([(await api.photo(photo_id))["renditions"] for photo_id in ids])

    await until(all_there, seconds=60)
    stop.set()
    await asyncio.wait_for(task, 60)


async def test_no_more_photos_are_in_hand_than_there_are_processes(
    api: Caller, project: str, maker: RenditionMaker, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        await api.upload(project, jpeg())
    now, most = 0, 0
    from photodock.pixels import render

    async def counted(*args: Any, **options: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            return await render(*args, **options)
        finally:
            now -= 1

    monkeypatch.setattr("photodock.services.renditions.render", counted)
    stop = asyncio.Event()
    task = asyncio.create_task(maker.run(stop))

    async def none_left() -> bool:
        return not await core.db.fetch("SELECT 1 FROM rendition_jobs")

    await until(none_left, seconds=60)
    stop.set()
    await asyncio.wait_for(task, 60)
    assert most == 2


async def test_a_cancelled_maker_gives_its_jobs_back_uncounted(
    api: Caller, project: str, maker: RenditionMaker, jobs: Jobs, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def endless(*_: Any, **__: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("photodock.services.renditions.render", endless)
    photo = await api.upload(project, jpeg())
    task = asyncio.create_task(maker.run(asyncio.Event()))
    await begun.wait()
    assert await jobs(photo) == [1]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await jobs(photo) == [0]
    assert await core.db.fetch("SELECT 1 FROM rendition_jobs WHERE due_at <= clock_timestamp()") != []


async def test_a_photo_is_uploaded_and_completed_whether_renditions_can_be_made_or_not(
    api: Caller, project: str, core: Core, jobs: Jobs
) -> None:
    """Nobody makes them here; the detector's side does not notice."""
    photo = await api.upload(project, jpeg())
    assert (await api.pipeline().report(photo["id"], "completed", detections={})).status_code == 200
    assert (await api.photo(photo["id"]))["status"] == "completed"
    assert await jobs(photo) == [0]
    assert await core.db.fetch("SELECT 1 FROM outbox WHERE photo_id = $1", UUID(photo["id"])) != []


async def test_with_the_setting_off_no_job_is_made_and_no_worker_has_that_part(
    settings: Settings, core: Core, jobs: Jobs
) -> None:
    off = changed(settings, renditions=False)
    async with running(off) as api:
        photo = await api.upload(await api.make_project(), jpeg())
        assert await jobs(photo) == []
        assert (await api.photo(photo["id"]))["renditions"] == []
    with capture_logs() as lines:
        assert rendition_maker(off, core) == {}
    assert lines[0]["event"] == "renditions_off"


async def test_without_a_decoder_a_worker_says_what_to_install(
    settings: Settings, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as lines:
        assert set(rendition_maker(settings, core)) == {"renditions"}
        monkeypatch.setattr("photodock.pixels.asking.find_spec", lambda name: None)
        assert rendition_maker(settings, core) == {}
    assert [line["event"] for line in lines] == ["renditions_on", "renditions_off"]
    assert "extra `pixels`" in lines[1]["hint"]


async def test_photos_from_before_are_queued_once_and_those_given_up_when_asked(
    api: Caller, project: str, core: Core, settings: Settings, maker: RenditionMaker, jobs: Jobs
) -> None:
    service = renditions(settings, core)
    old, awaited = await api.upload(project, jpeg()), await api.issue(project, jpeg())
    broken = await api.upload(project, BROKEN)
    assert set(await maker.run_once()) == {Outcome.MADE, Outcome.GIVEN_UP}
    await core.db.execute("UPDATE photos SET renditions = NULL, thumbhash = NULL WHERE id = $1", UUID(old["id"]))

    assert await service.queue_missing(given_up=False) == 1
    assert await service.queue_missing(given_up=False) == 0, "it is queued already"
    assert (await jobs(old), await jobs(broken), await jobs({"id": awaited["photo_id"]})) == ([0], [], [])
    assert await maker.run_once() == [Outcome.MADE]
    assert await service.queue_missing(given_up=False) == 0
    assert await service.queue_missing(given_up=True) == 1
    assert await jobs(broken) == [0]


async def test_old_photos_that_are_queued_afterwards_come_behind_new_ones(
    api: Caller, project: str, core: Core, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from photodock.db import renditions as rows

    monkeypatch.setattr(rows, "CHOSEN_AMONG", 1)
    old, new = [(await api.upload(project, jpeg()))["id"] for _ in "12"]
    await core.db.execute("DELETE FROM rendition_jobs WHERE photo_id = $1", UUID(old))
    assert await renditions(settings, core).queue_missing(given_up=False) == 1
    takes = [await rows.take(core.db, limit=1, lease=timedelta(minutes=1)) for _ in "12"]
    assert [str(job.photo_id) for jobs in takes for job in jobs] == [new, old]


async def test_the_command_queues_them_and_says_how_many(
    api: Caller, project: str, core: Core, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = await api.upload(project, jpeg())
    await core.db.execute("DELETE FROM rendition_jobs")
    monkeypatch.setenv("PHOTODOCK_DATABASE_URL", settings.database_url.get_secret_value())
    run = partial(asyncio.to_thread, CliRunner().invoke, app)
    assert (await run(["renditions"])).stdout == "Photos queued: 1\n"
    assert (await run(["renditions", "--given-up"])).stdout == "Photos queued: 0\n"
    [job] = await core.db.fetch("SELECT photo_id FROM rendition_jobs")
    assert str(job["photo_id"]) == photo["id"]
    monkeypatch.setenv("PHOTODOCK_RENDITIONS", "false")
    refused = await run(["renditions"])
    assert (refused.exit_code, "PHOTODOCK_RENDITIONS" in refused.stderr) == (2, True)
