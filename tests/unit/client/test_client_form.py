"""What the package promises: one surface twice, every call of the API, and nothing loaded but httpx."""

import ast
import inspect
import json
import re
import sys
from pathlib import Path

import photodock.client
from photodock.client import AsyncClient, Client
from support.syntax import syntax

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "src" / "photodock" / "client"


def surface(kind: type) -> dict[str, str]:
    """Each public method and its signature, as it is but for what the loop adds."""
    return {
        name: re.sub(r"AsyncIterator", "Iterator", str(inspect.signature(method))).replace("collections.abc.", "")
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }


def test_both_clients_have_the_same_calls() -> None:
    assert surface(Client) == surface(AsyncClient)
    described = {name: inspect.getdoc(getattr(Client, name)) for name in surface(Client)}
    assert described == {name: inspect.getdoc(getattr(AsyncClient, name)) for name in surface(AsyncClient)}


def test_every_call_of_the_api_is_there() -> None:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    calls = {f"{method.upper()} {path.removeprefix('/api/v1')}" for path, found in paths.items() for method in found}
    described = " ".join(inspect.getdoc(getattr(Client, name)) or "" for name in surface(Client))
    told = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) [^`]+)`", described))
    assert calls - told == set()


def test_the_client_imports_httpx_and_nothing_else_that_is_installed() -> None:
    names = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    foreign = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
    own = {name for name in foreign if name.startswith(("photodock.client", "photodock.domain"))}
    assert foreign - own == {"httpx", "photodock"}


def test_all_that_is_public_is_named() -> None:
    assert sorted(photodock.client.__all__) == photodock.client.__all__
    assert all(hasattr(photodock.client, name) for name in photodock.client.__all__)
