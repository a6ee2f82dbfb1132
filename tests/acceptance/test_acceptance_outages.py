"""PostgreSQL, S3 and SQS go away, at every step of a photo's way, and come back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from photodock.db.migrate import migrate
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.seaweedfs import SeaweedServer
from photodock.workers.photo_sweep import STORAGE_AWAY_WAIT
from photodock.workers.relay import LEASE
from support.audit import assert_sound
from support.clock import eventually
from support.images import jpeg
from support.processes import Backend
from support.servers import down, frozen
from support.system import Caller
from support.whole import System, calling, running_system

SETTINGS = {"PHOTODOCK_DATABASE_TIMEOUT": "3s", "PHOTODOCK_S3_TIMEOUT": "1s"}
CATCH_UP_SECONDS = 30
"""The relay asks for a broker that is away every 10 seconds at the latest; the rest is for slow machines."""


@dataclass(frozen=True)
class Servers:
    """Servers of this module's own, because they are stopped."""

    postgres: PostgresServer
    store: SeaweedServer
    queue: MiniStackServer


@pytest.fixture(scope="module")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    folder = tmp_path_factory.mktemp("outages")
    found = Servers(
        PostgresServer(folder / "postgres", folder / "logs", fast=True),
        SeaweedServer(folder / "store", folder / "logs"),
        MiniStackServer(folder / "queue", folder / "logs"),
    )
    every = (found.store, found.queue, found.postgres)
    try:
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in every))
        yield found
    finally:
        for server in every:
            server.stop()


