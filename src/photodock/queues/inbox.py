"""What a consumer of jobs asks of a message broker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from photodock.domain.errors import QueueUnavailable


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """`receipt` belongs to this one delivery; `receives` counts the deliveries so far, this one included."""

    body: str
    receipt: str
    receives: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Those that are text; empty where they were not asked for."""


class DeliveryLost(QueueUnavailable):
    """The broker has taken this delivery back: the message comes again, or another consumer has it already."""


class Inbox(Protocol):
    """Messages of one queue, each of them in one consumer's hands at a time.

    What is neither acknowledged nor given back comes again by itself. Every call may be cancelled, and raises
    QueueUnavailable while the broker is away: the next one connects again.
    """

    @property
    def heartbeat_seconds(self) -> float | None:
        """How often a message in hand needs `extend`; None where the connection itself keeps it."""
        ...

    async def receive(self, *, limit: int) -> list[ReceivedMessage]:
        """Waits a while for the first message; returns 0 to `limit` of them."""
        ...

    async def extend(self, message: ReceivedMessage) -> None:
        """Keeps the message from others for another while. Raises DeliveryLost when it is too late for that."""
        ...

    async def acknowledge(self, message: ReceivedMessage) -> None:
        """The message is done with."""
        ...

    async def give_back(self, message: ReceivedMessage, delay_seconds: float) -> None:
        """Lets the message come again after `delay_seconds`. Returns at once."""
        ...

    async def receive_no_more(self) -> None:
        """Before a stop: lets go at once of what was not handed out yet. What is in hand stays there."""
        ...

    async def aclose(self) -> None:
        """Ends the connections; what is held back for later may come again from now on."""
        ...
