"""Pages for people, as what looks after them asks for them."""

from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from photodock.api.app import ApiServices, create_app
from photodock.api.console import Console


@pytest.mark.parametrize("path", ["/", "/docs", "/assets/page.js"])
async def test_head_is_answered_as_get_without_the_body(tmp_path, path):
    def opened() -> AbstractAsyncContextManager[ApiServices]:
        raise AssertionError("pages need no services")

    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "page.js").write_text("go()")
    app = create_app(opened, console=Console("", tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://photodock.test") as http:
        whole, head = await http.get(path), await http.head(path)
    assert (whole.status_code, head.status_code) == (200, 200)
    assert len(whole.content) > 0
    assert head.content == b""
    assert {**head.headers, "x-request-id": ""} == {**whole.headers, "x-request-id": ""}
