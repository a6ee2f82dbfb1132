"""An HTTP proxy before a server, which may change what passes through."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict
from yarl import URL

_OF_A_CONNECTION = ("Connection", "Keep-Alive", "Transfer-Encoding", "Server", "Date", "Content-Length")


@dataclass
class Passing:
    """A request on its way to the server; `answer` is called with the headers of what comes back."""

    method: str
    path: str
    headers: CIMultiDict[str]
    body: bytes = field(repr=False)


Change = Callable[[Passing], None]
ChangeBack = Callable[[CIMultiDict[str]], None]


@asynccontextmanager
async def proxy_to(
    target: str, change: Change | None = None, change_back: ChangeBack | None = None
) -> AsyncIterator[str]:
    """The proxy's address. All passes as it comes, Host included, but for what the two functions change."""

    async def handle(request: web.Request) -> web.Response:
        passing = Passing(request.method, request.raw_path, CIMultiDict(request.headers), await request.read())
        if change:
            change(passing)
        url = URL(f"{target}{passing.path}", encoded=True)
        async with session.request(
            passing.method, url, headers=passing.headers, data=passing.body or None, allow_redirects=False
        ) as answer:
            headers = CIMultiDict(answer.headers)
            body = await answer.read()
            for name in _OF_A_CONNECTION:
                if name != "Date":
                    headers.popall(name, None)
            if change_back:
                change_back(headers)
            return web.Response(status=answer.status, headers=headers, body=body)

    app = web.Application(client_max_size=2**20)
    app.router.add_route("*", "/{path:.*}", handle)
    async with (
        aiohttp.ClientSession(skip_auto_headers=("User-Agent", "Content-Type"), auto_decompress=False) as session,
        TestServer(app, host="127.0.0.1") as server,
    ):
        yield str(server.make_url("")).rstrip("/")
