"""Projects: made, renamed and listed by their own organization."""

import asyncio
from uuid import uuid4

import pytest

from photodock.settings import Settings
from support.serving import changed, running
from support.system import Caller


async def test_a_project_is_created_and_renamed_under_the_callers_own_id(api: Caller) -> None:
    project_id = str(uuid4())
    for name in ("North roof", "North roof", "Nordseite 🏠"):
        answer = await api.call("PUT", f"/projects/{project_id}", json={"name": name})
        assert (answer.status_code, answer.json()) == (200, {"id": project_id, "name": name})
    assert (await api.call("GET", "/projects")).json() == {"items": [{"id": project_id, "name": "Nordseite 🏠"}]}


async def test_an_organization_without_projects_has_an_empty_list(api: Caller) -> None:
    assert (await api.call("GET", "/projects")).json() == {"items": []}


async def test_projects_are_listed_by_name_and_only_the_organizations_own(api: Caller) -> None:
    await api.stranger().make_project("A foreign one")
    for name in ("South", "North", "West"):
        await api.make_project(name)
    items = (await api.colleague(scopes=("photos:read",)).call("GET", "/projects")).json()["items"]
    assert [item["name"] for item in items] == ["North", "South", "West"]


@pytest.mark.parametrize("name", ["x", "x" * 255, "屋根", "Müller & Söhne <b>", "line\nbreak"])
async def test_a_name_may_hold_any_text(api: Caller, name: str) -> None:
    answer = await api.call("PUT", f"/projects/{uuid4()}", json={"name": name})
    assert (answer.status_code, answer.json()["name"]) == (200, name)


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "x" * 256}, {"name": None}, {"name": 7}, {"name": "a\0b"}, {"name": "x", "id": "y"}],
    ids=str,
)
async def test_a_name_of_another_form_is_refused(api: Caller, body: dict[str, object]) -> None:
    answer = await api.call("PUT", f"/projects/{uuid4()}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("project_id", ["north", "1", "%20"])
async def test_an_id_that_is_no_uuid_is_refused(api: Caller, project_id: str) -> None:
    answer = await api.call("PUT", f"/projects/{project_id}", json={"name": "North"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_of_two_organizations_that_take_one_id_at_once_one_gets_it(api: Caller) -> None:
    project_id = str(uuid4())
    both = (api, api.stranger())
    answers = await asyncio.gather(
        *(caller.call("PUT", f"/projects/{project_id}", json={"name": "Mine"}) for caller in both)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    lists = [(await caller.call("GET", "/projects")).json()["items"] for caller in both]
    assert sorted(len(items) for items in lists) == [0, 1]


async def test_an_organization_makes_no_more_projects_than_it_may(settings: Settings) -> None:
    async with running(changed(settings, organization_projects=3)) as api:
        ids = [str(uuid4()) for _ in range(6)]
        answers = await asyncio.gather(*(api.call("PUT", f"/projects/{one}", json={"name": "North"}) for one in ids))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 409, 409, 409]
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"too_many_projects"}
        made = [item["id"] for item in (await api.call("GET", "/projects")).json()["items"]]
        assert len(made) == 3
        renamed = await api.call("PUT", f"/projects/{made[0]}", json={"name": "South"})
        assert (renamed.status_code, renamed.json()["name"]) == (200, "South")
        await api.stranger().make_project()
