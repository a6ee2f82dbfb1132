"""The identity provider's list of keys, in the states that the doctor tells apart."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from integration.doctor.conftest import diagnose
from photodock.doctor.findings import State
from photodock.settings import Settings
from support.signing import SigningKey
from support.system import SECRET

KEY = SigningKey.make("RS256")


@asynccontextmanager
async def provider(answer: Callable[[], web.StreamResponse]) -> AsyncIterator[str]:
    async def handle(_: web.Request) -> web.StreamResponse:
        return answer()

    app = web.Application()
    app.router.add_get("/keys", handle)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/keys"))


def at(database: str, url: str, **changes: object) -> Settings:
    return Settings(environment="tests", database_url=database, jwt_secret=SECRET, jwt_jwks_url=url, **changes)


async def test_a_list_with_a_usable_key_is_well(database: str) -> None:
    async with provider(lambda: web.json_response({"keys": [KEY.listed()]})) as url:
        found = (await diagnose(at(database, url), "jwks")).of("jwks")
    assert found.state is State.OK
    assert "1 usable key, for RS256" in found.found


@pytest.mark.parametrize(
    ("changes", "warned"), [({}, True), ({"jwt_audience": "photos"}, False), ({"jwt_scope_prefix": "photos/"}, False)]
)
async def test_that_tokens_of_other_services_are_taken_is_told(
    changes: dict[str, str], warned: bool, database: str
) -> None:
    async with provider(lambda: web.json_response({"keys": [KEY.listed()]})) as url:
        found = (await diagnose(at(database, url, **changes), "jwks")).of("jwks")
    assert (found.state, "for other services" in found.found) == (State.OK, warned)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda: web.json_response({"keys": [KEY.listed(use="enc")]}), "None of the 1 keys can be used"),
        (lambda: web.json_response({"issuer": "https://id.example"}), "no list of keys"),
        (lambda: web.Response(text="<html>"), "no list of keys"),
        (lambda: web.Response(status=404), "answered with 404"),
        (lambda: web.Response(status=302, headers={"Location": "/elsewhere"}), "redirects are not followed"),
        (lambda: web.Response(text=json.dumps({"keys": [], "x": "x" * 300_000})), "longer than 256 KiB"),
    ],
)
async def test_what_is_no_usable_list_is_told_apart(
    answer: Callable[[], web.StreamResponse], told: str, database: str
) -> None:
    async with provider(answer) as url:
        assert told in (await diagnose(at(database, url), "jwks")).said("jwks")


async def test_a_provider_that_is_away_is_told(database: str) -> None:
    said = (await diagnose(at(database, "http://127.0.0.1:9/keys"), "jwks")).said("jwks")
    assert "Nothing listens at 127.0.0.1:9" in said
    assert "PHOTODOCK_JWT_JWKS_URL" in said


async def test_algorithms_that_the_list_has_no_keys_for_are_told(database: str) -> None:
    async with provider(lambda: web.json_response({"keys": [KEY.listed()]})) as url:
        settings = at(database, url, jwt_algorithms=("RS256", "ES256"))
        assert "names ES256" in (await diagnose(settings, "jwks")).said("jwks")
