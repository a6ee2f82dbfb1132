"""Live status as a client has it: event streams of the running system, over real sockets."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest

from photodock.api.auth import LEEWAY_SECONDS
from support.clock import eventually
from support.images import jpeg
from support.processes import STOP_SECONDS, Serving
from support.streams import Reader, reading
from support.system import Caller, token_for
from support.whole import System

BURST = 200
MANY_CHANGES = """
INSERT INTO photo_changes (organization_id, project_id, photo_id, type)
SELECT $1, gen_random_uuid(), gen_random_uuid(), 'photo.deleted' FROM generate_series(1, $2),
    LATERAL (SELECT pg_notify('photodock_changes', '')) AS told
"""


def log_lines(serving: Serving) -> list[dict[str, Any]]:
    return [json.loads(line) for line in serving.child.log_file.read_text().splitlines()]


async def test_a_stream_tells_each_step_of_a_photo_in_order(system: System, api: Caller, project: str) -> None:
    async with reading(system.serving.url, api) as reader:
        photo_id = (await api.upload(project, jpeg()))["id"]
        await eventually(lambda: tells(reader, "completed"))
        assert (await api.call("DELETE", f"/photos/{photo_id}")).status_code == 204
        await eventually(lambda: tells(reader, "deleted"))
    # Renditions are told of whenever they are ready, where that is before the deletion.
    steps = [change for change in reader.changes if change[0] != "photo.renditions"]
    assert steps == [(f"photo.{step}", photo_id) for step in ("uploaded", "processing", "completed", "deleted")]
    assert reader.told[0].data["status"] == "uploaded"
    assert reader.told[-1].data["status"] is None
    assert {event.data["project_id"] for event in reader.told} == {project}
    assert reader.headers["content-type"].startswith("text/event-stream")
    assert reader.headers["cache-control"] == "no-store"
    assert reader.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in reader.headers


async def tells(reader: Reader, step: str) -> bool:
    return f"photo.{step}" in reader.types


async def test_a_silent_stream_sends_signs_of_life_and_outlives_every_deadline(
    system: System, api: Caller, project: str
) -> None:
    impatient = {
        "PHOTODOCK_STREAM_HEARTBEAT": "0.2s",
        "PHOTODOCK_REQUEST_HEAD_TIMEOUT": "2s",
        "PHOTODOCK_REQUEST_BODY_TIMEOUT": "2s",
    }
    serving = await system.deployment.serve(impatient)
    async with reading(serving.url, api) as reader:

        async def long_alive() -> bool:
            return reader.comments >= 15

        await eventually(long_alive)
        assert not reader.has_ended
        await api.upload(project, jpeg())
        await reader.has(1)
    await system.deployment.stop(serving.child)


async def test_a_stream_ends_with_its_token(system: System, api: Caller) -> None:
    serving = await system.deployment.serve({"PHOTODOCK_STREAM_HEARTBEAT": "0.2s"})
    async with reading(serving.url, api) as lasting:

        async def ends_with_its_token() -> bool:
            """A token that has ended before its stream had begun is refused, and another one is taken."""
            # Clocks may differ by 30 seconds: so long after its end a token is still taken.
            short = token_for(api.organization_id, lifetime_seconds=2 - LEEWAY_SECONDS)
            async with reading(serving.url, api, token=short) as reader:
                await reader.ends()
                return reader.comments > 1

        await eventually(ends_with_its_token)
        assert not lasting.has_ended
    await system.deployment.stop(serving.child)


async def test_a_client_that_reads_nothing_is_let_go_and_others_hear_on(system: System, api: Caller) -> None:
    """It is behind by all that the sockets and the queue of its stream hold; then its connection is ended."""
    serving = await system.deployment.serve({"PHOTODOCK_REQUEST_BODY_TIMEOUT": "1s"})
    address = urlsplit(serving.url)
    loop = asyncio.get_running_loop()
    with socket.socket() as small:
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        small.setblocking(False)
        await loop.sock_connect(small, (address.hostname, address.port))
        head = f"GET /api/v1/events HTTP/1.1\r\nHost: api\r\nAuthorization: {api.headers['Authorization']}\r\n\r\n"
        await loop.sock_sendall(small, head.encode())
        async with reading(serving.url, api) as reader:
            told = 0

            async def dropped() -> bool:
                nonlocal told
                await system.db.execute(MANY_CHANGES, api.organization_id, BURST)
                told += BURST
                await reader.has(told)
                return "/api/v1/events" in [
                    line.get("route") for line in log_lines(serving) if line["event"] == "request"
                ]

            await eventually(dropped, seconds=60)
            assert not reader.has_ended
    await system.deployment.stop(serving.child)


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_stop_ends_all_streams_at_once_and_they_go_on_elsewhere(
    system: System, api: Caller, project: str, processes: int
) -> None:
    serving = await system.deployment.serve(processes=processes)
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(reading(serving.url, api)) for _ in range(8)]
        status, seconds = await system.deployment.stop(serving.child)
        assert (status, seconds < STOP_SECONDS) == (0, True)
        await asyncio.gather(*(reader.ends() for reader in readers))
    photo_id = (await api.upload(project, jpeg()))["id"]
    await system.finished(photo_id)
    async with reading(system.serving.url, api, last_id=readers[0].last_id) as reader:
        # Renditions are told of whenever they are ready: a fourth change, at any place.
        await reader.has(4)
    steps = [change for change in reader.changes if change[0] != "photo.renditions"]
    assert steps == [(f"photo.{step}", photo_id) for step in ("uploaded", "processing", "completed")]
