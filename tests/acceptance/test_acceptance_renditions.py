"""Thumbnails of the whole system: its own worker makes them, beside the detections."""

import asyncio

from support.images import jpeg
from support.polling import until
from support.system import Caller


async def test_photos_have_their_renditions_soon_and_those_that_cannot_have_any_are_completed_too(
    api: Caller, project: str
) -> None:
    ids = [(await api.upload(project, jpeg(2000, 1500)))["id"] for _ in range(3)]
    broken = await api.upload(project, jpeg(640, 480)[:-400] + bytes(400))

    async def all_done() -> bool:
        photos = await asyncio.gather(*(api.photo(photo_id) for photo_id in (*ids, broken["id"])))
        return all(photo["status"] == "completed" or photo["status"] == "failed" for photo in photos) and all(
            photo["renditions"] for photo in photos[:-1]
        )

    await until(all_done, seconds=120, pause=0.2)
    for photo_id in ids:
        photo = await api.photo(photo_id)
        assert [(one["name"], one["width"], one["height"]) for one in photo["renditions"]] == [
            ("preview", 1600, 1200),
            ("thumbnail", 320, 240),
        ]
        for one in photo["renditions"]:
            answer = await api.storage.get(one["url"])
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
            assert len(answer.content) == one["file_size"]
        assert (await api.call("DELETE", f"/photos/{photo_id}")).status_code == 204
        answers = await asyncio.gather(*(api.storage.get(one["url"]) for one in photo["renditions"]))
        assert [answer.status_code for answer in answers] == [404, 404]
    assert (await api.photo(broken["id"]))["renditions"] == []
