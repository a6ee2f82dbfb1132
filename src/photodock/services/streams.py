"""Streams of an organization's changes: who may have one, where it begins, and what it tells."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from photodock.db import changes
from photodock.db.tenants import Tenants
from photodock.domain.change import Position
from photodock.domain.errors import ProjectAccessDenied, TooManyStreams
from photodock.domain.identity import Principal
from photodock.services.feed import Feed
from photodock.services.places import PlaceLimits, Places
from photodock.services.subscriptions import Event, Subscription
from photodock.services.uploads import PROJECT_ACCESS_DENIED

RESUMED = 1000
"""Missed changes that are told one by one; of more a client learns sooner by reading its list anew."""


class Stream:
    """One client's. `close` it when it is done; it may also end from within."""

    def __init__(self, feed: Feed, who: Principal, subscription: Subscription, places: Places) -> None:
        self._feed = feed
        self._who = who
        self._subscription = subscription
        self._places = places
        self._is_closed = False
        self.first: Sequence[Event] = ()
        """What is told at once."""

    @property
    def ended(self) -> bool:
        return self._subscription.closed

    async def events(self, seconds: float) -> Sequence[Event]:
        """What happened since the last call, at the latest after `seconds`."""
        return await self._subscription.take(seconds)

    def position(self) -> str | None:
        """Where the stream stands once its client has all `events` so far. Another each time, so that it says nothing
        of what goes on elsewhere."""
        told = self._subscription.told
        reached = (told,) if self._subscription.has_waiting else (told, self._feed.position)
        position = max(filter(None, reached), default=None)
        return self._subscription.positions.of_anyone(position) if position else None

    def resume(self, since: Position, missed: changes.Missed) -> None:
        self._subscription.cover(since, missed.settled, missed.changes)
        encode = self._subscription.positions.of_change
        self.first = [Event(encode(change.position), change) for change in missed.changes]

    def begin_anew(self) -> None:
        self.first = [Event(self.position(), None)]

    def end(self) -> None:
        """Wakes whoever waits for events; there are none any more."""
        self._subscription.close()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self.end()
            self._feed.left(self._who.organization_id, self._subscription)
            self._places.leave(self._who)


class Streams:
    def __init__(self, db: Tenants, feed: Feed, limits: PlaceLimits) -> None:
        self._db = db
        self._feed = feed
        self._places = Places(limits)

    async def open(self, who: Principal, project_id: UUID | None, last_event_id: str | None) -> Stream:
        """From now on, or behind the event of that id, without a gap. The caller closes it.

        Raises TooManyStreams, ProjectAccessDenied, DatabaseUnavailable.
        """
        with self._place(who):
            tenant = self._db.of(who.organization_id)
            opened = await changes.opened(tenant, project_id)
            if opened.key is None or not opened.has_project:
                raise ProjectAccessDenied(PROJECT_ACCESS_DENIED)
            subscription = await self._feed.followed(who.organization_id, project_id, opened.key)
            stream = Stream(self._feed, who, subscription, self._places)
        try:
            if last_event_id is not None:
                await self._continue(stream, who, subscription, last_event_id)
        except BaseException:
            stream.close()
            raise
        return stream

    async def end_at(self, stopping: asyncio.Event) -> None:
        """Ends all streams as soon as the process is to stop, so that their clients go elsewhere at once."""
        await stopping.wait()
        self._feed.stop()

    @contextmanager
    def _place(self, who: Principal) -> Iterator[None]:
        if not self._places.take(who):
            raise TooManyStreams("Too many event streams are open. Close those not needed, or try again soon.")
        try:
            yield
        except BaseException:
            self._places.leave(who)
            raise

    async def _continue(self, stream: Stream, who: Principal, subscription: Subscription, last_event_id: str) -> None:
        position = subscription.positions.decode(last_event_id)
        if position is not None:
            missed = await changes.missed(
                self._db.of(who.organization_id), position, project_id=subscription.project_id, limit=RESUMED + 1
            )
            # Asked afterwards: of what was there when they were read, nothing can have been trimmed before.
            if len(missed.changes) <= RESUMED and await self._feed.is_good(position):
                stream.resume(position, missed)
                return
        stream.begin_anew()