@pytest.fixture(scope="module")
async def lone_system(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    await migrate(servers.postgres.database_url)
    backend = Backend(
        database_url=servers.postgres.database_url,
        s3_endpoint_url=servers.store.endpoint_url,
        s3_bucket=servers.store.bucket,
        s3_access_key=servers.store.access_key,
        s3_secret_key=servers.store.secret_key,
        sqs_endpoint_url=servers.queue.endpoint_url,
        queue_url=servers.queue.create_queues("detection"),
    )
    async with running_system(tmp_path_factory.mktemp("system"), backend, SETTINGS) as system:
        yield system
        await assert_sound(system.db, system.deployment)


@pytest.fixture
def system(lone_system: System) -> System:
    lone_system.api = lone_system.api.stranger()
    return lone_system


async def sent(api: Caller, project: str) -> str:
    """The id of a photo whose object is in the store, and which nobody has confirmed."""
    issued = await api.issue(project, jpeg())
    assert (await api.put(issued, jpeg())).status_code == 200
    return str(issued["photo_id"])


async def completed(system: System, project: str) -> str:
    photo_id = str((await system.api.upload(project, jpeg()))["id"])
    assert (await system.finished(photo_id))["status"] == "completed"
    return photo_id


def one_message_each(system: System, *photo_ids: str) -> bool:
    """Redeliveries are allowed: they carry the same id."""
    return all(len({job.message_id for job in system.detector.jobs_of(photo_id)}) == 1 for photo_id in photo_ids)


def problem(answer: httpx.Response) -> tuple[int, str, bool]:
    return answer.status_code, answer.json()["code"], int(answer.headers.get("retry-after", "0")) > 0


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
            assert await health(api) == (200, 503, {"database": "database_unavailable", "storage": "ok"})

    again = await api.request_upload(project, jpeg(), key="roof-1")
    assert again.status_code == 200
    assert (await api.put(again.json(), jpeg())).status_code == 200
    for photo_id in (issued["photo_id"], put_before, again.json()["photo_id"]):
        assert (await api.confirm(photo_id)).status_code == 200
        assert (await system.finished(photo_id))["status"] == "completed"
    assert (await system.finished(in_detection))["status"] == "completed"
    assert (await api.call("DELETE", f"/photos/{finished}")).status_code == 204
    assert one_message_each(system, issued["photo_id"], put_before, in_detection)


async def received(system: System, photo_id: str) -> bool:
    return bool(system.detector.jobs_of(photo_id))


async def health(api: Caller) -> tuple[int, int, dict[str, str]]:
    """The status of /healthz and of /readyz, and the state of the parts."""
    alive, ready = await api.http.get("/healthz"), await api.http.get("/readyz")
    return alive.status_code, ready.status_code, ready.json()["parts"]


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
    return system.deployment.log().count(f'"event": "{event}"')


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


async def test_without_the_store_what_needs_it_says_so_and_nothing_is_lost(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    put_before = await sent(api, project)
    finished = await completed(system, project)
    download_url = (await api.photo(finished))["download_url"]
    with system.detector.held():
        in_detection = (await api.upload(project, jpeg()))["id"]
        await eventually(lambda: received(system, in_detection))
        async with down(servers.store):
            issued = await api.issue(project, jpeg())
            with pytest.raises(httpx.TransportError):
                await api.put(issued, jpeg())
            assert problem(await api.confirm(put_before)) == (503, "storage_unavailable", True)
            assert (await api.photo(put_before))["status"] == "pending_upload"
            assert (await api.pipeline().report(in_detection, "processing")).status_code == 200
            # Deleted for whoever asks; the object follows when the store is back.
            assert (await api.call("DELETE", f"/photos/{finished}")).status_code == 204
            assert (await api.call("GET", f"/photos/{finished}")).status_code == 404
            assert await health(api) == (200, 200, {"database": "ok", "storage": "storage_unavailable"})

    assert (await api.put(issued, jpeg())).status_code == 200
    for photo_id in (issued["photo_id"], put_before):
        assert (await api.confirm(photo_id)).status_code == 200
        assert (await system.finished(photo_id))["status"] == "completed"
    assert (await system.finished(in_detection))["status"] == "completed"

    await system.let_pass(finished, STORAGE_AWAY_WAIT)

    async def object_gone() -> bool:
        return (await api.storage.get(download_url)).status_code == 404

    await eventually(object_gone)


async def test_a_store_that_hangs_is_a_store_that_is_away(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    photo_id = await sent(api, project)
    with frozen(servers.store):
        answer = await api.confirm(photo_id)
    # Three attempts of a second each, and the pauses between them.
    assert problem(answer) == (503, "storage_unavailable", True)
    assert answer.elapsed < timedelta(seconds=8)
    assert (await api.confirm(photo_id)).status_code == 200
    assert (await system.finished(photo_id))["status"] == "completed"


async def test_a_sweep_without_the_store_gives_nothing_up(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    photo_id = await sent(api, project)
    async with down(servers.store):
        # So late that a missing object would be the end of it.
        await system.let_pass(photo_id, timedelta(days=8))

        async def put_off() -> bool:
            row = await system.db.fetchrow("SELECT sweep_at - now() AS wait FROM photos WHERE id = $1", photo_id)
            return row is not None and timedelta(seconds=30) < row["wait"] <= STORAGE_AWAY_WAIT

        await eventually(put_off)
        assert (await api.photo(photo_id))["status"] == "pending_upload"
    await system.let_pass(photo_id, STORAGE_AWAY_WAIT)
    assert (await system.finished(photo_id))["status"] == "completed"


async def test_without_the_queue_photos_are_confirmed_and_their_jobs_wait(
    system: System, api: Caller, project: str, servers: Servers
) -> None:
    async with down(servers.queue):
        photos = [(await api.upload(project, jpeg()))["id"] for _ in range(5)]
        deleted = (await api.upload(project, jpeg()))["id"]
        await eventually(lambda: attempted(system, photos[0]))
        assert {(await api.photo(photo_id))["status"] for photo_id in photos} == {"uploaded"}
        assert (await api.call("DELETE", f"/photos/{deleted}")).status_code == 204
        assert await health(api) == (200, 200, {"database": "ok", "storage": "ok"})
        # As after an outage of hours: the next attempt would come much later than the queue.
        await system.db.execute(
            "UPDATE outbox SET attempts = 6, due_at = now() + interval '1 hour' WHERE sent_at IS NULL"
        )

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
    async with asyncio.timeout(30):
        while True:
            try:
                answer: httpx.Response = await call()
            except httpx.TransportError:
                answer = httpx.Response(503)
            if answer.status_code < 500:
                return answer
            await asyncio.sleep(0.2)
