"""Counting photos that were asked for and are not there: nobody guesses a UUID, but who tries is worth knowing of."""

import time
from collections import Counter
from collections.abc import Callable

import structlog

log = structlog.get_logger()

MANY = 100
"""Unknown photos a minute, of one user, in one process: far above what a client with a stale list asks for."""


class UnknownPhotos:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def note(self) -> None:
        """One more of the request's user; the line carries his id, as all of this request do."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        user_id = structlog.contextvars.get_contextvars().get("user_id", "")
        self._counts[user_id] += 1
        if self._counts[user_id] == MANY:
            log.warning("many_unknown_photos", count=MANY)
