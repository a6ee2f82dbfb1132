"""S3 goes away at every step of a photo's way, and comes back."""

from datetime import timedelta

import httpx
import pytest

from photodock.workers.photo_sweep import STORAGE_AWAY_WAIT
from support.clock import eventually
from support.images import jpeg
from support.outages import Servers, completed, has_health, problem, received, sent
from support.servers import down, frozen
from support.system import Caller
from support.whole import System


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
            await has_health(api, 200, 200, {"database": "ok", "storage": "storage_unavailable", "queue": "ok"})

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
    assert problem(answer) == (503, "storage_unavailable", True)
    # Three attempts of a second each, and the pauses between them. Three of ten seconds each would have taken longer.
    assert answer.elapsed < timedelta(seconds=20)
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
