"""`Retry-After` of receivers (RFC 9110, section 10.2.3): how long they want to hear nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

from photodock.domain.webhooks import LONGEST_PAUSE

BUSY = (429, 503)
"""Of all statuses these two mean that the same may be taken later."""


def asked_pause(status: int, retry_after: str | None, now: datetime) -> timedelta | None:
    """At most LONGEST_PAUSE; None where none is asked for, or in no form that there is."""
    if status not in BUSY or retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        # No number of digits is too long for a comparison.
        seconds = min(int(text[:10]), LONGEST_PAUSE.total_seconds())
        return timedelta(seconds=seconds) if seconds else None
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(wait, LONGEST_PAUSE) if wait > timedelta(0) else None


class Pauses:
    """Receivers that asked for one, by webhook and URL: another URL is another receiver. Known to this worker alone:
    each asks for itself, one time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._until: dict[tuple[UUID, str], datetime] = {}

    def note(self, webhook_id: UUID, url: str, pause: timedelta) -> None:
        self._until[webhook_id, url] = self._clock() + pause

    @property
    def open(self) -> list[tuple[UUID, str]]:
        now = self._clock()
        self._until = {key: until for key, until in self._until.items() if until > now}
        return list(self._until)
