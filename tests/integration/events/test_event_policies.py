"""A photo that the bucket's event confirms holds no more of its position than one that its client confirms."""

from typing import Any

import pytest

from support.images import jpeg
from support.system import Caller

STAYS = {"round": {"latitude": 52.52, "longitude": 13.3778}, "drop": None}


@pytest.mark.parametrize("gps", STAYS)
async def test_an_event_stores_what_the_policy_allows(
    api: Caller, project: str, consumer: Any, notifying: Any, gps: str
) -> None:
    assert (await api.call("PUT", "/policies", json={"gps": gps})).status_code == 200
    issued = await api.issue(project, jpeg(), client_metadata={"latitude": 52.51631, "longitude": 13.37771})
    await api.put(issued, jpeg())
    await notifying.holds(2)
    assert (await consumer.turn())["confirmed"] == 1
    photo = await api.photo(issued["photo_id"])
    assert (photo["exif_data"].get("gps_coordinates"), photo["client_metadata"]) == (STAYS[gps], STAYS[gps])
