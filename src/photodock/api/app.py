"""The HTTP application, put together from services that `bootstrap` made."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from photodock.api import (
    batches,
    documentation,
    error_responses,
    events,
    existing,
    health,
    metrics,
    multipart,
    outbox,
    photos,
    policies,
    projects,
    uploads,
    webhooks,
)
from photodock.api.auth import TokenVerifier
from photodock.api.console import Console
from photodock.api.direct import Direct
from photodock.api.middleware import LastResort, RequestContext
from photodock.api.openapi import Described, TakenIn
from photodock.api.stopping import stop_noticed
from photodock.services.confirmation import Confirmation
from photodock.services.detection import Detection
from photodock.services.health import Health
from photodock.services.library import Library
from photodock.services.multipart import MultipartUploads
from photodock.services.multipart_completion import MultipartCompletion
from photodock.services.outbox import Outbox
from photodock.services.policies import Policies
from photodock.services.projects import Projects
from photodock.services.streams import Streams
from photodock.services.upload_batches import UploadBatches
from photodock.services.uploads import Uploads
from photodock.services.webhooks import Webhooks

DESCRIPTION = """
Photo intake: ask for an upload URL, send the photo straight to S3, confirm it, follow its detection.
Errors are problem documents (RFC 9457) with a stable `code`. Times are RFC 3339 UTC.
"""
API_VERSION = "1"
"""Of `/api/v1`; the software that answers has a version of its own."""

EXPOSED_HEADERS = (
    *("ETag", "Retry-After", "X-Request-ID"),
    *("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
)
ALLOWED_HEADERS = (
    *("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Request-ID"),
    *("Last-Event-ID", "traceparent"),
)


@dataclass(frozen=True, slots=True)
class ApiServices:
    """What the routes call."""

    uploads: Uploads
    upload_batches: UploadBatches
    multipart: MultipartUploads
    multipart_completion: MultipartCompletion
    confirmation: Confirmation
    detection: Detection
    library: Library
    projects: Projects
    policies: Policies
    outbox: Outbox
    streams: Streams
    webhooks: Webhooks
    health: Health
    tokens: TokenVerifier
    detection_types: tuple[str, ...]
    stream_heartbeat: float
    """Seconds."""


class Application(Described):
    """`front` stands before all of it: the framework's own layers are for what `front` does not answer itself."""

    front: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.front:
            scope["app"] = self
            await self.front(scope, receive, send)
        else:
            await self.framework(scope, receive, send)

    async def framework(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)


Opened = Callable[[], AbstractAsyncContextManager[ApiServices]]


def create_app(
    opened: Opened,
    *,
    taken_in: TakenIn | None = None,
    cors_allowed_origins: tuple[str, ...] = (),
    console: Console | None = None,
) -> FastAPI:
    """`opened` gives the services for as long as the application runs."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened() as services:
            for name in ApiServices.__dataclass_fields__:
                setattr(app.state, name, getattr(services, name))
            with stop_noticed() as app.state.stopping:
                ending = asyncio.create_task(services.streams.end_at(app.state.stopping))
                try:
                    yield
                finally:
                    ending.cancel()

    app = Application(
        title="photodock",
        version=API_VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # A redirect leads to `http://` and to whatever Host was sent; a client would take its token there.
        redirect_slashes=False,
        # The framework's own spans hold addresses, and its logs the text of errors; ours are in `photodock.tracing`.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.taken_in = taken_in
    error_responses.install(app)
    parts = (uploads, batches, multipart, existing, photos, projects, policies, outbox, events, webhooks)
    for part in (*parts, health, metrics, documentation):
        app.include_router(part.router)
    app.include_router((console or Console()).router())
    app.webhooks.include_router(webhooks.sent)
    # Here too: the framework's own last resort would answer before the one in front.
    app.add_middleware(LastResort)
    app.front = in_front_of(app, cors_allowed_origins)
    return app


def description() -> dict[str, Any]:
    """The OpenAPI document of an application that is only looked at."""

    def opened() -> AbstractAsyncContextManager[ApiServices]:
        raise AssertionError("a description needs no services")

    return create_app(opened).openapi()


def in_front_of(app: Application, cors_allowed_origins: tuple[str, ...]) -> ASGIApp:
    """From the outside in: errors and refusals, too, carry CORS headers and an id."""
    inner = LastResort(Direct(app.framework, app))
    cors = CORSMiddleware(
        inner,
        allow_origins=cors_allowed_origins,
        allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=ALLOWED_HEADERS,
        expose_headers=EXPOSED_HEADERS,
        max_age=3600,
    )
    return RequestContext(inner, cors)
