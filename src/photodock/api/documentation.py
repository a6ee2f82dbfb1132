"""The API reference as a page, without any third party: Swagger UI comes from an installed package."""

from importlib import resources
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

from photodock.api.headers import PAGE_HEADERS, PAGE_METHODS, SECURITY_HEADERS

PAGES = Path(__file__).parent / "pages"
VENDOR = StaticFiles(directory=str(resources.files("fastapi_offline") / "static"))

router = APIRouter(include_in_schema=False)


@router.api_route("/docs", methods=PAGE_METHODS)
async def docs(request: Request) -> FileResponse:
    request.scope[SECURITY_HEADERS] = PAGE_HEADERS
    return FileResponse(PAGES / "docs.html")


@router.get("/docs/docs.js")
async def docs_script() -> FileResponse:
    return FileResponse(PAGES / "docs.js", media_type="text/javascript")


@router.get("/docs/vendor/{name}")
async def vendor(request: Request, name: str) -> Response:
    return await VENDOR.get_response(name, request.scope)
