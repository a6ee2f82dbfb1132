"""`photodock policy`: setting a policy, and holding what is stored already to it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from typer.testing import Result

from photodock.bootstrap.core import Core
from photodock.db.tenants import Tenants
from photodock.services import policies
from photodock.services.policies import Policies
from support.images import jpeg
from support.system import Caller

Run = Callable[..., Awaitable[Result]]
Told = Callable[..., Awaitable[list[dict[str, Any]]]]
MEASURED = {"captured_at": "2025-11-17T10:30:00+01:00", "latitude": 52.51631, "longitude": 13.36512, "accuracy_m": 8.25}
ROUNDED = (
    {"latitude": 52.52, "longitude": 13.3778},
    {"captured_at": MEASURED["captured_at"], "latitude": 52.52, "longitude": 13.3613},
)
DROPPED = (None, {"captured_at": MEASURED["captured_at"]})


async def positions(api: Caller, photo_id: str) -> tuple[Any, Any]:
    photo = await api.photo(photo_id)
    return photo["exif_data"].get("gps_coordinates"), photo["client_metadata"]


async def test_a_policy_set_by_the_operator_is_the_organizations(api: Caller, run: Run) -> None:
    mine = ("--organization", str(api.organization_id))
    assert json.loads((await run("policy", "show", *mine)).stdout) == {"gps": "keep"}
    assert json.loads((await run("policy", "set", "drop", *mine)).stdout) == {"gps": "drop"}
    assert (await api.call("GET", "/policies")).json() == {"gps": "drop"}
    assert json.loads((await run("policy", "show", *mine)).stdout) == {"gps": "drop"}


@pytest.mark.parametrize("arguments", [["set", "none"], ["set"], ["show"], ["apply"], ["show", "--organization", "us"]])
async def test_what_is_no_policy_or_organization_is_refused(run: Run, arguments: list[str]) -> None:
    assert (await run("policy", *arguments)).exit_code == 2


@pytest.mark.parametrize(("gps", "stays"), [("round", ROUNDED), ("drop", DROPPED)])
async def test_stored_photos_stay_as_they_are_until_the_policy_is_applied(
    api: Caller, project: str, told: Told, gps: str, stays: tuple[Any, Any]
) -> None:
    photos = [(await api.upload(project, jpeg(), client_metadata=MEASURED))["id"] for _ in range(3)]
    plain = await api.upload(project, jpeg(make=None))
    before = {photo_id: (await api.call("GET", f"/photos/{photo_id}")).headers["etag"] for photo_id in photos}
    await api.call("PUT", "/policies", json={"gps": gps})
    assert (await positions(api, photos[0]))[1] == MEASURED

    mine = ("policy", "apply", "--organization", str(api.organization_id))
    assert await told(*mine, "--yes") == [{"gps": gps, "found": 3, "changed": 3}]

    for photo_id in photos:
        assert await positions(api, photo_id) == stays
        etag = (await api.call("GET", f"/photos/{photo_id}")).headers["etag"]
        assert etag != before[photo_id], "whoever had the photo in a cache asks again"
    assert (await api.photo(plain["id"]))["exif_data"] is None
    assert await told(*mine, "--yes") == [{"gps": gps, "found": 0, "changed": 0}]


async def test_applying_asks_first(api: Caller, project: str, run: Run) -> None:
    photo = await api.upload(project, jpeg(), client_metadata=MEASURED)
    mine = ("--organization", str(api.organization_id))
    await run("policy", "set", "drop", *mine)
    refused = await run("policy", "apply", *mine, input="n\n")
    assert "1 photo with more of a position than the policy `drop` allows." in refused.stderr
    assert refused.stdout.endswith("1 photo found, 0 changed, under the policy `drop`.\n")
    assert (await positions(api, photo["id"]))[1] == MEASURED
    agreed = await run("policy", "apply", *mine, input="y\n")
    assert agreed.stdout.endswith("1 photo found, 1 changed, under the policy `drop`.\n")
    assert await positions(api, photo["id"]) == DROPPED


async def test_standard_output_is_the_commands_own(api: Caller, command: Any) -> None:
    """What is logged goes elsewhere: scripts read the one and operators the other."""
    process = await command("policy", "set", "drop", "--organization", str(api.organization_id))
    out, logged = await process.communicate()
    assert (process.returncode, json.loads(out)) == (0, {"gps": "drop"})
    assert json.loads(logged)["event"] == "policies_set"


async def test_applying_to_an_organization_without_a_policy_changes_nothing(
    api: Caller, project: str, told: Told
) -> None:
    photo = await api.upload(project, jpeg(), client_metadata=MEASURED)
    mine = ("policy", "apply", "--organization", str(api.organization_id))
    assert await told(*mine, "--yes") == [{"gps": "keep", "found": 0, "changed": 0}]
    assert (await positions(api, photo["id"]))[1] == MEASURED


async def test_photos_of_another_organization_are_not_touched(api: Caller, told: Told) -> None:
    other = api.stranger()
    photo = await other.upload(await other.make_project(), jpeg(), client_metadata=MEASURED)
    await api.call("PUT", "/policies", json={"gps": "drop"})
    assert await told("policy", "apply", "--organization", str(api.organization_id), "--yes") == [
        {"gps": "drop", "found": 0, "changed": 0}
    ]
    assert (await positions(other, photo["id"]))[1] == MEASURED


async def test_whoever_may_not_see_the_policy_is_held_to_it_all_the_same(api: Caller, project: str, core: Core) -> None:
    """The role of an organization's calls, robbed of its right to read policies: what it stores is held to them."""
    await api.call("PUT", "/policies", json={"gps": "drop"})
    [role] = await core.db.fetch("SELECT current_user || '_tenant' AS name")
    await core.db.execute(f'REVOKE SELECT ON policies FROM "{role["name"]}"')  # noqa: S608  (a name of ours)
    assert (await api.call("GET", "/policies")).status_code == 500
    issued = await api.issue(project, jpeg(), client_metadata=MEASURED)
    assert (await api.photo(issued["photo_id"]))["client_metadata"] == DROPPED[1]


async def test_many_photos_are_held_to_it_batch_by_batch_and_after_a_kill_the_rest(
    api: Caller, project: str, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "BATCH", 3)
    photos = [(await api.issue(project, jpeg(), client_metadata=MEASURED))["photo_id"] for _ in range(10)]
    await api.call("PUT", "/policies", json={"gps": "drop"})
    service = Policies(Tenants(core.db))

    pages = service._pages(api.organization_id, apply=True)
    assert [await anext(pages), await anext(pages)] == [3, 3]
    await pages.aclose()

    assert await service.count_stored(api.organization_id) == 4
    assert await service.hold_stored(api.organization_id) == 4
    for photo_id in photos:
        assert (await api.photo(photo_id))["client_metadata"] == DROPPED[1]


async def test_a_photo_in_another_transactions_hands_is_waited_for_and_the_others_are_not_held(
    api: Caller, project: str, core: Core
) -> None:
    """A deletion that runs at the same time: neither waits in a circle, and the photo stays deleted."""
    photos = [(await api.issue(project, jpeg(), client_metadata=MEASURED))["photo_id"] for _ in range(5)]
    await api.call("PUT", "/policies", json={"gps": "drop"})
    async with core.db.transaction() as tx:
        await tx.execute("SELECT 1 FROM photos WHERE id = $1 FOR UPDATE", UUID(photos[2]))
        applying = asyncio.create_task(Policies(Tenants(core.db)).hold_stored(api.organization_id))
        await tx.execute("DELETE FROM photos WHERE id = $1", UUID(photos[2]))
    assert await applying == 4
