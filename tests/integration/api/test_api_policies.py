"""Policies: an organization decides what is stored of where its photos were taken, and no way leads past it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from photodock.administration import sweep_once
from photodock.db import policies
from photodock.db.pool import Database
from photodock.domain.policy import GpsPolicy, PolicySet
from photodock.settings import Settings
from support.images import jpeg
from support.polling import until
from support.system import Caller

PHOTO = jpeg(
    more_gps={
        5: b"\0",
        6: 47.59,
        7: (9.0, 30.0, 0.0),
        0x11: 297.88,
        0x1D: "2025:11:17",
    }
)
MEASURED = {
    "captured_at": "2025-11-17T10:30:00+01:00",
    "latitude": 52.51631,
    "longitude": 13.36512,
    "accuracy_m": 8.25,
    "direction_deg": 297.5,
}
GPS = {
    "latitude": 52.5163,
    "longitude": 13.3777,
    "altitude_m": 47.59,
    "direction_deg": 297.88,
    "timestamp": "2025-11-17T09:30:00Z",
}
TRACES = ("52.5163", "52.51631", "13.3777", "13.36512", "47.59", "297.88", "297.5", "8.25")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+")
KEPT = (GPS, MEASURED)
ROUNDED = (
    {"latitude": 52.52, "longitude": 13.3778, "timestamp": "2025-11-17T09:30:00Z"},
    {"captured_at": MEASURED["captured_at"], "latitude": 52.52, "longitude": 13.3613},
)
DROPPED = (None, {"captured_at": MEASURED["captured_at"]})
STAYS = {"keep": KEPT, "round": ROUNDED, "drop": DROPPED}


async def set_gps(api: Caller, gps: str) -> None:
    answer = await api.call("PUT", "/policies", json={"gps": gps})
    assert (answer.status_code, answer.json()) == (200, {"gps": gps})


def positions(photo: dict[str, Any]) -> tuple[Any, Any]:
    """What a photo tells of where it was taken: by EXIF, and by the client."""
    assert photo["exif_data"]["camera_make"] == "Acme", "the rest stays"
    return photo["exif_data"].get("gps_coordinates"), photo["client_metadata"]


async def test_an_organization_that_has_set_nothing_keeps_positions(api: Caller, project: str) -> None:
    assert (await api.call("GET", "/policies")).json() == {"gps": "keep"}
    assert positions(await api.upload(project, PHOTO, client_metadata=MEASURED)) == KEPT


async def test_a_policy_is_set_changed_and_read_by_its_own_organization_alone(api: Caller) -> None:
    for gps in ("drop", "drop", "round", "keep", "drop"):
        await set_gps(api, gps)
        assert (await api.call("GET", "/policies")).json() == {"gps": gps}
    assert (await api.stranger().call("GET", "/policies")).json() == {"gps": "keep"}


@pytest.mark.parametrize(
    "body", [{}, {"gps": None}, {"gps": "DROP"}, {"gps": "drop", "more": 1}, {"gps": ["drop"]}, []]
)
async def test_a_policy_of_another_form_is_refused_and_changes_nothing(api: Caller, body: object) -> None:
    await set_gps(api, "round")
    answer = await api.call("PUT", "/policies", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await api.call("GET", "/policies")).json() == {"gps": "round"}


async def test_another_organizations_policy_is_not_ours(api: Caller, project: str) -> None:
    await set_gps(api.stranger(), "drop")
    assert positions(await api.upload(project, PHOTO, client_metadata=MEASURED)) == KEPT


Confirm = Callable[[Caller, str, Settings, Database], Awaitable[object]]


async def by_the_client(api: Caller, photo_id: str, _: Settings, __: Database) -> None:
    assert (await api.confirm(photo_id)).status_code == 200


async def by_the_client_among_many(api: Caller, photo_id: str, _: Settings, __: Database) -> None:
    assert (await api.call("POST", "/photos/confirm", json={"photo_ids": [photo_id]})).status_code == 200


async def by_the_sweeper(_: Caller, photo_id: str, settings: Settings, db: Database) -> None:
    await db.execute("UPDATE photos SET sweep_at = now() WHERE id = $1", UUID(photo_id))
    await sweep_once(settings)


@pytest.mark.parametrize("confirm", [by_the_client, by_the_client_among_many, by_the_sweeper])
@pytest.mark.parametrize("gps", STAYS)
async def test_whoever_confirms_stores_what_the_policy_allows(
    api: Caller, project: str, settings: Settings, db: Database, gps: str, confirm: Confirm
) -> None:
    await set_gps(api, gps)
    issued = await api.issue(project, PHOTO, client_metadata=MEASURED)
    await api.put(issued, PHOTO)
    await confirm(api, issued["photo_id"], settings, db)
    photo = await api.photo(issued["photo_id"])
    assert (photo["status"], *positions(photo)) == ("uploaded", *STAYS[gps])
    exif = (await api.call("GET", f"/photos/{photo['id']}/exif")).json()["exif_data"]
    assert exif.get("gps_coordinates") == STAYS[gps][0]


@pytest.mark.parametrize("gps", STAYS)
async def test_what_the_client_measured_is_held_to_the_policy_from_the_first_write(
    api: Caller, project: str, gps: str
) -> None:
    """Alone and among many, while no object is there yet."""
    await set_gps(api, gps)
    alone = await api.issue(project, PHOTO, client_metadata=MEASURED)
    item = {"project_id": project, "file_name": "a.jpg", "file_size": len(PHOTO), "mime_type": "image/jpeg"}
    answer = await api.call("POST", "/photos/upload-urls", json={"items": [{**item, "client_metadata": MEASURED}] * 2})
    for issued in (alone, *answer.json()["items"]):
        assert (await api.photo(issued["photo_id"]))["client_metadata"] == STAYS[gps][1]


async def test_a_policy_set_between_request_and_confirm_counts(api: Caller, project: str) -> None:
    issued = await api.issue(project, PHOTO, client_metadata=MEASURED)
    await api.put(issued, PHOTO)
    await set_gps(api, "drop")
    assert positions((await api.confirm(issued["photo_id"])).json()) == DROPPED


@pytest.mark.parametrize("gps", ["round", "drop"])
async def test_no_table_holds_more_of_the_position_than_the_policy_allows(
    api: Caller, project: str, db: Database, gps: str
) -> None:
    await set_gps(api, gps)
    await api.upload(project, PHOTO, client_metadata=MEASURED, key="mine")
    tables = await db.fetch("SELECT table_name FROM information_schema.columns WHERE column_name = 'organization_id'")
    assert {"photos", "outbox", "photo_status_events", "policies"} <= {row["table_name"] for row in tables}
    for table in {row["table_name"] for row in tables}:
        rows = await db.fetch(
            f"SELECT to_jsonb(t)::text AS row FROM {table} t WHERE organization_id = $1",  # noqa: S608  (names of ours)
            api.organization_id,
        )
        # The seconds of a time may have any digits.
        told = [TIME.sub("", row["row"]) for row in rows]
        assert [trace for row in told for trace in TRACES if trace in row] == [], table


async def test_a_repeat_from_another_place_is_the_same_photo(api: Caller, project: str) -> None:
    """The position takes no part in comparing requests: from a hash of it, it could be found out by trial."""
    first = await api.issue(project, PHOTO, client_metadata=MEASURED, key="mine")
    moved = {**MEASURED, "latitude": 48.1, "longitude": 11.5, "accuracy_m": 3, "direction_deg": 1}
    again = await api.issue(project, PHOTO, client_metadata=moved, key="mine")
    assert again["photo_id"] == first["photo_id"]
    assert (await api.photo(first["photo_id"]))["client_metadata"] == MEASURED
    later = {**MEASURED, "captured_at": "2025-11-17T10:31:00+01:00"}
    other = await api.request_upload(project, PHOTO, client_metadata=later, key="mine")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


async def test_photos_without_a_position_are_none_of_the_policys_business(api: Caller, project: str) -> None:
    await set_gps(api, "drop")
    photo = await api.upload(project, jpeg(make=None))
    assert (photo["exif_data"], photo["client_metadata"]) == (None, None)


async def waiting_for_the_lock(db: Database) -> bool:
    return await db.fetch("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") != []


async def test_a_policy_is_answered_only_when_nothing_is_under_way_under_the_old_one(
    api: Caller, project: str, db: Database
) -> None:
    photo_id = UUID((await api.issue(project, PHOTO))["photo_id"])
    async with db.transaction() as tx:
        await tx.execute("UPDATE photos SET client_metadata = $2 WHERE id = $1", photo_id, MEASURED)
        change = asyncio.create_task(api.call("PUT", "/policies", json={"gps": "drop"}))
        await until(lambda: waiting_for_the_lock(db))
        assert not change.done()
    assert (await change).status_code == 200


async def test_what_is_stored_while_a_policy_changes_is_stored_under_the_new_one(
    api: Caller, project: str, db: Database
) -> None:
    async with db.transaction() as tx:
        await policies.put(tx, api.organization_id, PolicySet(GpsPolicy.DROP))
        asked = asyncio.create_task(api.issue(project, PHOTO, client_metadata=MEASURED))
        await until(lambda: waiting_for_the_lock(db))
    photo = await api.photo((await asked)["photo_id"])
    assert photo["client_metadata"] == DROPPED[1]


async def test_one_organizations_change_of_policy_holds_nobody_else_up(api: Caller, project: str, db: Database) -> None:
    async with db.transaction() as tx:
        await policies.put(tx, uuid4(), PolicySet(GpsPolicy.DROP))
        async with asyncio.timeout(60):
            photo = await api.upload(project, PHOTO, client_metadata=MEASURED)
    assert (photo["status"], photo["client_metadata"]) == ("uploaded", MEASURED)
