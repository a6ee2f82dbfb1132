"""SIGTERM: what is in hand is finished, what is not is given back, within 10 seconds."""

import asyncio
import signal
import socket

import httpx
import pytest

from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.seaweedfs import SeaweedServer
from support.activation import activated
from support.clock import eventually
from support.images import jpeg
from support.processes import STOP_SECONDS
from support.raw_client import connected
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
            for _ in range(4 * processes):
                # What was sent behind them is answered.
                assert (await caller.http.get("/healthz")).status_code == 200
            serving.child.ask_to_end()
            kept_back = await held
        confirmed = await confirming
        status, seconds = await system.deployment.stop(serving.child)

    assert (kept_back.status_code, kept_back.json()["status"]) == (200, "pending_upload")
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "uploaded")
    assert (status, seconds < STOP_SECONDS) == (0, True)
    assert (await system.finished(issued["photo_id"]))["status"] == "completed"


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: api\r\n\r\n"


@pytest.mark.parametrize("sent_before", [0, 20])
async def test_a_request_on_its_way_when_serve_is_stopped_is_answered(system: System, sent_before: int) -> None:
    serving = await system.deployment.serve()
    async with connected(serving.url) as client, connected(serving.url) as idle:
        await idle.send(HEALTH)
        assert (await idle.answer()).status == 200
        await client.send(HEALTH[:sent_before])
        serving.child.ask_to_end()
        assert (await idle.until_closed()).raw == b""  # by then, the process has begun to stop
        await client.send(HEALTH[sent_before:])
        answer = await client.until_closed()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert (await system.deployment.stop(serving.child))[0] == 0


async def test_a_connection_without_a_request_does_not_hold_serve_up(system: System) -> None:
    serving = await system.deployment.serve()
    async with connected(serving.url) as client:
        stopping = asyncio.create_task(system.deployment.stop(serving.child))
        assert (await client.until_closed()).raw == b""
        status, seconds = await stopping
    assert (status, seconds < STOP_SECONDS) == (0, True)


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_stop_that_is_asked_for_again_and_again_is_no_failure(system: System, processes: int) -> None:
    serving = await system.deployment.serve(processes=processes)

    async def has_ended() -> bool:
        serving.child.ask_to_end()
        return not serving.child.running

    await eventually(has_ended, pause=0.001)
    assert (await system.deployment.stop(serving.child))[0] == 0


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_socket_that_the_service_manager_holds_outlives_serve(system: System, processes: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        for _ in range(2):
            with activated(listener, system.deployment.environment(), processes) as serve:
                async with httpx.AsyncClient(base_url=url, timeout=30) as http:
                    # Sent before anything can answer, it waits in the socket.
                    assert (await http.get("/readyz")).status_code == 200
                serve.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(serve.wait, STOP_SECONDS) == 0


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

    # Sooner than the lease's minute, which began before the stop.
    assert (await system.finished(photo_id, seconds=45))["status"] == "completed"
    # Some may have been sent before and again: then they are the same message.
    assert len({job.message_id for job in system.detector.jobs_of(photo_id)}) == 1
