"""Counting photos that were asked for and are not there: nobody guesses a UUID, but who tries is worth knowing of."""

import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import structlog

from photodock.domain.identity import Principal

log = structlog.get_logger()

MANY = 100
"""Unknown photos a minute, of one user, in one process: far above what a client with a stale list asks for."""


class UnknownPhotos:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minute = 0
        self._counts: Counter[tuple[UUID, str]] = Counter()

    def note(self, who: Principal) -> None:
        """One more of this user; the line carries his id, as all of the request do."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        user = (who.organization_id, who.user_id)
        self._counts[user] += 1
        if self._counts[user] == MANY:
            log.warning("many_unknown_photos", count=MANY)
