"""Answers to calls that fail: the problem document with its headers, the log line and what is counted."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from photodock.api.guesses import UnknownPhotos
from photodock.api.problems import KINDS, MALFORMED, BodyTooLarge, MethodNotAllowed, field_errors, problem
from photodock.domain.errors import (
    DatabaseUnavailable,
    IdentityUnavailable,
    InvalidRequest,
    NotFound,
    PhotodockError,
    PhotoNotFound,
    RateLimited,
    StorageUnavailable,
    TooManyStreams,
)
from photodock.metrics.definitions import HTTP_PROBLEMS, RATE_LIMITED

log = structlog.get_logger()

RETRY_AFTER_SECONDS = 5


def correlation_id_of(request: Request) -> str:
    return str(request.scope.get("correlation_id", ""))


def respond(request: Request, error: PhotodockError, errors: list[dict[str, str]] | None = None) -> JSONResponse:
    kind = KINDS[error.code]
    if kind.status >= 500:
        cause = error.__cause__
        log.error("request_failed", error_code=error.code, reason=type(cause or error).__name__)
    request.scope["error_code"] = error.code
    note(request, error)
    return JSONResponse(
        problem(error.code, error.detail, correlation_id_of(request), errors),
        status_code=kind.status,
        headers=_headers(error),
        media_type="application/problem+json",
    )


def note(request: Request, error: PhotodockError) -> None:
    """Also for an item's error, which is not the whole answer."""
    HTTP_PROBLEMS.labels(error.code).inc()
    if isinstance(error, RateLimited):
        RATE_LIMITED.labels(error.kind).inc()
    if isinstance(error, PhotoNotFound):
        unknown: UnknownPhotos = request.app.state.unknown_photos
        unknown.note(request.state.principal)


def _headers(error: PhotodockError) -> dict[str, str]:
    if isinstance(error, RateLimited):
        shown = rate_limit_headers(error.limit, error.remaining, error.reset_seconds)
        return {"Retry-After": str(error.reset_seconds), **shown}
    if isinstance(error, DatabaseUnavailable | StorageUnavailable | IdentityUnavailable | TooManyStreams):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if error.code == "unauthenticated":
        return {"WWW-Authenticate": "Bearer"}
    return {}


def rate_limit_headers(limit: int, remaining: int, reset_seconds: int) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(reset_seconds),
    }


def install(app: FastAPI) -> None:
    """Every expected failure leaves `app` as a problem document."""
    app.state.unknown_photos = UnknownPhotos()

    async def expected(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, PhotodockError)  # noqa: S101  (registered for this class)
        return respond(request, error)

    async def malformed(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for this class)
        return respond(request, MALFORMED, field_errors(error.errors()))

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101  (registered for this class)
        response = respond(request, _translated(error))
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        if "Allow" in response.headers:
            response.headers["Allow"] = ", ".join(allowed_methods(request))
        return response

    app.add_exception_handler(PhotodockError, expected)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http)


def _translated(error: HTTPException) -> PhotodockError:
    """The framework's own refusals in our words."""
    match error.status_code:
        case 404:
            return NotFound("There is nothing at this address. The addresses are listed in /docs.")
        case 405:
            return MethodNotAllowed("This address knows other methods only; the Allow header lists them.")
        case 413:
            return BodyTooLarge("The request body is too large.")
        case _:
            return InvalidRequest("The request body can't be read. Send well-formed JSON in UTF-8.")


def allowed_methods(request: Request) -> list[str]:
    """Those of every route with this path; the framework names those of the first alone."""
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]
