"""Conditional requests, and waiting for a change."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from photodock.services.library import Library
from photodock.settings import Settings
from support.images import jpeg
from support.polling import until
from support.serving import changed, running
from support.system import Caller

SOON = 25.0
"""Seconds in which whatever is not held back has long answered, however slow the machine; what is, waits for 30."""


@pytest.fixture
async def photo_id(api: Caller, project: str) -> str:
    return str((await api.issue(project, jpeg()))["photo_id"])


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photodock.services.library.LOOK_SECONDS", 0.02)


@asynccontextmanager
async def waiting(
    api: Caller, path: str, monkeypatch: pytest.MonkeyPatch, **headers: str
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """A request that has looked at the photo at least twice and still waits.

    Who begins to wait looks a second time when the feed is ready, if nobody followed it before.
    """
    looks = 0
    get = Library.get

    async def counted(*args: object) -> object:
        nonlocal looks
        looks += 1
        return await get(*args)

    async def looked_twice() -> bool:
        return looks >= 2

    with monkeypatch.context() as patch:
        patch.setattr(Library, "get", counted)
        task = asyncio.create_task(api.call("GET", path, headers=headers))
        await until(looked_twice)
        assert not task.done()
        yield task
        await asyncio.wait([task], timeout=SOON)


async def etag_of(api: Caller, photo_id: str) -> str:
    return (await api.call("GET", f"/photos/{photo_id}")).headers["etag"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
async def test_an_unchanged_photo_is_304_without_a_body(api: Caller, photo_id: str, form: str) -> None:
    etag = await etag_of(api, photo_id)
    answer = await api.call("GET", f"/photos/{photo_id}", headers={"If-None-Match": form.format(etag)})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


async def test_another_etag_is_200(api: Caller, photo_id: str) -> None:
    answer = await api.call("GET", f"/photos/{photo_id}", headers={"If-None-Match": '"999-1"'})
    assert (answer.status_code, answer.json()["id"]) == (200, photo_id)


async def test_waiting_with_an_etag_ends_with_304(api: Caller, photo_id: str) -> None:
    etag = await etag_of(api, photo_id)
    started = time.monotonic()
    answer = await api.call("GET", f"/photos/{photo_id}?wait=1", headers={"If-None-Match": etag})
    assert answer.status_code == 304
    assert 0.9 < time.monotonic() - started < 1 + SOON


async def test_waiting_without_an_etag_ends_with_the_photo_as_it_is(api: Caller, photo_id: str) -> None:
    answer = await api.call("GET", f"/photos/{photo_id}?wait=1")
    assert (answer.status_code, answer.json()["status"]) == (200, "pending_upload")


@pytest.mark.parametrize("with_etag", [True, False], ids=["with an ETag", "without"])
async def test_a_change_of_status_wakes_who_waits(
    api: Caller, project: str, monkeypatch: pytest.MonkeyPatch, with_etag: bool
) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    headers = {"If-None-Match": await etag_of(api, issued["photo_id"])} if with_etag else {}
    async with waiting(api, f"/photos/{issued['photo_id']}?wait=30", monkeypatch, **headers) as task:
        await api.confirm(issued["photo_id"])
    assert (task.result().status_code, task.result().json()["status"]) == (200, "uploaded")


async def test_a_change_is_heard_by_who_does_not_look(
    api: Caller, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("photodock.services.library.LOOK_SECONDS", 60)
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    path = f"/photos/{issued['photo_id']}?wait=30"
    async with waiting(api, path, monkeypatch) as task:
        another = asyncio.create_task(api.call("GET", path))
        await api.confirm(issued["photo_id"])
    assert task.result().json()["status"] == "uploaded"
    assert (await another).json()["status"] == "uploaded"


async def test_a_change_that_is_none_of_the_status_wakes_only_who_gave_an_etag(
    api: Caller, photo_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = await etag_of(api, photo_id)
    async with waiting(api, f"/photos/{photo_id}?wait=30", monkeypatch, **{"If-None-Match": etag}) as task:
        without = asyncio.create_task(api.call("GET", f"/photos/{photo_id}?wait=1"))
        await api.call("POST", f"/photos/{photo_id}/upload-url")
    assert task.result().status_code == 200
    started = time.monotonic()
    assert (await without).status_code == 200
    assert time.monotonic() - started < 1 + SOON


async def test_a_photo_deleted_meanwhile_ends_the_wait_with_404(
    api: Caller, photo_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with waiting(api, f"/photos/{photo_id}?wait=30", monkeypatch) as task:
        await api.call("DELETE", f"/photos/{photo_id}")
    assert task.result().status_code == 404


async def test_a_process_that_is_to_stop_answers_who_waits(
    api: Caller, photo_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping: asyncio.Event = api.http._transport.app.state.stopping
    try:
        async with waiting(api, f"/photos/{photo_id}?wait=30", monkeypatch) as task:
            stopping.set()
    finally:
        stopping.clear()  # the application goes on, for the other tests
    assert task.result().status_code == 200


async def test_a_stale_etag_answers_at_once(api: Caller, photo_id: str) -> None:
    async with asyncio.timeout(SOON):
        answer = await api.call("GET", f"/photos/{photo_id}?wait=30", headers={"If-None-Match": '"0-0"'})
    assert answer.status_code == 200


@pytest.mark.parametrize("final", ["completed", "failed"])
@pytest.mark.parametrize("with_etag", [True, False], ids=["with an ETag", "without"])
async def test_a_final_status_answers_at_once(api: Caller, project: str, final: str, with_etag: bool) -> None:
    photo = await api.upload(project, jpeg())
    said = {"detections": {}} if final == "completed" else {"error": {"code": "blurred"}}
    await api.pipeline().report(photo["id"], final, **said)
    headers = {"If-None-Match": await etag_of(api, photo["id"])} if with_etag else {}

    async with asyncio.timeout(SOON):
        answer = await api.call("GET", f"/photos/{photo['id']}?wait=30", headers=headers)

    assert answer.status_code == (304 if with_etag else 200)


@pytest.mark.parametrize("wait", ["-1", "31", "1.5", "soon"])
async def test_a_wait_out_of_bounds_is_refused(api: Caller, photo_id: str, wait: str) -> None:
    answer = await api.call("GET", f"/photos/{photo_id}?wait={wait}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.wait")


@pytest.mark.parametrize("late", ["ben", "carl"])
async def test_beyond_the_limit_an_answer_is_not_held_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """Here the process may hold two back, and one for a user."""
    async with running(changed(settings, max_connections=10, max_streams=7)) as api:
        photo_id = (await api.issue(await api.make_project(), jpeg()))["photo_id"]
        path = f"/photos/{photo_id}?wait=30"
        async with (
            waiting(api, path, monkeypatch) as first,
            waiting(api.colleague("ben"), path, monkeypatch) as second,
        ):
            answer = await asyncio.wait_for(api.colleague(late).call("GET", path), SOON)
            assert answer.json()["status"] == "pending_upload"
            await api.call("DELETE", f"/photos/{photo_id}")
        assert (first.result().status_code, second.result().status_code) == (404, 404)
        # Their places are free again.
        photo_id = (await api.issue(await api.make_project(), jpeg()))["photo_id"]
        async with waiting(api, f"/photos/{photo_id}?wait=30", monkeypatch):
            await api.call("DELETE", f"/photos/{photo_id}")
