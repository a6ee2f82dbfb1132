"""Who may call what: every route of the application, every kind of token."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from support.calls import ABOUT_A_PHOTO, CALLS, SCOPES, Call
from support.images import jpeg
from support.system import Caller
from support.tokens import BAD_TOKENS, claims, signed

PAGES = {(method, path) for method in ("GET", "HEAD") for path in ("/", "/assets/{name}")}
OPEN = PAGES | {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")}
DOCUMENTATION = {"/openapi.json", "/docs", "/docs/docs.js", "/docs/vendor/{name}"}
PREFIX = "/api/v1"
READING = Call("GET", "/photos/{photo_id}", ("photos:read",))
ABOUT_A_PROJECT = [call for call in CALLS if "?project_id" in call.path or "project_id" in (call.body or {})]


def operations(routes: Any) -> Iterator[tuple[str, str]]:
    """Method and path of every route, through included routers as well."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from operations(route.original_router.routes)
        elif route.path_format not in DOCUMENTATION:
            yield from ((method, route.path_format) for method in route.methods)


def test_every_route_of_the_application_has_its_row_in_the_table(running_api: Caller) -> None:
    app = running_api.http._transport.app
    found = {(method, path.removeprefix(PREFIX)) for method, path in operations(app.routes)}
    documented = {
        (method.upper(), path.removeprefix(PREFIX)) for path, item in app.openapi()["paths"].items() for method in item
    }
    table = {(call.method, call.path.partition("?")[0]) for call in CALLS}
    assert found - OPEN == table
    assert documented - OPEN == table


@dataclass
class Place:
    """A caller whose photo and project the calls are about."""

    owner: Caller
    project_id: str
    photo_id: str

    async def call(self, call: Call, authorization: str | None) -> httpx.Response:
        # An empty value stands for no header; bytes, because a token may hold anything.
        headers = {"Authorization": (authorization or "").encode("latin-1")}
        return await call.by(self.owner, photo_id=self.photo_id, project_id=self.project_id, headers=headers)


@pytest.fixture(scope="module")
async def place(running_api: Caller) -> Place:
    owner = running_api.stranger()
    project_id = await owner.make_project()
    return Place(owner, project_id, (await owner.issue(project_id, jpeg()))["photo_id"])


@pytest.mark.parametrize("call", CALLS, ids=str)
async def test_no_call_takes_a_bad_token(place: Place, call: Call) -> None:
    for name, make in BAD_TOKENS.items():
        answer = await place.call(call, make(place.owner.organization_id))
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), name
        assert answer.headers["www-authenticate"] == "Bearer", name


@pytest.mark.parametrize("call", CALLS, ids=str)
async def test_a_call_needs_its_scope_and_no_other(place: Place, call: Call) -> None:
    for scope in ("", *(scope for scope in SCOPES if scope not in call.scopes), "photos:*", "photos:readwrite"):
        answer = await place.call(call, signed(claims(place.owner.organization_id, scope=scope)))
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), scope
        assert all(needed in answer.json()["detail"] for needed in call.scopes)


@pytest.mark.parametrize("scope", [7, [["photos:read"]], {"photos:read": True}], ids=str)
async def test_scopes_of_another_form_are_none(place: Place, scope: object) -> None:
    answer = await place.call(READING, signed(claims(place.owner.organization_id, scope=scope)))
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(("call", "scope"), [(call, scope) for call in CALLS for scope in call.scopes], ids=str)
async def test_each_of_a_calls_scopes_is_enough_alone(running_api: Caller, call: Call, scope: str) -> None:
    owner = running_api.stranger()
    project_id = await owner.make_project()
    issued = await owner.issue(project_id, jpeg())
    if call.body and call.body.get("status"):
        await owner.put(issued, jpeg())
        if call.body["status"] != "uploaded":
            await owner.confirm(issued["photo_id"])
    if call.path.startswith("/webhooks"):
        await owner.call("PUT", "/webhooks", json={"url": "https://hooks.example.com/"})
    place = Place(owner, project_id, issued["photo_id"])
    answer = await place.call(call, signed(claims(owner.organization_id, scope=scope)))
    # These need more than a photo: what they say is said after the scope was found good.
    if call.path.endswith("/retry"):
        assert answer.json()["code"] in ("invalid_status_transition", "not_found")
    elif call.path.endswith(("/parts", "/complete")):
        assert answer.json()["code"] == "multipart_not_started"
    else:
        assert answer.status_code in (200, 202, 204), answer.text


async def test_an_expiry_of_a_moment_ago_is_forgiven(place: Place) -> None:
    token = signed(claims(place.owner.organization_id, exp=int(time.time()) - 5))
    assert (await place.call(READING, token)).status_code == 200


@pytest.mark.parametrize("call", [call for call in ABOUT_A_PHOTO if "photos:pipeline" not in call.scopes], ids=str)
async def test_another_organization_finds_no_photo(place: Place, call: Call) -> None:
    """And cannot tell a foreign photo from one that never was: the answers are the same, byte for byte."""
    stranger = place.owner.stranger()
    answers = [
        await call.by(stranger, photo_id=photo_id, project_id=place.project_id, headers={"X-Request-ID": "same"})
        for photo_id in (place.photo_id, str(uuid4()))
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert dict(answers[0].headers) == dict(answers[1].headers)


@pytest.mark.parametrize("call", [call for call in ABOUT_A_PHOTO if call.method == "GET"], ids=str)
async def test_a_reader_of_another_organization_finds_no_photo(place: Place, call: Call) -> None:
    stranger = place.owner.stranger()
    answer = await call.by(stranger, photo_id=place.photo_id, project_id=place.project_id)
    assert (answer.status_code, answer.json()["code"]) == (404, "photo_not_found")


@pytest.mark.parametrize("call", ABOUT_A_PROJECT, ids=str)
async def test_a_foreign_project_and_an_unknown_one_are_refused_alike(place: Place, call: Call) -> None:
    stranger = place.owner.stranger()
    answers = [
        await call.by(stranger, photo_id=place.photo_id, project_id=project_id, headers={"X-Request-ID": "same"})
        for project_id in (place.project_id, str(uuid4()))
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "project_access_denied")] * 2
    assert answers[0].content == answers[1].content


async def test_another_organizations_project_can_be_neither_taken_nor_renamed(place: Place) -> None:
    answer = await place.owner.stranger().call("PUT", f"/projects/{place.project_id}", json={"name": "Mine now"})
    assert (answer.status_code, answer.json()["code"]) == (403, "project_access_denied")
    items = (await place.owner.call("GET", "/projects")).json()["items"]
    assert items == [{"id": place.project_id, "name": "North roof"}]


@pytest.mark.parametrize("call", [call for call in CALLS if "photos:pipeline" in call.scopes], ids=str)
async def test_the_pipeline_reaches_the_photos_of_every_organization(running_api: Caller, call: Call) -> None:
    owner = running_api.stranger()
    project_id = await owner.make_project()
    photo = await owner.upload(project_id, jpeg())
    answer = await call.by(owner.pipeline(), photo_id=photo["id"], project_id=project_id)
    assert answer.status_code == 200
