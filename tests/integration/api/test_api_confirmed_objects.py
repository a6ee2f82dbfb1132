"""Once a photo was confirmed its object stays as it is, whoever still holds a URL."""

import asyncio
from typing import Any

import pytest

from support.images import jpeg
from support.store import Store, key_of
from support.system import Caller, sha256


def same_size(data: bytes, number: int = 1) -> bytes:
    """Another photo that no size or type tells from this one."""
    return data[:-2] + number.to_bytes(2, "big")


async def content(api: Caller, photo_id: str) -> bytes:
    return (await api.storage.get((await api.photo(photo_id))["download_url"])).content


@pytest.mark.parametrize("checksum", [None, sha256(jpeg())], ids=["without a checksum", "with one"])
async def test_no_url_changes_the_object_of_a_confirmed_photo(api: Caller, project: str, checksum: str | None) -> None:
    data = jpeg()
    first = await api.issue(project, data, **({"checksum_sha256": checksum} if checksum else {}))
    photo_id = first["photo_id"]
    refreshed = (await api.call("POST", f"/photos/{photo_id}/upload-url")).json()
    assert (await api.put(refreshed, data)).status_code == 200
    confirmed = (await api.confirm(photo_id)).json()

    for issued in (first, refreshed):
        for body in (data, same_size(data)):
            assert (await api.put(issued, body)).status_code == 412
        other_checksum = {**issued, "headers": issued["headers"] | {"X-Amz-Checksum-Sha256": sha256(same_size(data))}}
        assert (await api.put(other_checksum, same_size(data))).status_code == 403
        without_condition = {**issued, "headers": {"Content-Type": "image/jpeg"}}
        assert (await api.put(without_condition, same_size(data))).status_code == 403
        assert (await api.storage.delete(issued["upload_url"], headers=issued["headers"])).status_code == 403

    assert await content(api, photo_id) == data
    assert await api.photo(photo_id) == {**confirmed, "download_url": (await api.photo(photo_id))["download_url"]}


async def test_a_confirmed_photo_gets_no_further_url(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    answer = await api.call("POST", f"/photos/{photo['id']}/upload-url")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_status_transition")


async def test_a_replay_after_the_confirm_gives_a_url_that_writes_nothing(api: Caller, project: str) -> None:
    """Its answer is still of use to a client that lost the first one: 412 says that the photo is there."""
    data = jpeg()
    issued = await api.issue(project, data, key="once")
    await api.put(issued, data)
    await api.confirm(issued["photo_id"])

    replayed = await api.issue(project, data, key="once")

    assert replayed["photo_id"] == issued["photo_id"]
    assert (await api.put(replayed, same_size(data))).status_code == 412
    assert await content(api, issued["photo_id"]) == data


async def test_of_many_writes_at_once_one_arrives_and_stays(api: Caller, project: str) -> None:
    data = jpeg()
    issued = await api.issue(project, data)
    bodies = [same_size(data, number) for number in range(12)]

    async def sent(body: bytes) -> tuple[int, bytes]:
        return (await api.put(issued, body)).status_code, body

    async def confirmed() -> int:
        while (answer := await api.confirm(issued["photo_id"])).status_code == 409:
            await asyncio.sleep(0.01)
        return answer.status_code

    *answers, status = await asyncio.gather(*map(sent, bodies), asyncio.wait_for(confirmed(), 60))
    [winner] = [body for code, body in answers if code == 200]
    assert {code for code, _ in answers} <= {200, 409, 412}
    assert status == 200
    assert await content(api, issued["photo_id"]) == winner


async def test_a_foreign_photos_object_cannot_be_copied_over_one_of_ones_own(
    api: Caller, project: str, store: Store
) -> None:
    foreign = api.stranger()
    secret = await foreign.upload(await foreign.make_project(), jpeg(make="Secret"))
    issued = await api.issue(project, jpeg())
    copying: dict[str, Any] = {
        **issued,
        "headers": issued["headers"] | {"X-Amz-Copy-Source": f"/{store.bucket}/{key_of(secret)}"},
    }
    assert (await api.put(copying, jpeg())).status_code == 403
    assert not await store.has(key_of(issued))
