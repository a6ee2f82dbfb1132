"""What comes too late, too early, or after all."""

from datetime import timedelta

from support.calls import ABOUT_A_PHOTO
from support.clock import eventually
from support.images import jpeg
from support.system import Caller
from support.whole import System


async def test_a_client_that_dies_after_its_put_loses_nothing(system: System, api: Caller, project: str) -> None:
    data = jpeg()
    issued = await api.issue(project, data)
    assert (await api.put(issued, data)).status_code == 200

    await system.let_pass(issued["photo_id"], timedelta(minutes=21))

    assert (await system.finished(issued["photo_id"]))["status"] == "completed"
    items = (await api.call("GET", f"/photos/{issued['photo_id']}/history")).json()["items"]
    assert (items[1]["to"], items[1]["actor"]) == ("uploaded", "sweeper")
    assert system.detector.job_of(issued["photo_id"])


async def test_a_photo_given_up_comes_back_when_its_object_arrives_after_all(
    system: System, api: Caller, project: str
) -> None:
    data = jpeg()
    issued = await api.issue(project, data)
    photo_id = issued["photo_id"]
    await system.let_pass(photo_id, timedelta(days=8))
    assert (await system.finished(photo_id))["error"]["code"] == "upload_expired"

    assert (await api.put(issued, data)).status_code == 200
    assert (await api.confirm(photo_id)).json()["status"] == "uploaded"
    assert (await system.finished(photo_id))["status"] == "completed"


async def test_a_deleted_photo_and_its_object_are_gone(system: System, api: Caller, project: str) -> None:
    data = jpeg()
    issued = await api.issue(project, data)
    photo_id = issued["photo_id"]
    await api.put(issued, data)
    await api.confirm(photo_id)
    photo = await system.finished(photo_id)
    assert (await api.call("DELETE", f"/photos/{photo_id}")).status_code == 204

    for call in ABOUT_A_PHOTO:
        caller = api.pipeline() if call.scopes == ("photos:pipeline",) else api
        answer = await call.by(caller, photo_id=photo_id, project_id=project)
        assert (answer.status_code, answer.json()["code"]) == (404, "photo_not_found"), str(call)
    assert (await api.storage.get(photo["download_url"])).status_code == 404

    # The URL outlives its photo: what comes through it is deleted again, after the URL's end.
    assert (await api.put(issued, data)).status_code == 200
    await system.let_pass(photo_id, timedelta(minutes=21))

    async def deleted_again() -> bool:
        return (await api.storage.get(photo["download_url"])).status_code == 404

    await eventually(deleted_again)


async def test_a_detector_faster_than_the_relay_changes_nothing_else(system: System, api: Caller, project: str) -> None:
    async with system.without_worker():
        photo = await api.upload(project, jpeg())
        report = {"status": "completed", "detections": {"measured": [64, 48]}}
        assert (await system.detector.report(photo["id"], report)).json()["status"] == "completed"
    before = await api.history(photo["id"])

    async def job_came() -> bool:
        return bool(system.detector.jobs_of(photo["id"]))

    await eventually(job_came)
    # A later photo's job came through, so no second one of this photo is on its way.
    await system.finished((await api.upload(project, jpeg()))["id"])
    assert system.detector.job_of(photo["id"])
    assert (await api.photo(photo["id"]))["status"] == "completed"
    assert (
        await api.history(photo["id"])
        == before
        == [
            (None, "pending_upload"),
            ("pending_upload", "uploaded"),
            ("uploaded", "processing"),
            ("processing", "completed"),
        ]
    )
