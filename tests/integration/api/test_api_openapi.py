"""The OpenAPI document says what the API does."""

import re
from typing import Any

import pytest

from photodock.api.problems import KINDS
from support.calls import CALLS, Call
from support.system import Caller

PREFIX = "/api/v1"


@pytest.fixture
async def document(api: Caller) -> dict[str, Any]:
    found: dict[str, Any] = (await api.http.get("/openapi.json")).json()
    return found


def responses_of(document: dict[str, Any], call: Call) -> dict[str, Any]:
    path = PREFIX + call.path.partition("?")[0]
    found: dict[str, Any] = document["paths"][path][call.method.lower()]["responses"]
    return found


async def test_every_error_code_is_listed(document: dict[str, Any]) -> None:
    assert document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == list(KINDS)


@pytest.mark.parametrize("call", CALLS, ids=str)
async def test_every_error_of_a_call_is_a_problem_document(document: dict[str, Any], call: Call) -> None:
    errors = {status: entry for status, entry in responses_of(document, call).items() if status >= "400"}
    assert {"400", "401", "403", "408", "413", "422", "431", "500", "503"} <= set(errors)
    for status, entry in errors.items():
        assert entry["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}, (
            status
        )
        codes = re.findall("`([a-z_]+)`", entry["description"])
        assert codes, status
        assert {KINDS[code].status for code in codes} == {int(status)}


async def test_every_code_of_a_call_stands_somewhere(document: dict[str, Any]) -> None:
    told = {
        code
        for call in CALLS
        for entry in responses_of(document, call).values()
        for code in re.findall("`([a-z_]+)`", entry["description"])
    }
    # It belongs to no call: it is for the methods that an address does not know.
    assert set(KINDS) - told == {"method_not_allowed"}


@pytest.mark.parametrize("call", CALLS, ids=str)
async def test_every_call_says_that_it_needs_a_token(document: dict[str, Any], call: Call) -> None:
    path = PREFIX + call.path.partition("?")[0]
    assert document["paths"][path][call.method.lower()]["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


async def test_calls_for_everyone_need_none(document: dict[str, Any]) -> None:
    assert "security" not in document["paths"]["/healthz"]["get"]


async def test_the_documentation_can_be_opened(api: Caller) -> None:
    assert (await api.http.get("/docs")).status_code == 200
