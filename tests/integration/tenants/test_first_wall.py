"""The first wall between organizations, standing alone: each query names its organization; the second is taken down.

With both in place neither would be missed by the tests of what another organization can learn.
"""

import pytest

from photodock.db.pool import Database
from support.calls import ABOUT_A_PHOTO, CALLS, Call
from support.images import jpeg
from support.system import Caller

ABOUT_A_PROJECT = [call for call in CALLS if "project_id" in f"{call.path} {call.body}"]
ABOUT_A_PHOTO_OF_ONES_OWN = [call for call in ABOUT_A_PHOTO if call.scopes != ("photos:pipeline",)]
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


@pytest.fixture
async def stranger(api: Caller, db: Database) -> Caller:
    for row in await db.fetch(TABLES):
        await db.execute(f"ALTER TABLE {row['tablename']} DISABLE ROW LEVEL SECURITY")
    return api.stranger()


async def test_no_photo_is_found_without_row_level_security(api: Caller, stranger: Caller) -> None:
    project_id = await api.make_project()
    pending, uploaded = await api.issue(project_id, jpeg()), await api.upload(project_id, jpeg())
    ids = [pending["photo_id"], uploaded["id"]]
    before = [await api.photo(photo_id) | await everything_of(api, photo_id) for photo_id in ids]
    for photo_id in ids:
        for call in ABOUT_A_PHOTO_OF_ONES_OWN:
            answer = await call.by(stranger, photo_id=photo_id, project_id=project_id)
            assert (answer.status_code, answer.json()["code"]) == (404, "photo_not_found"), call
    many = await stranger.call("POST", "/photos/confirm", json={"photo_ids": ids})
    assert [item["error"]["code"] for item in many.json()["items"]] == ["photo_not_found"] * 2
    for query in ("", f"ids={','.join(ids)}", "status=uploaded", "status=pending_upload"):
        assert (await stranger.call("GET", f"/photos?{query}")).json()["items"] == [], query
    assert [await api.photo(photo_id) | await everything_of(api, photo_id) for photo_id in ids] == before


async def everything_of(owner: Caller, photo_id: str) -> dict[str, object]:
    return {"history": await owner.history(photo_id), "download_url": None}


@pytest.mark.parametrize("call", ABOUT_A_PROJECT, ids=str)
async def test_no_project_is_found_without_row_level_security(api: Caller, stranger: Caller, call: Call) -> None:
    project_id = await api.make_project()
    answer = await call.by(stranger, photo_id=project_id, project_id=project_id)
    [item] = answer.json().get("items", [{"error": answer.json()}])
    assert item["error"]["code"] == "project_access_denied"
    assert (await api.call("GET", "/projects")).json()["items"] == [{"id": project_id, "name": "North roof"}]
    assert (await stranger.call("GET", "/projects")).json()["items"] == []


async def test_no_parked_job_is_found_without_row_level_security(api: Caller, stranger: Caller, db: Database) -> None:
    await api.upload(await api.make_project(), jpeg())
    [job] = await db.fetch("UPDATE outbox SET parked_at = now() RETURNING id")
    assert (await stranger.call("GET", "/outbox")).json()["items"] == []
    assert (await stranger.call("POST", f"/outbox/{job['id']}/retry")).status_code == 404
    assert [item["id"] for item in (await api.call("GET", "/outbox")).json()["items"]] == [job["id"]]


async def test_keys_and_policies_are_ones_own_without_row_level_security(api: Caller, stranger: Caller) -> None:
    first = await api.request_upload(await api.make_project(), jpeg(), key="roof-1")
    second = await stranger.request_upload(await stranger.make_project(), jpeg(), key="roof-1")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["photo_id"] != second.json()["photo_id"]
    for who, policy in ((api, "round"), (stranger, "drop")):
        assert (await who.call("GET", "/policies")).json() == {"gps": "keep"}
        await who.call("PUT", "/policies", json={"gps": policy})
    assert (await api.call("GET", "/policies")).json() == {"gps": "round"}
