"""Whether this process can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from photodock.db.health import NEWEST_REVISION, backlog, current_revision, depth, organizations_may_read
from photodock.db.pool import Database
from photodock.domain.errors import PhotodockError

CHECK_SECONDS = 2.0
"""Whoever asks whether a process is ready waits a few seconds at the most."""
DELAYED_AFTER = timedelta(minutes=1)
"""A job is sent within milliseconds, and a minute later at the latest when the relay that had it was killed."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Each part's state in a word or a code; only the database decides `ready`."""

    ready: bool
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of the outbox: how many jobs wait to be sent, how many were given up, and the age of the oldest that waits."""

    jobs: int
    parked: int
    oldest_age: timedelta


class Health:
    """`check_storage` returns when the store answers, and raises a PhotodockError when it does not."""

    def __init__(self, db: Database, check_storage: Callable[[], Awaitable[None]]) -> None:
        self._db = db
        self._check_storage = check_storage

    async def readiness(self) -> Readiness:
        """All parts side by side, none of them longer than `CHECK_SECONDS`."""
        database, storage, queue = await asyncio.gather(
            _in_time(self._database, "database_unavailable"),
            _in_time(self._storage, "storage_unavailable"),
            _in_time(self._queue, "unknown"),
        )
        return Readiness(database == "ok", {"database": database, "storage": storage, "queue": queue})

    async def waiting(self) -> Waiting | None:
        """None when the database does not say so in time."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                found, counted = await backlog(self._db), await depth(self._db)
        except (PhotodockError, TimeoutError):
            return None
        return Waiting(counted.waiting, counted.parked, found.oldest_age or timedelta(0))

    async def _database(self) -> str:
        revision = await current_revision(self._db)
        # A newer one does no harm: the next version's migrations ran already, and this process works until its turn.
        if revision is None or revision < NEWEST_REVISION:
            return "migrations_missing"
        return "ok" if await organizations_may_read(self._db) else "rights_missing"

    async def _storage(self) -> str:
        await self._check_storage()
        return "ok"

    async def _queue(self) -> str:
        """What the outbox tells of it: this process has no way to the broker, and needs none."""
        found = await backlog(self._db)
        if found.oldest_age is not None and found.oldest_age > DELAYED_AFTER:
            return "delayed"
        return "jobs_parked" if found.parked else "ok"


async def _in_time(check: Callable[[], Awaitable[str]], otherwise: str) -> str:
    """The part's state; `otherwise` when it is not to be had."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except (PhotodockError, TimeoutError):
        return otherwise
