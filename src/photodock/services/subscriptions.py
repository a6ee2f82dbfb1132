"""Who hears of which changes: the subscriptions of one process."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from photodock.domain.change import Change, Position
from photodock.services.positions import Positions

log = structlog.get_logger(__name__)

MAX_WAITING = 256
"""Events that a reader may be behind. Then it is let go: it comes again with the id of the last one that it got."""


@dataclass(eq=False, slots=True)
class Event:
    """What a stream tells, one object for all streams of an organization. `change` None: begin anew, this cannot be
    continued. `rendered` is for whoever writes it out, so that it is done once."""

    id: str | None
    change: Change | None
    rendered: bytes = b""


class Subscription:
    """One stream's events, those that are told and not yet taken."""

    def __init__(self, positions: Positions, project_id: UUID | None) -> None:
        self.positions = positions
        self.project_id = project_id
        self.closed = False
        self.told: Position | None = None
        """Up to here all was taken, or is known."""
        self._covered = 0
        self._waiting: deque[Event] = deque()
        self._wake = asyncio.Event()

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)

    def begin(self, position: Position | None) -> None:
        self.told = position
        self._waiting.clear()

    def wants(self, change: Change) -> bool:
        return self.project_id in (None, change.project_id) and change.position.transaction_id >= self._covered

    def cover(self, since: Position, settled: int, changes: Sequence[Change]) -> None:
        """What is told by other means: `changes` behind `since`, and with them all by transactions below `settled`."""
        # This process may be behind the one that told the client of `since`.
        self.told = changes[-1].position if changes else max(self.told or since, since)
        self._covered = settled
        self._waiting = deque(event for event in self._waiting if event.change is None or self.wants(event.change))

    def tell(self, event: Event) -> None:
        if self.closed:
            return
        if event.change is None:
            self._covered = 0
        if len(self._waiting) >= MAX_WAITING:
            log.info("stream_dropped", reason="the client reads too slowly")
            self.close()
            return
        self._waiting.append(event)
        self._wake.set()

    def close(self) -> None:
        self.closed = True
        self._waiting.clear()
        self._wake.set()

    async def take(self, seconds: float) -> Sequence[Event]:
        """All that wait, at the latest after `seconds`; none too when it is closed."""
        if not self._wake.is_set():
            # asyncio.timeout would double what this costs, and a change may wake a thousand at once.
            alarm = asyncio.get_running_loop().call_later(seconds, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                alarm.cancel()
        if not self.closed:
            self._wake.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        if taken:
            newest = taken[-1].change
            self.told = newest.position if newest else None
        return taken


@dataclass(slots=True)
class Group:
    """An organization's."""

    positions: Positions
    members: set[Subscription] = field(default_factory=set)


class Subscriptions:
    def __init__(self) -> None:
        self._groups: dict[UUID, Group] = {}

    def __bool__(self) -> bool:
        return bool(self._groups)

    def add(self, organization_id: UUID, project_id: UUID | None, key: bytes) -> Subscription:
        group = self._groups.get(organization_id)
        if group is None:
            group = self._groups[organization_id] = Group(Positions(key, organization_id))
        subscription = Subscription(group.positions, project_id)
        group.members.add(subscription)
        return subscription

    def remove(self, organization_id: UUID, subscription: Subscription) -> None:
        group = self._groups[organization_id]
        group.members.discard(subscription)
        if not group.members:
            del self._groups[organization_id]

    def tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            group = self._groups.get(change.organization_id)
            if group is None:
                continue
            event = Event(group.positions.of_change(change.position), change)
            for member in group.members:
                if member.wants(change):
                    member.tell(event)

    def tell_reset(self, position: Position | None) -> None:
        for group in self._groups.values():
            event = Event(group.positions.of_anyone(position) if position else None, None)
            for member in group.members:
                member.tell(event)

    def close(self) -> None:
        for group in self._groups.values():
            for member in group.members:
                member.close()
