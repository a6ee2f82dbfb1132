"""Live status as a client has it: event streams of the running system, over real sockets."""

from support.images import jpeg
from support.streams import reading
from support.system import Caller
from support.whole import System


async def test_a_stream_tells_each_step_of_a_photo_in_order(system: System, api: Caller, project: str) -> None:
    async with reading(system.serving.url, api) as reader:
        photo_id = (await api.upload(project, jpeg()))["id"]
        await reader.has(3)
        assert (await api.call("DELETE", f"/photos/{photo_id}")).status_code == 204
        await reader.has(4)
    assert reader.changes == [
        (f"photo.{step}", photo_id) for step in ("uploaded", "processing", "completed", "deleted")
    ]
    assert reader.told[0].data["status"] == "uploaded"
    assert reader.told[3].data["status"] is None
    assert {event.data["project_id"] for event in reader.told} == {project}
    assert reader.headers["content-type"].startswith("text/event-stream")
    assert reader.headers["cache-control"] == "no-store"
    assert reader.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in reader.headers
