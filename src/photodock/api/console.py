"""The console, a page for people: built from `web/` into the package. The rest works without it as well."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

from photodock.api.headers import PAGE_HEADERS, PAGE_METHODS, SECURITY_HEADERS, console_headers

PACKAGE = Path(__file__).parent.parent
NOT_BUILT = Path(__file__).parent / "pages" / "not-built.html"
FOREVER = "public, max-age=31536000, immutable"
"""For what has its content's hash in its name."""
EACH_TIME = "no-cache"
"""The page itself names the newest of those; asked for each time, by its ETag."""


@dataclass(frozen=True, slots=True)
class Console:
    """`store_origin` is where browsers send photos and read pictures, as `https://photos.s3.amazonaws.com`."""

    store_origin: str = ""
    folder: Path = PACKAGE / "web"

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        assets = StaticFiles(directory=self.folder / "assets", check_dir=False)
        headers = console_headers(self.store_origin)

        @router.api_route("/", methods=PAGE_METHODS)
        async def page(request: Request) -> FileResponse:
            index = self.folder / "index.html"
            built = index.is_file()
            request.scope[SECURITY_HEADERS] = headers if built else PAGE_HEADERS
            return FileResponse(index if built else NOT_BUILT, headers={"Cache-Control": EACH_TIME})

        @router.api_route("/assets/{name}", methods=PAGE_METHODS)
        async def asset(request: Request, name: str) -> Response:
            answer = await assets.get_response(name, request.scope)
            answer.headers["Cache-Control"] = FOREVER
            return answer

        return router
