"""Lists of photos, page by page."""

import base64
from typing import Any
from uuid import UUID, uuid4

import pytest

from photodock.api import cursors
from photodock.db.pool import Database
from support.images import jpeg
from support.system import Caller

NONSENSE = (
    *("x", "ä", "=" * 8, "A" * 21, "A" * 23, "a b", "*" * 22),
    base64.urlsafe_b64encode(b"\xff" * 16).decode(),  # with its padding, which ours have not
    base64.urlsafe_b64encode(b"\xff" * 16).decode().rstrip("=")[:-1] + "x",  # another spelling of the same bytes
)


async def several(api: Caller, project: str, number: int) -> list[str]:
    """Ids, the newest first."""
    return [str((await api.issue(project, jpeg()))["photo_id"]) for _ in range(number)][::-1]


async def pages(api: Caller, query: str) -> list[list[str]]:
    found: list[list[str]] = []
    cursor = ""
    while True:
        answer = await api.call("GET", f"/photos?{query}{cursor}")
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        assert set(page) == {"items", "next_cursor"}
        found.append([photo["id"] for photo in page["items"]])
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize(("limit", "sizes"), [(2, [2, 2, 1]), (5, [5]), (4, [4, 1]), (200, [5])])
async def test_pages_hold_every_photo_once_newest_first(
    api: Caller, project: str, limit: int, sizes: list[int]
) -> None:
    expected = await several(api, project, 5)
    found = await pages(api, f"limit={limit}")
    assert [len(page) for page in found] == sizes
    assert [photo_id for page in found for photo_id in page] == expected


async def test_new_photos_do_not_shift_the_pages(api: Caller, project: str) -> None:
    expected = await several(api, project, 4)
    first = (await api.call("GET", "/photos?limit=2")).json()
    await several(api, project, 3)
    second = (await api.call("GET", f"/photos?limit=2&cursor={first['next_cursor']}")).json()
    assert [photo["id"] for photo in (*first["items"], *second["items"])] == expected
    assert second["next_cursor"] is None


async def test_deleting_the_cursors_photo_does_not_break_the_next_page(api: Caller, project: str) -> None:
    expected = await several(api, project, 3)
    first = (await api.call("GET", "/photos?limit=1")).json()
    await api.call("DELETE", f"/photos/{expected[0]}")
    second = (await api.call("GET", f"/photos?limit=2&cursor={first['next_cursor']}")).json()
    assert [photo["id"] for photo in second["items"]] == expected[1:]


async def test_an_item_is_the_photo_itself(api: Caller, project: str) -> None:
    photo = await api.upload(project, jpeg())
    assert (await api.call("GET", "/photos")).json()["items"] == [photo]


async def test_a_project_and_a_status_narrow_the_list(api: Caller, project: str, db: Database) -> None:
    other = await api.make_project("South roof")
    [theirs] = await several(api, other, 1)
    first, second = await several(api, project, 2)
    await db.execute("UPDATE photos SET status = 'completed' WHERE id = $1", UUID(first))

    assert await pages(api, f"project_id={other}") == [[theirs]]
    assert await pages(api, f"project_id={project}&limit=1") == [[first], [second]]
    assert await pages(api, "status=pending_upload") == [[second, theirs]]
    assert await pages(api, f"status=pending_upload&project_id={project}") == [[second]]
    assert await pages(api, "status=failed") == [[]]


async def test_an_empty_project_is_an_empty_page(api: Caller, project: str) -> None:
    assert await pages(api, f"project_id={project}") == [[]]


async def test_another_organizations_photos_are_never_listed(api: Caller, project: str) -> None:
    await several(api, project, 1)
    stranger = api.stranger()
    assert await pages(stranger, "limit=200") == [[]]
    cursor = cursors.encode(UUID(int=2**128 - 1))
    assert await pages(stranger, f"cursor={cursor}") == [[]]


async def test_a_foreign_and_an_unknown_project_are_refused_alike(api: Caller, project: str) -> None:
    await several(api, project, 1)
    problems = []
    for refused in (project, str(uuid4())):
        answer = await api.stranger().call("GET", f"/photos?project_id={refused}", headers={"X-Request-ID": "same"})
        problems.append((answer.status_code, answer.content))
    assert problems[0] == problems[1]
    assert problems[0][0] == 403


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "1.5", ""])
async def test_a_limit_out_of_bounds_is_refused(api: Caller, limit: str) -> None:
    answer = await api.call("GET", f"/photos?limit={limit}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.limit")


async def test_without_a_limit_a_page_has_fifty(api: Caller, project: str) -> None:
    await several(api, project, 51)
    assert [len(page) for page in await pages(api, "")] == [50, 1]


@pytest.mark.parametrize("cursor", NONSENSE)
async def test_a_cursor_of_nobodys_making_is_refused(api: Caller, cursor: str) -> None:
    answer = await api.http.get("/api/v1/photos", params={"cursor": cursor}, headers=api.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("query", ["status=gone", "project_id=north"])
async def test_a_filter_that_cannot_be_is_refused(api: Caller, query: str) -> None:
    assert (await api.call("GET", f"/photos?{query}")).json()["code"] == "invalid_request"
