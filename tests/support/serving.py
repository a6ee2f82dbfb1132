"""The API in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from photodock.bootstrap.api import api_from_settings
from photodock.settings import Settings
from support.streams import EndingTransport
from support.system import CERTIFICATES, Caller


async def serving(settings: Settings) -> AsyncIterator[Caller]:
    app = api_from_settings(settings)
    transport = EndingTransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as http,
        httpx.AsyncClient(verify=CERTIFICATES, timeout=40) as storage,
    ):
        yield Caller(http, storage)


running = asynccontextmanager(serving)


def changed(settings: Settings, **changes: object) -> Settings:
    """The settings with others among them, validated anew; `model_copy` would keep what was derived from the old."""
    return Settings.model_validate({**settings.model_dump(), **changes})
