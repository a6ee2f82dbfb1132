"""The feed as migrations leave it, before anything happened."""

from integration.feed.conftest import MakeSite, make_site, streams, told
from photodock.services.streams import Streams

__all__ = ["make_site", "streams"]


async def test_a_stream_from_before_anything_ever_happened_goes_on_too(streams: Streams, make_site: MakeSite) -> None:
    site = await make_site()
    stream = await streams.open(site.who(), None, None)
    position = stream.position()
    assert position is not None
    stream.close()
    photos = [await site.change() for _ in range(2)]
    again = await streams.open(site.who(), None, position)
    assert await told(again, 2) == photos
    again.close()
