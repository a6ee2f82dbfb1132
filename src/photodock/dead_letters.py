"""What an operator does about dead letters, from the command line."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from photodock.domain.values import JsonObject, JsonValue
from photodock.queues.by_url import dead_letters_at
from photodock.queues.dead_letters import DeadLetter, DeadLetters, Redriven
from photodock.settings import Settings, SettingsError


async def show_dead_letters(settings: Settings, limit: int, write: Callable[[str], None]) -> None:
    """Writes a JSON object for each. Raises SettingsError, NoDeadLetterQueue, QueueUnavailable."""
    async with _opened(settings) as queue, aclosing(queue.letters(limit)) as letters:
        async for letter in letters:
            write(json.dumps(described(letter)))


async def redrive(settings: Settings, limit: int | None) -> Redriven:
    """Likewise."""
    async with _opened(settings) as queue:
        return await queue.redrive(limit)


def described(letter: DeadLetter) -> JsonObject:
    """The body as JSON where it is some, else as text; what a broker does not tell is null."""
    body: JsonValue
    try:
        body = json.loads(letter.body)
    except (ValueError, RecursionError):
        body = letter.body
    return {
        "message_id": letter.attributes.get("message_id"),
        "photo_id": body.get("photo_id") if isinstance(body, dict) else None,
        "receives": letter.receives,
        "first_reason": letter.first_reason,
        "last_reason": letter.last_reason,
        "body": body,
        "attributes": dict(letter.attributes),
    }


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[DeadLetters]:
    if settings.queue_url is None:
        raise SettingsError("The settings can't be used:\n  PHOTODOCK_QUEUE_URL: is not set. It names the queue.")
    try:
        queue = dead_letters_at(
            settings.queue_url.get_secret_value(),
            region=settings.sqs_region or None,
            endpoint_url=settings.sqs_endpoint_url,
        )
    except ValueError as error:
        raise SettingsError(f"The settings can't be used:\n  PHOTODOCK_QUEUE_URL: {error}") from None
    try:
        yield queue
    finally:
        await queue.aclose()
