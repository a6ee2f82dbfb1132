"""What keeps one user or one organization from taking up what is there for all."""

import math
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple


class Limit(StrEnum):
    """In the order in which they are looked at. Days are days of UTC."""

    URLS = "urls"
    """Upload URLs for one user a minute."""
    BYTES = "bytes"
    """Bytes of new photos, as declared, for one user a day."""
    PENDING = "pending"
    """Photos of one user that wait for their file."""
    ORGANIZATION_URLS = "organization_urls"
    ORGANIZATION_BYTES = "organization_bytes"
    ORGANIZATION_PENDING = "organization_pending"

    def seconds_left(self, now: datetime) -> int:
        """Until the count begins anew; of pending photos nobody knows, so a minute."""
        if self in (Limit.URLS, Limit.ORGANIZATION_URLS):
            return 60 - now.second
        if self in (Limit.BYTES, Limit.ORGANIZATION_BYTES):
            end = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
            return max(1, math.ceil((end - now).total_seconds()))
        return 60


class Limits(dict[Limit, int]):
    """The most of each; a limit that is off is not among them."""

    @cached_property
    def in_order(self) -> list[int | None]:
        """Without those at the end that are off."""
        last = max((place for place, limit in enumerate(Limit, 1) if limit in self), default=0)
        return [self.get(limit) for limit in list(Limit)[:last]]


class Quota(NamedTuple):
    """What is left of a limit; `reset_seconds` until its count begins anew."""

    limit: int
    remaining: int
    reset_seconds: int


def refusal(limit: Limit, quota: Quota) -> str:
    """A sentence for the client: which limit it was, and what to do."""
    whose = "Your organization" if limit.value.startswith("organization") else "This user"
    later = f"Try again in {quota.reset_seconds} seconds"
    match limit:
        case Limit.URLS | Limit.ORGANIZATION_URLS:
            return f"{whose} may request {quota.limit} upload URLs a minute. {later}."
        case Limit.BYTES | Limit.ORGANIZATION_BYTES:
            return (
                f"{whose} may send {quota.limit} bytes of photos a day, and {quota.remaining} are left today. "
                f"{later}, when the next day (UTC) begins."
            )
        case _:
            return (
                f"{whose} may have {quota.limit} uploads pending. Send and confirm those requested before, or delete "
                f"their photos; then ask again."
            )
