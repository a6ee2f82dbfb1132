"""Who is killed when: named points one after the other, and servers at random beside them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from crash.fleet import Victim
from crash.ledger import Ledger
from crash.points import Point

AT_RANDOM = "at random"
FIRES_WITHIN_SECONDS = 120
BACK_WITHIN_SECONDS = 120
POLL_SECONDS = 0.02
BREATH_SECONDS = (0.3, 1.3)
"""Between two points, from and to: a process that is killed as soon as it is back gets nothing done in between."""


@dataclass(frozen=True, slots=True)
class Kill:
    """`recovery_seconds`: until the victim did its work again. `in_flight`: the photos under way at that moment."""

    victim: str
    point: str
    in_flight: frozenset[str]
    recovery_seconds: float


class Killer:
    """Kills by itself, one after the other; several of them work side by side."""

    def __init__(self, folder: Path, ledger: Ledger, chance: Random) -> None:
        self._ledger = ledger
        self._chance = chance
        self._armed, self._fired = folder / "armed", folder / "fired"
        self._armed.mkdir(exist_ok=True)
        self._fired.mkdir(exist_ok=True)
        self.kills: list[Kill] = []
        self.never_reached: list[Point] = []

    async def at_points(self, victim: Victim, points: Sequence[Point]) -> None:
        """Arms one point after the other, and waits until each has fired and the victim is back."""
        for point in points:
            await asyncio.sleep(self._chance.uniform(*BREATH_SECONDS))
            before = self._times_fired(point)
            (self._armed / point.name).touch()
            if not await _happens(partial(self._has_fired, point, before), FIRES_WITHIN_SECONDS):
                (self._armed / point.name).unlink(missing_ok=True)
                self.never_reached.append(point)
                continue
            await self._note(victim, point.name, victim.lives)

    async def at_random(self, victims: Sequence[Victim], pause: tuple[float, float]) -> None:
        """`pause` in seconds, from and to, before each kill."""
        for victim in victims:
            await asyncio.sleep(self._chance.uniform(*pause))
            if not await _happens(partial(_stands, victim), BACK_WITHIN_SECONDS):
                self._ledger.mishaps.append(f"{victim.name} was not there to be killed")
                continue
            lives = victim.lives
            victim.kill()
            await self._note(victim, AT_RANDOM, lives)

    async def _note(self, victim: Victim, point: str, lives: int) -> None:
        died_at, in_flight = time.monotonic(), self._ledger.in_flight()
        if await _happens(lambda: victim.lives > lives, BACK_WITHIN_SECONDS):
            self.kills.append(Kill(victim.name, point, in_flight, victim.back_at - died_at))
        else:
            self._ledger.mishaps.append(f"{victim.name} was not back {BACK_WITHIN_SECONDS} s after its kill")

    def _has_fired(self, point: Point, before: int) -> bool:
        return self._times_fired(point) > before

    def _times_fired(self, point: Point) -> int:
        return len(list(self._fired.glob(f"{point.name}.*")))


def _stands(victim: Victim) -> bool:
    return victim.up and victim.alive


async def _happens(look: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True
