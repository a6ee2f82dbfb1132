"""SQS goes away, and then everything in turn, under clients that keep trying."""

import asyncio
from typing import Any

import httpx

from support.clock import eventually
from support.images import jpeg
from support.outages import CATCH_UP_SECONDS, Servers, has_health, one_message_each
from support.servers import down
from support.system import Caller
from support.whole import System


async def test_without_the_queue_photos_are_confirmed_and_their_jobs_wait(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    async with down(servers.queue):
        photos = [(await api.upload(project, jpeg()))["id"] for _ in range(5)]
        deleted = (await api.upload(project, jpeg()))["id"]
        await eventually(lambda: attempted(system, photos[0]))
        assert {(await api.photo(photo_id))["status"] for photo_id in photos} == {"uploaded"}
        assert (await api.call("DELETE", f"/photos/{deleted}")).status_code == 204
        await has_health(api, 200, 200, {"database": "ok", "storage": "ok", "queue": "ok"})
        # As after an outage of hours: the next attempt would come much later than the queue.
        await system.db.execute(
            "UPDATE outbox SET attempts = 6, due_at = now() + interval '1 hour', "
            "created_at = created_at - interval '2 hours' WHERE sent_at IS NULL"
        )
        await has_health(api, 200, 200, {"database": "ok", "storage": "ok", "queue": "delayed"})

    for photo_id in photos:
        assert (await system.finished(photo_id, seconds=CATCH_UP_SECONDS))["status"] == "completed"
    assert one_message_each(system, *photos)
    assert system.detector.jobs_of(deleted) == []


async def attempted(system: System, photo_id: str) -> bool:
    row = await system.db.fetchrow("SELECT attempts FROM outbox WHERE photo_id = $1", photo_id)
    return bool(row and row["attempts"])


async def test_a_new_worker_sends_at_once_what_an_outage_has_put_off(system: System, api: Caller, project: str) -> None:
    async with system.without_worker():
        photo_id = (await api.upload(project, jpeg()))["id"]
        await system.db.execute(
            "UPDATE outbox SET attempts = 6, due_at = now() + interval '1 hour' WHERE photo_id = $1", photo_id
        )
    assert (await system.finished(photo_id, seconds=CATCH_UP_SECONDS))["status"] == "completed"


async def test_clients_that_keep_trying_get_every_photo_through_a_series_of_outages(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    over = asyncio.Event()
    clients = [asyncio.create_task(upload_until(over, api, project)) for _ in range(4)]
    for server in (servers.postgres, servers.queue, servers.store, servers.postgres):
        async with down(server):
            pass
    over.set()
    photos = [photo_id for done in await asyncio.gather(*clients) for photo_id in done]

    assert len(photos) > len(clients)
    for photo_id in photos:
        assert (await system.finished(photo_id, seconds=CATCH_UP_SECONDS))["status"] == "completed"
    assert one_message_each(system, *photos)


async def upload_until(over: asyncio.Event, api: Caller, project: str) -> list[str]:
    """Uploads one photo after another, with patience; the ids of those that were confirmed."""
    done: list[str] = []
    while not over.is_set():
        issued = (await patiently(lambda: api.request_upload(project, jpeg()))).json()
        # 412: an earlier attempt did arrive, only its answer did not.
        put = await patiently(lambda found=issued: api.put(found, jpeg()))
        assert put.status_code in (200, 412)
        confirmed = await patiently(lambda found=issued: api.confirm(found["photo_id"]))
        assert confirmed.status_code == 200
        done.append(issued["photo_id"])
        # A user may have 100 URLs a minute.
        await asyncio.sleep(0.3)
    return done


async def patiently(call: Any) -> httpx.Response:
    async with asyncio.timeout(120):
        while True:
            try:
                answer: httpx.Response = await call()
            except httpx.TransportError:
                answer = httpx.Response(503)
            if answer.status_code < 500:
                return answer
            await asyncio.sleep(0.2)
