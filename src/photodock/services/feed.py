"""The feed of changes in one process: read once, and told to all who follow it here."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from uuid import UUID

import structlog

from photodock.db import changes
from photodock.db.listener import Listener, NoListener
from photodock.db.pool import Database
from photodock.domain.change import Position
from photodock.domain.errors import DatabaseUnavailable
from photodock.services.subscriptions import Subscription, Subscriptions
from photodock.services.watchers import Watchers

log = structlog.get_logger(__name__)

BATCH = 500
READY_SECONDS = 10.0
"""The longest that a new follower waits for the first look at the database."""
GATHER_SECONDS = 0.02
"""Between two reads: under load a notification comes with every commit, and one read may serve many."""
LINGER_SECONDS = 30.0
"""It goes on for so long when nobody follows any more: calls that wait for a photo come and go, and a beginning costs a
connection."""
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 0.02, 1.0
"""Until the next look at changes that wait for an older transaction to end: nobody tells of its end."""


class Feed:
    """Reads while somebody follows, over the pool; a notification, over a connection of its own, only says when.

    `poll_seconds`: between two reads where no notification comes. A database that is away, and connections that are
    lost, cost time and no change: reading goes on behind the last one.
    """

    def __init__(self, db: Database, listener: Listener | NoListener, *, poll_seconds: float) -> None:
        self._db = db
        self._listener = listener
        self._poll_seconds = poll_seconds
        self._subscriptions, self._watchers = Subscriptions(), Watchers()
        self._wanted, self._ready, self._heard = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._position: Position | None = None
        self._left_at = -LINGER_SECONDS
        self._is_stopped = False

    @property
    def position(self) -> Position | None:
        """All changes up to here were told. None while nothing ever happened."""
        return self._position

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Feed"]:
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            self.stop()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def stop(self) -> None:
        """Ends all streams, and each that begins from now on; wakes who watches a photo."""
        self._is_stopped = True
        self._subscriptions.close()
        self._watchers.wake_all()

    async def followed(self, organization_id: UUID, project_id: UUID | None, key: bytes) -> Subscription:
        """Hears of every change that is committed once this has returned. It must be `left`.

        Raises DatabaseUnavailable.
        """
        subscription = self._subscriptions.add(organization_id, project_id, key)
        self._wanted.set()
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
        except BaseException as error:
            self.left(organization_id, subscription)
            if isinstance(error, TimeoutError):
                raise DatabaseUnavailable("The database does not answer right now. Try again soon.") from error
            raise
        subscription.begin(self._position)
        if self._is_stopped:
            subscription.close()
        return subscription

    def left(self, organization_id: UUID, subscription: Subscription) -> None:
        self._subscriptions.remove(organization_id, subscription)
        self._left_at = asyncio.get_running_loop().time()

    @contextmanager
    def watching(self, photo_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set by the photo's changes, whosever it is. Some changes are not announced, and none are
        heard while the database is away: who waits looks for itself now and then."""
        try:
            with self._watchers.watching(photo_id) as changed:
                self._wanted.set()
                yield changed
        finally:
            self._left_at = asyncio.get_running_loop().time()

    @property
    def _is_followed(self) -> bool:
        followed = bool(self._subscriptions) or bool(self._watchers)
        return followed or asyncio.get_running_loop().time() < self._left_at + LINGER_SECONDS

    async def is_good(self, position: Position) -> bool:
        """Whether nothing behind the position is lost."""
        return await changes.is_good(self._db, position)

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            async with self._listener.listening(self._heard.set):
                while self._is_followed:
                    await self._look()
                # Who comes now waits for a new beginning: what happens meanwhile is told to nobody.
                self._wanted.clear()
                self._ready.clear()

    async def _look(self, retry_seconds: float = FIRST_RETRY_SECONDS) -> None:
        """Reads until nothing is left, and then waits for the next notification or poll."""
        self._heard.clear()
        try:
            is_held_back = await self._read()
            while is_held_back and not self._heard.is_set():
                await self._pause(retry_seconds)
                retry_seconds = min(2 * retry_seconds, LAST_RETRY_SECONDS)
                is_held_back = await self._read()
        except DatabaseUnavailable as error:
            # The listener's reconnection wakes it.
            log.warning("feed_waits_for_database", kind=type(error.__cause__).__name__)
        # Whatever it is, to give up would leave all streams silent.
        except Exception:
            log.exception("feed_failed")
        await asyncio.sleep(GATHER_SECONDS)
        await self._pause(self._poll_seconds)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard.wait()

    async def _read(self) -> bool:
        """Tells all that may be read now; whether something else waits for an older transaction."""
        if not self._ready.is_set():
            self._position = await changes.newest(self._db)
            self._ready.set()
            self._watchers.wake_all()
        while True:
            stretch = await changes.after(self._db, self._position, limit=BATCH)
            if stretch is None:
                log.warning("feed_begins_anew", hint="The database was set back, or has lost its last transactions.")
                self._position = await changes.newest(self._db)
                self._subscriptions.tell_reset(self._position)
                self._watchers.wake_all()
                return False
            if stretch.changes:
                self._position = stretch.changes[-1].position
                self._subscriptions.tell(stretch.changes)
                self._watchers.tell(stretch.changes)
            if len(stretch.changes) < BATCH:
                return stretch.held_back
