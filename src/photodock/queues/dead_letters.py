"""What an operator asks of the queue in which jobs end that nobody could work off."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Protocol

from photodock.domain.errors import QueueUnavailable


class NoDeadLetterQueue(QueueUnavailable):
    """The queue names none, or the one that it names is not there."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`receives` counts the deliveries before it was looked at; the reasons are the broker's own words. None: it does
    not say."""

    body: str
    attributes: Mapping[str, str]
    receives: int | None = None
    first_reason: str | None = None
    last_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Redriven:
    """`moved` messages are back in their queue; `rest` says why others are not, or is empty."""

    moved: int
    rest: str = ""


class DeadLetters(Protocol):
    """The dead-letter queue of one queue. Raises NoDeadLetterQueue where there is none, else QueueUnavailable."""

    def letters(self, limit: int) -> AsyncGenerator[DeadLetter, None]:
        """Up to `limit` of them. They stay where they are, hidden from others until the generator is closed."""
        ...

    async def redrive(self, limit: int | None) -> Redriven:
        """Moves the messages, or `limit` of them, back into the queue. One that a crash interrupts is in both."""
        ...

    async def aclose(self) -> None: ...
