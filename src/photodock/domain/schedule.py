"""When the sweeper looks for an object that nobody has told us of."""

from collections.abc import Sequence
from datetime import datetime, timedelta

LOOKS = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""After the end of the last upload URL. S3 checks a URL's expiry when the PUT begins, so a slow phone's object may
appear an hour after it; the growing intervals also cover a store or a worker that was away."""


def next_look(
    url_expires_at: datetime, now: datetime, last: timedelta, looks: Sequence[timedelta] = LOOKS
) -> datetime | None:
    """The first look after `now`; the last one is `last` after the URL's end; None when all have passed."""
    for wait in (*(look for look in looks if look < last), last):
        if url_expires_at + wait > now:
            return url_expires_at + wait
    return None
