"""PostgreSQL goes away at every step of a photo's way, and comes back."""

from photodock.workers.relay import LEASE
from support.clock import eventually
from support.images import jpeg
from support.outages import CATCH_UP_SECONDS, Servers, completed, has_health, one_message_each, problem, received, sent
from support.servers import down
from support.system import Caller
from support.whole import System, calling


async def test_without_the_database_every_call_says_so_and_nothing_is_lost(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    issued = await api.issue(project, jpeg())
    put_before = await sent(api, project)
    finished = await completed(system, project)
    with system.detector.held():
        in_detection = (await api.upload(project, jpeg()))["id"]
        await eventually(lambda: received(system, in_detection))
        async with down(servers.postgres):
            assert (await api.put(issued, jpeg())).status_code == 200
            pipeline = api.pipeline()
            answers = {
                "upload-url": await api.request_upload(project, jpeg(), key="roof-1"),
                "refresh": await api.call("POST", f"/photos/{issued['photo_id']}/upload-url"),
                "confirm": await api.confirm(put_before),
                "read": await api.call("GET", f"/photos/{finished}"),
                "held read": await api.call("GET", f"/photos/{finished}?wait=5"),
                "history": await api.call("GET", f"/photos/{finished}/history"),
                "list": await api.call("GET", f"/photos?project_id={project}"),
                "delete": await api.call("DELETE", f"/photos/{finished}"),
                "report": await pipeline.report(in_detection, "completed", detections={}),
                "project": await api.call("PUT", f"/projects/{project}", json={"name": "South"}),
            }
            assert {name: problem(answer) for name, answer in answers.items()} == dict.fromkeys(
                answers, (503, "database_unavailable", True)
            )
            parts = {"database": "database_unavailable", "storage": "ok", "queue": "unknown"}
            await has_health(api, 200, 503, parts)

    again = await api.request_upload(project, jpeg(), key="roof-1")
    assert again.status_code == 200
    assert (await api.put(again.json(), jpeg())).status_code == 200
    for photo_id in (issued["photo_id"], put_before, again.json()["photo_id"]):
        assert (await api.confirm(photo_id)).status_code == 200
        assert (await system.finished(photo_id))["status"] == "completed"
    assert (await system.finished(in_detection))["status"] == "completed"
    assert (await api.call("DELETE", f"/photos/{finished}")).status_code == 204
    assert one_message_each(system, issued["photo_id"], put_before, in_detection)


async def test_a_job_waits_for_both_the_database_and_the_queue(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    async with down(servers.queue):
        photo_id = (await api.upload(project, jpeg()))["id"]
        before = times_logged(system, "relay_waits_for_database")
        async with down(servers.postgres):
            await eventually(lambda: logged_again(system, "relay_waits_for_database", before))
    # A relay that could not even note its failure leaves the job to the lease.
    await system.let_pass(photo_id, LEASE)
    assert (await system.finished(photo_id, seconds=CATCH_UP_SECONDS))["status"] == "completed"
    assert one_message_each(system, photo_id)


def times_logged(system: System, event: str) -> int:
    return system.deployment.log().count(f'"event":"{event}"')


async def logged_again(system: System, event: str, before: int) -> bool:
    return times_logged(system, event) > before


async def test_a_sweep_without_the_database_is_made_up_for(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    photo_id = await sent(api, project)
    await system.db.execute("UPDATE photos SET sweep_at = now() + interval '1 second' WHERE id = $1", photo_id)
    before = times_logged(system, "sweeper_waits_for_database")
    async with down(servers.postgres):
        await eventually(lambda: logged_again(system, "sweeper_waits_for_database", before))
    assert (await system.finished(photo_id))["status"] == "completed"


async def test_processes_started_without_the_database_work_as_soon_as_it_is_there(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    async with down(servers.postgres):
        async with system.without_worker():
            serving = await system.deployment.serve(ready_status=503)
        async with calling(serving.url) as late:
            late.organization_id = api.organization_id
            assert problem(await late.request_upload(project, jpeg())) == (503, "database_unavailable", True)
    async with calling(serving.url) as late:
        late.organization_id = api.organization_id
        photo = await late.upload(project, jpeg())
    assert (await system.finished(photo["id"]))["status"] == "completed"
    await system.deployment.stop(serving.child)
