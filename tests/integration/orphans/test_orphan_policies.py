"""An adopted photo's position is its organization's business, as any other's."""

from collections.abc import Callable
from typing import Any

import pytest

from photodock.services.orphan_findings import Outcome
from support.images import jpeg
from support.store import Store
from support.system import Caller

STAYS = {"round": {"latitude": 52.52, "longitude": 13.3778}, "drop": None}


@pytest.mark.parametrize("gps", STAYS)
async def test_adopting_stores_what_the_policy_allows(
    api: Caller, project: str, search: Any, store: Store, key_in: Callable[..., str], gps: str
) -> None:
    assert (await api.call("PUT", "/policies", json={"gps": gps})).status_code == 200
    await store.put(key_in(), jpeg())
    assert await search.service.adopt(await search.findings()) == {Outcome.ADOPTED: 1}
    [photo] = (await api.call("GET", f"/photos?project_id={project}")).json()["items"]
    assert photo["exif_data"].get("gps_coordinates") == STAYS[gps]
    assert photo["exif_data"]["camera_make"] == "Acme"
