"""SIGTERM: what is in hand is finished, what is not is given back, within 10 seconds."""

import asyncio

import pytest

from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.seaweedfs import SeaweedServer
from support.clock import eventually
from support.images import jpeg
from support.processes import STOP_SECONDS
from support.servers import frozen
from support.system import Caller
from support.whole import System, calling


@pytest.mark.parametrize("processes", [1, 2])
async def test_serve_finishes_what_is_in_hand_before_it_stops(
    system: System, api: Caller, project: str, seaweedfs: SeaweedServer, processes: int
) -> None:
    waited_for = (await api.issue(project, jpeg()))["photo_id"]
    issued = await api.issue(project, jpeg())
    assert (await api.put(issued, jpeg())).status_code == 200
    serving = await system.deployment.serve(processes=processes)
    async with calling(serving.url) as caller:
        caller.organization_id = api.organization_id
        with frozen(seaweedfs):
            held = asyncio.create_task(caller.call("GET", f"/photos/{waited_for}?wait=30"))
            confirming = asyncio.create_task(caller.confirm(issued["photo_id"]))
            # Both have reached the service, and neither can be answered yet.
            assert await asyncio.wait((held, confirming), timeout=1) == (set(), {held, confirming})
            serving.child.ask_to_end()
            kept_back = await held
        confirmed = await confirming
        status, seconds = await system.deployment.stop(serving.child)

    assert (kept_back.status_code, kept_back.json()["status"]) == (200, "pending_upload")
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "uploaded")
    assert (status, seconds < STOP_SECONDS) == (0, True)
    assert (await system.finished(issued["photo_id"]))["status"] == "completed"


async def test_a_worker_stopped_while_the_queue_hangs_gives_its_jobs_back(
    system: System, api: Caller, project: str, ministack: MiniStackServer
) -> None:
    # A photo that is through shows that the relay is idle.
    await system.finished((await api.upload(project, jpeg()))["id"])
    with frozen(ministack):
        photo_id = (await api.upload(project, jpeg()))["id"]

        async def taken() -> bool:
            row = await system.db.fetchrow("SELECT due_at > now() AS taken FROM outbox WHERE photo_id = $1", photo_id)
            return bool(row and row["taken"])

        await eventually(taken)
        status, seconds = await system.deployment.stop(system.worker)
        assert (status, seconds < STOP_SECONDS) == (0, True)
    system.worker = await system.deployment.worker()

    # Far sooner than the lease's minute.
    assert (await system.finished(photo_id, seconds=20))["status"] == "completed"
    # Some may have been sent before and again: then they are the same message.
    assert len({job.message_id for job in system.detector.jobs_of(photo_id)}) == 1
