"""What happens before a call's own code, in the contract's order: 401, then 413 and 431, then 403, then 422."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from photodock.api.problems import BodyTooLarge, HeadersTooLarge
from photodock.domain.errors import InsufficientScope
from photodock.domain.identity import Principal, Scope, Trace
from photodock.tracing.spans import continue_photo

KIB = 1024
MAX_BODY_BYTES = 64 * KIB
MAX_REPORT_BYTES = 260 * KIB
"""A pipeline report: 256 KB of detections and what stands around them."""
MAX_BATCH_BYTES = 256 * KIB
MAX_HEADER_BYTES = 32 * KIB
NO_STORE = "no-store"

TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context; anything else is not passed on."""

ScopeOf = Callable[[bytes], tuple[Scope, ...]]
"""From a request's body to the scopes of which the caller needs one."""
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
SECURITY: dict[Callable[..., Any], tuple[ScopeOf, int]] = {}
"""What `secured` says of each endpoint. A secured route without an entry fails when the application is made."""


def secured(
    *scopes: Scope, by_body: ScopeOf | None = None, max_body: int = MAX_BODY_BYTES
) -> Callable[[Endpoint], Endpoint]:
    """Marks an endpoint: callers need one of `scopes`, or one of those that the body decides."""

    def mark(endpoint: Endpoint) -> Endpoint:
        SECURITY[endpoint] = (by_body or (lambda _: scopes), max_body)
        return endpoint

    return mark


class SecuredRoute(APIRoute):
    """FastAPI reads the body before it asks dependencies; here the token comes first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        scopes_of, max_body = SECURITY[self.endpoint]

        async def handle(request: Request) -> Response:
            principal: Principal = await request.app.state.tokens.principal(request.headers.get("authorization"))
            structlog.contextvars.bind_contextvars(user_id=principal.user_id)
            check_headers(request)
            body = await limited_body(request, max_body)
            require(principal, scopes_of(body))
            request.state.principal = principal
            response = await answer(request)
            # Answers hold personal data and presigned URLs: what says nothing else is kept by no cache.
            response.headers.setdefault("Cache-Control", NO_STORE)
            return response

        return handle


def check_headers(request: Request) -> None:
    if sum(len(name) + len(value) for name, value in request.headers.raw) > MAX_HEADER_BYTES:
        raise HeadersTooLarge(
            f"The request headers have more than {MAX_HEADER_BYTES} bytes. Send fewer or shorter ones."
        )


async def limited_body(request: Request, limit: int) -> bytes:
    """The whole body; FastAPI finds it in the request afterwards. Raises BodyTooLarge."""
    declared = request.headers.get("content-length", "")
    declared_too_large = declared.isdecimal() and int(declared) > limit
    if declared_too_large or len(body := await request.body()) > limit:
        raise BodyTooLarge(f"The request body may have {limit} bytes at the most. Send less.")
    return body


def require(principal: Principal, scopes: tuple[Scope, ...]) -> None:
    if not principal.scopes.intersection(scopes):
        wanted = " or ".join(scopes)
        raise InsufficientScope(f"This call needs the scope {wanted}. Ask for a token that carries it.")


def scopes_of_status(body: bytes) -> tuple[Scope, ...]:
    """Clients say `uploaded`, the pipeline says the rest; a body that says neither is left to validation."""
    try:
        status = json.loads(body)["status"]
    except (ValueError, TypeError, KeyError, RecursionError):
        status = None
    if status == "uploaded":
        return (Scope.WRITE,)
    if status in ("processing", "completed", "failed"):
        return (Scope.PIPELINE,)
    return (Scope.WRITE, Scope.PIPELINE)


# Coroutines, though they wait for nothing: FastAPI sends plain functions through a thread, at ten times the price.
async def _principal(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


async def _trace(request: Request) -> Trace:
    """Whoever asks for it goes on with the photo of its address, if it has one."""
    continue_photo(request.path_params.get("photo_id"))
    traceparent = request.headers.get("traceparent", "")
    return Trace(request.scope["correlation_id"], traceparent if TRACEPARENT.fullmatch(traceparent) else None)


Caller = Annotated[Principal, Depends(_principal)]
RequestTrace = Annotated[Trace, Depends(_trace)]
