"""Changes of photos as server-sent events: the response that does not end by itself."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from photodock.api import examples
from photodock.api.auth import TokenVerifier
from photodock.api.problems import responses
from photodock.api.secured import NO_STORE, Caller, SecuredRoute, secured
from photodock.domain.change import Change
from photodock.domain.errors import PhotodockError
from photodock.domain.identity import Scope as TokenScope
from photodock.services.streams import Stream, Streams
from photodock.services.subscriptions import Event

router = APIRouter(prefix="/api/v1/events", tags=["events"], route_class=SecuredRoute)

MEDIA_TYPE = "text/event-stream"
RETRY_MILLISECONDS = (1_000, 5_000)
"""Between a stream's end and the client's next one; another for each stream, so that not all come back at once."""
DESCRIPTION = "Server-sent events, without an end. Between them comments, so that a dead connection is noticed."
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": DESCRIPTION,
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": examples.EVENTS}},
    }
}


class EventStream(StreamingResponse):
    """Tells what `stream` has to tell, until either side ends it or the token is not good any more.

    A comment goes out at least every `heartbeat_seconds`; then, too, the token is looked at again.
    """

    media_type = MEDIA_TYPE

    def __init__(self, stream: Stream, tokens: TokenVerifier, authorization: str | None, heartbeat: float) -> None:
        # Proxies that would hold events back to fill a buffer are told not to (nginx, and those that copy it).
        super().__init__((), headers={"Cache-Control": NO_STORE, "X-Accel-Buffering": "no"})
        self._stream = stream
        self._tokens = tokens
        self._authorization = authorization
        self._heartbeat = heartbeat

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(self._end_when_left(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for part in self._parts():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._stream.close()
            leaving.cancel()

    async def _end_when_left(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._stream.end()

    async def _parts(self) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        retry = random.randint(*RETRY_MILLISECONDS)  # noqa: S311  (spreads load, keeps no secret)
        yield f"retry: {retry}\n\n".encode() + rendered(self._stream.first) + heartbeat(self._stream)
        due = clock() + self._heartbeat
        while not self._stream.ended:
            events = await self._stream.events(max(0.0, due - clock()))
            if events:
                yield rendered(events)
            if clock() >= due and not self._stream.ended:
                if not await self._token_is_good():
                    return
                yield heartbeat(self._stream)
                due = clock() + self._heartbeat

    async def _token_is_good(self) -> bool:
        with suppress(PhotodockError):
            await self._tokens.principal(self._authorization)
            return True
        return False


def heartbeat(stream: Stream) -> bytes:
    """A comment, and where the stream stands: so that a quiet one, too, can be resumed when it broke long after."""
    position = stream.position()
    return b": here\n" + (f"id: {position}\n".encode() if position else b"") + b"\n"


def rendered(events: Iterable[Event]) -> bytes:
    parts = []
    for event in events:
        event.rendered = event.rendered or render(event)
        parts.append(event.rendered)
    return b"".join(parts)


def render(event: Event) -> bytes:
    name, data = ("photo", shown(event.change)) if event.change else ("reset", {})
    lines = [f"id: {event.id}"] if event.id else []
    return "\n".join([*lines, f"event: {name}", f"data: {json.dumps(data)}", "", ""]).encode()


def shown(change: Change) -> dict[str, Any]:
    """Thin: what a photo is like now only the photo itself says."""
    return {
        "type": change.type,
        "photo_id": str(change.photo_id),
        "project_id": str(change.project_id),
        "status": change.status,
        "at": change.position.at.isoformat().replace("+00:00", "Z"),
    }


@router.get(
    "",
    summary="Follow changes as they happen",
    response_class=StreamingResponse,
    responses=responses(
        *("unauthenticated", "headers_too_large", "body_too_large", "insufficient_scope", "invalid_request"),
        *("project_access_denied", "too_many_streams", "database_unavailable"),
        also=STREAM,
    ),
)
@secured(TokenScope.READ)
async def follow(
    request: Request,
    caller: Caller,
    project_id: Annotated[UUID | None, Query(description="This project's photos alone; else all of yours.")] = None,
    last_event_id: Annotated[
        str | None, Header(description="The `id` of the last event that you have: what came after it is sent first.")
    ] = None,
) -> EventStream:
    """One event `photo` for each change of a photo of your organization, in the order in which they took effect. A
    photo's creation is not among them. With `Last-Event-ID` the stream goes on where another ended; where that is not
    possible any more it begins with the event `reset`: read your list anew."""
    streams: Streams = request.app.state.streams
    stream = await streams.open(caller, project_id, last_event_id)
    state = request.app.state
    return EventStream(stream, state.tokens, request.headers.get("authorization"), state.stream_heartbeat)
