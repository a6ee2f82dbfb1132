"""What detectors, the bucket, the workers and the clock do."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from uuid_utils.compat import uuid7

from machine.clients import Clients
from machine.doubles import Crash, away, broker_away, broker_fault, crash, created_event, denied, nothing
from photodock.db import outbox
from photodock.domain.errors import InvalidStatusTransition, PhotodockError
from photodock.domain.photo import COMPLETED, object_key
from photodock.services.detection import Completed, Failed, Report, Started
from photodock.workers.photo_sweep import Outcome as Swept
from photodock.workers.s3_events import KEPT
from photodock.workers.s3_events import Outcome as Handled

REPORTS: tuple[Report, ...] = (
    Started(),
    Completed({"roofs": 1}),
    Completed({"roofs": 2}),
    Failed({"code": "too_dark", "detail": "Nothing can be seen."}),
    Failed({"code": "undecodable", "detail": "The pixels cannot be decoded."}),
)
CLOCK = (
    timedelta(minutes=2),
    timedelta(minutes=6),
    timedelta(minutes=21),
    timedelta(minutes=65),
    timedelta(hours=7),
    timedelta(days=8),
)
WEATHER = (nothing, nothing, away, denied)


class World(Clients):
    """Everything that can happen. `which` picks a photo, `how` a variant; any small numbers are good at any time."""

    async def report(self, which: int, how: int) -> None:
        photo = self.model.pick(which, taken=how != 7)
        if photo is None:
            return
        report = REPORTS[how % len(REPORTS)]
        answer = await self.answer(
            self.parts.detection.report(self.model.pipeline, photo.id, report), photo, InvalidStatusTransition
        )
        if isinstance(answer, PhotodockError):
            return
        assert answer.state == report.to
        if isinstance(report, Completed) and answer.state == COMPLETED:
            assert photo.results in (None, report.detections), "a second result was accepted"
            photo.results = report.detections

    async def event(self, which: int, how: int) -> None:
        """One that is on its way: in any order, twice, or lost; or one that nobody sent."""
        events = self.model.events
        if how < 6 and events:
            key = events[which % len(events)]
            lost = how == 5 and key not in self.model.late
            done = lost or await self._handle(key)
            if done and how != 3 and key in events:
                events.remove(key)
                self.model.late.discard(key)
            return
        photo = self.model.pick(which)
        unknown = object_key(self.model.project.id, uuid7(), "image/png", self.now)
        await self._handle(photo.key if photo else unknown)
        await self._handle(("no key of ours.jpg", unknown)[how % 2])

    async def _handle(self, key: str) -> bool:
        outcomes = await self.parts.events.handle([created_event(key)])
        assert not {Handled.ERROR, Handled.MALFORMED} & set(outcomes)
        return not KEPT & set(outcomes)

    async def sweep(self, which: int, how: int) -> None:
        outcomes = await self.parts.sweeper.run_once()
        assert Swept.ERROR not in outcomes

    async def relay(self, which: int, how: int) -> None:
        queue = self.parts.queue
        match how:
            case 3:
                queue.refuses = lambda place: place % 2 == which % 2
            case 4:
                queue.before = broker_away
            case 5:
                # The answer is lost: some may have arrived nevertheless.
                queue.after = broker_away
            case 6:
                queue.before = broker_fault
            case 7 if which % 2:
                queue.before = crash
            case 7:
                queue.after = crash
        index = which % len(self.parts.relays)
        try:
            await self.parts.relays[index].run_once()
        except Crash:
            self.parts.relays[index] = self.parts.new_relay()
            raise

    async def unpark(self, which: int, how: int) -> None:
        await outbox.retry(self.db, None, self.model.organization_id)

    async def weather(self, which: int, how: int) -> None:
        """The store is well, away, or refuses us, until told otherwise."""
        self.parts.store.always = WEATHER[how % len(WEATHER)]

    async def move_clock(self, by: timedelta) -> None:
        await self.bench.move_clock(by)
        self.offset += by
        self.model.charged.clear()


Operation = Callable[[int, int], Awaitable[None]]
