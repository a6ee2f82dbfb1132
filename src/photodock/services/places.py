"""How many connections may be kept open at once, by event streams or by answers that are held back."""

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from photodock.domain.identity import Principal


@dataclass(frozen=True, slots=True)
class PlaceLimits:
    """Taken at once in one process."""

    process: int
    organization: int
    user: int


class Places:
    """How many are taken, by each organization and user."""

    def __init__(self, limits: PlaceLimits) -> None:
        self._limits = limits
        self._taken: Counter[Hashable] = Counter()

    def take(self, who: Principal) -> bool:
        """False when there is none for them; else the caller must `leave` it."""
        if any(self._taken[key] >= limit for key, limit in self._of(who)):
            return False
        self._taken.update(key for key, _ in self._of(who))
        return True

    def leave(self, who: Principal) -> None:
        for key, _ in self._of(who):
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]

    def _of(self, who: Principal) -> Iterator[tuple[Hashable, int]]:
        yield (who.organization_id, who.user_id), self._limits.user
        yield who.organization_id, self._limits.organization
        yield "process", self._limits.process
