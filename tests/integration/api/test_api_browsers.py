"""What answers tell browsers: who may read them, what they may load, and who stands behind them."""

import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import pytest

from photodock.api.app import ApiServices, create_app
from photodock.api.console import Console
from photodock.bootstrap.core import public_bucket_of
from photodock.settings import Settings
from support.serving import changed, running
from support.system import Caller

ANY_PAGE = "https://any.example"
ADDRESSES = (
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/docs",
    "/docs/docs.js",
    "/docs/vendor/swagger-ui.css",
    "/nothing",
)


@pytest.mark.parametrize("path", [*ADDRESSES, "/assets/nothing.js", "/api/v1/projects", "/api/v1/photos/no-id"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT"])
async def test_every_answer_carries_the_security_headers(api: Caller, method: str, path: str) -> None:
    for headers in ({}, api.headers, {"Origin": "https://app.example"}):
        answer = await api.http.request(method, path, headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        policy = answer.headers.get_list("content-security-policy")
        assert len(policy) == 1
        assert "default-src 'none'" in policy[0]
        assert "frame-ancestors 'none'" in policy[0]
        assert not re.search(r"unsafe|\*|https?:", policy[0])
        assert "server" not in answer.headers
        assert "access-control-allow-credentials" not in answer.headers


async def test_answers_that_are_no_pages_may_load_nothing_at_all(api: Caller) -> None:
    answer = await api.call("GET", "/projects")
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_the_reference_loads_everything_from_here_and_nothing_inline(api: Caller) -> None:
    page = await api.http.get("/docs")
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert page.headers["permissions-policy"].startswith("camera=()")
    assert "script-src 'self'; style-src 'self'" in page.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert [address for address in loaded if not address.startswith(("/docs/", "data:"))] == []
    assert not re.search(r"<script>|<style|style=|\son\w+=|https?:", page.text)
    for address in (address for address in loaded if address.startswith("/")):
        found = await api.http.get(address)
        assert found.status_code == 200, address
        again = await api.http.get(address, headers={"If-None-Match": found.headers["etag"]})
        assert again.status_code in (200, 304)


STORE = "https://photos.store.example"


def with_console(folder: Path) -> httpx.AsyncClient:
    """An API of which only its pages are asked for."""

    def opened() -> AbstractAsyncContextManager[ApiServices]:
        raise AssertionError("pages need no services")

    app = create_app(opened, console=Console(STORE, folder))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>console</title>")
    (tmp_path / "assets" / "index-4f2a.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


async def test_the_console_loads_from_here_and_talks_to_the_store_and_nobody_else(built: Path) -> None:
    async with with_console(built) as http:
        page = await http.get("/")
    assert page.text == "<title>console</title>"
    assert page.headers["content-security-policy"] == (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {STORE}; connect-src 'self' {STORE}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cross-origin-opener-policy"] == "same-origin"


async def test_the_console_is_asked_for_each_time_and_its_parts_once(built: Path) -> None:
    async with with_console(built) as http:
        page = await http.get("/")
        assert page.headers["cache-control"] == "no-cache"
        part = await http.get("/assets/index-4f2a.js")
        assert part.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert part.headers["content-type"].startswith("text/javascript")
        again = await http.get("/assets/index-4f2a.js", headers={"If-None-Match": part.headers["etag"]})
        assert again.status_code == 304
        for name in ("nothing.js", "..%2fsecret.txt", "..%2findex.html", "%00", "."):
            missing = await http.get(f"/assets/{name}")
            assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
            assert "cache-control" not in missing.headers


async def test_a_console_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    async with with_console(tmp_path / "web") as http:
        page = await http.get("/")
        assert page.status_code == 200
        assert "make web" in page.text
        assert "script-src 'self'; style-src 'self'; img-src 'self' data:;" in page.headers["content-security-policy"]
        assert (await http.get("/assets/index-4f2a.js")).status_code == 404


async def test_the_policy_names_the_store_as_clients_reach_it(settings: Settings) -> None:
    apart = changed(settings, s3_public_endpoint_url="https://store.example:9000/path")
    assert public_bucket_of(apart).origin == "https://store.example:9000"


@pytest.mark.parametrize("name", ["nothing.js", "..%2f__init__.py", "..%2f..%2fphotodock%2fcli.py", "%00", "."])
async def test_nothing_else_is_served_beside_the_reference(api: Caller, name: str) -> None:
    answer = await api.http.get(f"/docs/vendor/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_with_a_star_any_page_may_read_but_never_with_credentials(settings: Settings) -> None:
    async with running(changed(settings, cors_allowed_origins=("*",))) as api:
        answer = await api.http.get("/healthz", headers={"Origin": ANY_PAGE, "Cookie": "session=1"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        asked = {"Origin": ANY_PAGE, "Access-Control-Request-Method": "GET"}
        preflight = await api.http.options("/api/v1/projects", headers=asked)
        assert preflight.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in preflight.headers


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "null",
            "https://app.example.evil.example",
            "http://app.example",
            "https://APP.example",
            "https://app.example:8443",
        ),
        *("https://evil.example#https://app.example", "https://app.example/", "file://"),
    ],
)
async def test_only_the_very_origin_that_is_listed_may_read(api: Caller, origin: str) -> None:
    answer = await api.http.get("/healthz", headers={"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://app.example"}, {"Origin": ANY_PAGE}], ids=str)
async def test_no_cache_gives_one_pages_answer_to_another(api: Caller, headers: dict[str, str]) -> None:
    for path in ("/healthz", "/openapi.json", "/api/v1/projects"):
        assert (await api.http.get(path, headers=headers)).headers["vary"] == "Origin"
