"""Who waits for the next change of one photo: the calls of one process that are held back."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from photodock.domain.change import Change


class Watchers:
    def __init__(self) -> None:
        self._waiting: dict[UUID, set[asyncio.Event]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @contextmanager
    def watching(self, photo_id: UUID) -> Iterator[asyncio.Event]:
        """The event is set by each change of the photo; who waits clears it, before the next look."""
        event = asyncio.Event()
        self._waiting.setdefault(photo_id, set()).add(event)
        try:
            yield event
        finally:
            others = self._waiting[photo_id]
            others.discard(event)
            if not others:
                del self._waiting[photo_id]

    def tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            for event in self._waiting.get(change.photo_id, ()):
                event.set()

    def wake_all(self) -> None:
        """To look for themselves: what happened may have been told to nobody."""
        for events in self._waiting.values():
            for event in events:
                event.set()
