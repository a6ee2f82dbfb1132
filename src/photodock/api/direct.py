"""The two busiest calls, answered without the framework in between: it costs four times what the calls themselves do.

Only a request about which nothing is unusual is answered here. All others go on to the framework: those that carry a
token not seen before, a query, a body that does not validate, anything twice. So what is refused before a service is
asked is refused in one place. Models, services and problem documents are those of the routes, and tests send the same
requests both ways.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asgi

from photodock.api import photos, uploads
from photodock.api.answers import PhotoResponse, UploadResponse
from photodock.api.auth import TokenVerifier
from photodock.api.error_responses import rate_limit_headers, respond
from photodock.api.middleware import HEADERS, PHOTOS
from photodock.api.requests import UploadRequest
from photodock.api.secured import MAX_HEADER_BYTES, NO_STORE, SECURITY
from photodock.api.shown import Place, Shown
from photodock.domain.errors import PhotodockError, PhotoNotFound
from photodock.domain.identity import Principal
from photodock.domain.limits import Quota
from photodock.services.library import Library, readable_organization

Headers = dict[bytes, bytes]
RawHeaders = Sequence[tuple[bytes, bytes]]

CONTENT_TYPE = b"content-type", b"application/json"
ISSUE_CACHE = b"cache-control", NO_STORE.encode()
SHOW_CACHE = b"cache-control", photos.CACHE_CONTROL.encode()
QUOTA_NAMES = {name: name.lower().encode() for name in rate_limit_headers(0, 0, 0)}

IDEMPOTENCY_KEY: TypeAdapter[str | None] = TypeAdapter(uploads.IdempotencyKey)


class Call:
    """What a route says of itself: its address, who may call it, and how long a body may be."""

    def __init__(self, router: APIRouter, endpoint: Callable[..., Any]) -> None:
        self.route = next(one for one in router.routes if isinstance(one, APIRoute) and one.endpoint is endpoint)
        scopes_of, self.max_body = SECURITY[endpoint]
        self.scopes = frozenset(scopes_of(b""))


ISSUE = Call(uploads.router, uploads.request_upload_url)
SHOW = Call(photos.router, photos.get_photo)
BEFORE_ID = SHOW.route.path.partition("{")[0]
SHOW_LENGTH = len(BEFORE_ID) + len(str(UUID(int=0)))


class Direct:
    """Stands in front of `app`, the framework's way, and calls the same services."""

    def __init__(self, app: ASGIApp, owner: FastAPI) -> None:
        self._app = app
        self._state = owner.state
        self._shown = Shown()

    async def __call__(self, scope: Asgi, receive: Receive, send: Send) -> None:
        try:
            await self._route(scope, receive, send)
        except PhotodockError as error:
            await respond(Request(scope), error)(scope, receive, send)

    async def _route(self, scope: Asgi, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if scope["query_string"]:
            await self._app(scope, receive, send)
        elif method == "POST" and path == ISSUE.route.path:
            await self._issue(scope, receive, send)
        elif method == "GET" and len(path) == SHOW_LENGTH and path.startswith(BEFORE_ID):
            await self._show(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _issue(self, scope: Asgi, receive: Receive, send: Send) -> None:
        headers = _plain_headers(scope)
        caller = self._caller(headers, ISSUE)
        is_json = headers.get(b"content-type") == b"application/json"
        if caller is None or not is_json or not _fits(headers, ISSUE.max_body):
            await self._app(scope, receive, send)
            return
        messages = await _read(receive, ISSUE.max_body)
        asked = _asked(messages, headers)
        if asked is None:
            await self._app(scope, _again(messages, receive), send)
            return
        _note(scope, caller, ISSUE)
        body, key = asked
        new = uploads.to_new_photo(body, self._state.detection_types)
        issued = await self._state.uploads.request(caller, new, key)
        scope[PHOTOS] = (issued.photo_id,)
        quota = issued.quota
        limits = _quota_headers(quota) if quota else ()
        await _send(send, 200, (*limits, ISSUE_CACHE), to_json(UploadResponse.values(issued)))

    async def _show(self, scope: Asgi, receive: Receive, send: Send) -> None:
        headers = _plain_headers(scope)
        caller = self._caller(headers, SHOW)
        photo_id = _uuid(scope["path"][len(BEFORE_ID) :])
        # A body has no meaning here; the framework's way decides what is said of it.
        has_body = b"content-length" in headers or b"transfer-encoding" in headers
        if caller is None or photo_id is None or has_body:
            await self._app(scope, receive, send)
            return
        _note(scope, caller, SHOW, photo_id=photo_id)
        library: Library = self._state.library
        known = photos.parse_etags(headers.get(b"if-none-match", b"").decode("latin-1"))
        place = Place(readable_organization(caller), photo_id)
        if known or place in self._shown:
            etag = await self._etag(library, caller, place)
            if photos.is_known(etag, known):
                await _send(send, 304, _photo_headers(etag), None)
                return
            if content := self._shown.find(place, etag, library.signed_by):
                await _send(send, 200, _photo_headers(etag), content)
                return
        signed_by = library.signed_by
        view = await library.get(caller, photo_id)
        answer = PhotoResponse.of(view)
        content = answer.__pydantic_serializer__.to_json(answer)
        self._shown.keep(place, view.etag, signed_by, content)
        await _send(send, 200, _photo_headers(view.etag), content)

    async def _etag(self, library: Library, caller: Principal, place: Place) -> str:
        try:
            return await library.etag(caller, place.photo_id)
        except PhotoNotFound:
            self._shown.forget(place)
            raise

    def _caller(self, headers: Headers, call: Call) -> Principal | None:
        tokens: TokenVerifier = self._state.tokens
        caller = tokens.known(headers.get(b"authorization", b"").decode("latin-1"))
        return caller if caller and not call.scopes.isdisjoint(caller.scopes) else None


def _note(scope: Asgi, caller: Principal, call: Call, **path_params: object) -> None:
    """What others ask of a request afterwards: its log line, and the count of guesses."""
    structlog.contextvars.bind_contextvars(user_id=caller.user_id)
    scope["route"], scope["path_params"] = call.route, path_params
    scope.setdefault("state", {})["principal"] = caller


def _fits(headers: Headers, limit: int) -> bool:
    """Whether the body has no more than `limit` bytes, by its own account."""
    length = headers.get(b"content-length", b"0")
    return length.isdigit() and len(length) < 10 and int(length) <= limit


async def _read(receive: Receive, limit: int) -> list[Message]:
    """The body, or as much of it as is more than `limit`."""
    messages, size = [await receive()], 0
    while messages[-1].get("more_body") and (size := size + len(messages[-1].get("body", b""))) <= limit:
        messages.append(await receive())
    return messages


def _asked(messages: list[Message], headers: Headers) -> tuple[UploadRequest, str | None] | None:
    """The body and the Idempotency-Key, if there is nothing wrong with either."""
    body = b"".join([message.get("body", b"") for message in messages])
    key = headers.get(b"idempotency-key")
    if messages[-1].get("more_body") or messages[-1]["type"] != "http.request" or len(body) > ISSUE.max_body:
        return None
    try:
        return (
            UploadRequest.model_validate_json(body),
            None if key is None else IDEMPOTENCY_KEY.validate_python(key.decode("latin-1")),
        )
    except ValidationError:
        return None


def _uuid(text: str) -> UUID | None:
    return UUID(text) if photos.ID.fullmatch(text) else None


def _plain_headers(scope: Asgi) -> Headers:
    """By name; none at all when one comes twice, or when they are too large."""
    headers: Headers = scope[HEADERS]
    size = sum(map(len, headers)) + sum(map(len, headers.values()))
    return headers if len(headers) == len(scope["headers"]) and size <= MAX_HEADER_BYTES else {}


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Gives the messages, which have been read, once more, and then what follows."""
    unread = iter(messages)

    async def receive_again() -> Message:
        return next(unread, None) or await receive()

    return receive_again


def _quota_headers(quota: Quota) -> RawHeaders:
    headers = rate_limit_headers(quota.limit, quota.remaining, quota.reset_seconds)
    return [(QUOTA_NAMES[name], value.encode()) for name, value in headers.items()]


def _photo_headers(etag: str) -> RawHeaders:
    return (b"etag", etag.encode()), SHOW_CACHE


async def _send(send: Send, status: int, headers: RawHeaders, content: bytes | None) -> None:
    if content is not None:
        headers = (*headers, (b"content-length", b"%d" % len(content)), CONTENT_TYPE)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content or b""})
