"""The stream of changes: `GET /events`, taken up again where it broke."""

import json
from typing import TypeAlias

import httpx

from photodock.client.decoding import decode
from photodock.client.errors import NetworkError
from photodock.client.models import Change, Reset
from photodock.client.photos import Id
from photodock.client.retry import Transient
from photodock.client.session import Session, told_to_the_log
from photodock.client.sse import Message, MessageReader
from photodock.client.steps import Answer, Close, Operation, Pause, Read

Event: TypeAlias = Change | Reset

SILENCE_SECONDS = 60
"""The service sends a heartbeat far more often: a stream that is silent for so long is dead."""


class EventStream:
    """One subscription, over as many connections as it takes."""

    def __init__(self, session: Session, project_id: Id | None, last_event_id: str | None) -> None:
        self._session = session
        self._params = {"project_id": str(project_id) if project_id else None}
        self._last_id = last_event_id
        self._answer: Answer | None = None
        self._reader = MessageReader()
        self._failures = 0

    def more(self) -> Operation[list[Event]]:
        """The next changes, at least one, whenever they come. Raises ClientError once all attempts have failed."""
        while True:
            try:
                found = yield from self._next()
            except Transient as trouble:
                yield from self._pause(trouble)
                continue
            if found:
                return found

    def close(self) -> Operation[None]:
        if self._answer is not None:
            answer, self._answer = self._answer, None
            yield Close(answer)

    def _next(self) -> Operation[list[Event]]:
        answer = self._answer or (yield from self._connect())
        try:
            chunk: bytes = yield Read(answer)
        except (httpx.TransportError, httpx.DecodingError):
            chunk = b""
        if not chunk:
            yield from self.close()
            raise Transient(NetworkError("The stream of changes broke."))
        self._failures = 0
        try:
            messages = self._reader.feed(chunk)
            # Heartbeats have ids too: a quiet stream can be resumed long after its last change.
            self._last_id = self._reader.last_id or self._last_id
            return [event for message in messages if (event := _event(message))]
        except (ValueError, KeyError, TypeError):
            yield from self.close()
            raise self._session.not_photodock(answer.status) from None

    def _connect(self) -> Operation[Answer]:
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        request = self._session.request(
            "GET", "/events", params=self._params, headers=headers, read_seconds=SILENCE_SECONDS
        )
        answer = yield from self._session.authorized(request, stream=True)
        if not answer.is_success:
            raise self._session.failure(answer)
        if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            yield Close(answer)
            raise self._session.not_photodock(answer.status)
        self._answer = answer
        self._reader = MessageReader()
        return answer

    def _pause(self, trouble: Transient) -> Operation[None]:
        self._failures += 1
        retry = self._session.retry
        if self._failures >= retry.attempts:
            raise trouble.final
        told_to_the_log(f"{str(trouble).rstrip('.')}; listening again")
        yield Pause(retry.delay(self._failures, trouble.retry_after or self._reader.retry_seconds))


def _event(message: Message) -> Event | None:
    match message.event:
        case "photo":
            return decode(Change, json.loads(message.data), id=message.id)
        case "reset":
            return Reset(message.id)
        case _:
            return None
