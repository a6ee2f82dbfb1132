"""The state machine: which operation comes next, what happens in the middle of it, and what at the same time."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from functools import partial

import structlog
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from machine.bench import Bench
from machine.checks import check, check_hidden, come_to_rest
from machine.doubles import Crash, Meanwhile, away, crash, nothing
from machine.world import CLOCK, Operation, World

# Drawn without regard to what is there, so that the same choices mean the same steps whatever raced.
WHICH = st.integers(0, 3)
HOW = st.integers(0, 7)
# Deletion is rare, because it ends what might still happen to a photo.
COMMON = 2 * ("confirm", "relay", "report", "put", "event", "retry") + ("sweep", "refresh", "request")
STEPS = st.tuples(st.sampled_from((*COMMON, "delete")), WHICH, HOW)
ASKING_THE_STORE = st.tuples(st.sampled_from((*2 * ("confirm", "sweep", "event"), "delete")), WHICH, HOW)
WAY = (("request", 0), ("put", 0), ("confirm", 0), ("relay", 0), ("report", 3), ("retry", 0), ("relay", 0))
"""The main road of a photo, with a detection that fails and is started again."""
PAUSING = st.tuples(st.sampled_from(("relay", "confirm", "event", "delete")), WHICH, st.just(0))
PLACES = st.sampled_from(["before", "after"])
Step = tuple[str, int, int]


def of(world: World, step: Step) -> Awaitable[None]:
    name, which, how = step
    operation: Operation = getattr(world, name)
    return operation(which, how)


class PhotosMachine(RuleBasedStateMachine):
    """`bench` is given by `make_machine`."""

    bench: Bench

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.bench)
        self.sound = False
        self.events_survive = True

    @initialize(events_survive=st.booleans(), stages=st.lists(st.integers(1, len(WAY)), min_size=1, max_size=3))
    def begin(self, events_survive: bool, stages: list[int]) -> None:
        """A few photos, each some way along the main road."""
        self.bench.examples += 1
        self.events_survive = events_survive
        self.bench.run(self.world.begin())
        for stage in stages:
            for name, how in WAY[:stage]:
                self._run(of(self.world, (name, 0, how)))

    @rule(which=WHICH, how=HOW)
    def request(self, which: int, how: int) -> None:
        self._run(self.world.request(which, how))

    @rule(which=WHICH, how=HOW)
    def put(self, which: int, how: int) -> None:
        self._run(self.world.put(which, how))

    @rule(which=WHICH)
    def end_put(self, which: int) -> None:
        self._run(self.world.end_put(which, 0))

    @rule(which=WHICH)
    def confirm(self, which: int) -> None:
        self._run(self.world.confirm(which, 0))

    @rule(which=WHICH, how=HOW)
    def report(self, which: int, how: int) -> None:
        self._run(self.world.report(which, how))

    @rule(step=STEPS)
    def any_operation(self, step: Step) -> None:
        self._run(of(self.world, step))

    @rule(which=WHICH, how=HOW)
    def event(self, which: int, how: int) -> None:
        self._run(self.world.event(which, how))

    @rule(which=WHICH, how=st.integers(2, 7))
    def relay(self, which: int, how: int) -> None:
        self._run(self.world.relay(which, how))

    @rule(by=st.sampled_from(CLOCK), then=st.sampled_from(["sweep", "sweep", "unpark", "nothing"]))
    def time_passes(self, by: timedelta, then: str) -> None:
        """With nothing done then, what is due meets the next rules' operations."""
        self._run(self.world.move_clock(by))
        if then != "nothing":
            self._run(of(self.world, (then, 0, 0)))

    @rule(how=HOW)
    def weather(self, how: int) -> None:
        self._run(self.world.weather(0, how))

    @rule(which=WHICH)
    def others_look(self, which: int) -> None:
        self._run(check_hidden(self.world, which))

    @rule(steps=st.lists(STEPS, min_size=2, max_size=4))
    def at_once(self, steps: list[Step]) -> None:
        self._run(*(of(self.world, step) for step in steps))

    @rule(step=STEPS, which=WHICH, by=st.sampled_from(["confirm", "event", "sweep"]))
    def found_at_once(self, step: Step, which: int, by: str) -> None:
        """The three ways to `uploaded`, or two of them and something else."""
        self._run(self.world.confirm(which, 0), of(self.world, (by, which, 7)), of(self.world, step))

    @rule(outer=ASKING_THE_STORE, inner=STEPS, place=PLACES)
    def while_the_store_is_asked(self, outer: Step, inner: Step, place: str) -> None:
        setattr(self.world.parts.store, place, partial(of, self.world, inner))
        self._run(of(self.world, outer), alone=False)

    @rule(inner=STEPS, place=PLACES)
    def while_jobs_are_published(self, inner: Step, place: str) -> None:
        setattr(self.world.parts.queue, place, partial(of, self.world, inner))
        self._run(self.world.relay(0, 0), alone=False)

    @rule(outer=PAUSING, by=st.sampled_from(CLOCK), place=PLACES)
    def time_passes_meanwhile(self, outer: Step, by: timedelta, place: str) -> None:
        """A process sleeps in the middle: its lease ends, its URL ends, others were faster."""
        for backend in (self.world.parts.store, self.world.parts.queue):
            setattr(backend, place, partial(self.world.move_clock, by))
        self._run(of(self.world, outer), alone=False)

    @rule(outer=ASKING_THE_STORE, fault=st.sampled_from([crash, away]), place=PLACES)
    def fault_at_the_store(self, outer: Step, fault: Meanwhile, place: str) -> None:
        setattr(self.world.parts.store, place, fault)
        self._run(of(self.world, outer), alone=False)

    def teardown(self) -> None:
        # After a failure the database is as it should never be: the first finding counts.
        if self.sound:
            with structlog.testing.capture_logs():
                self.bench.run(come_to_rest(self.world, events_survive=self.events_survive))

    def _run(self, *operations: Awaitable[None], alone: bool = True) -> None:
        self.bench.steps += 1
        self.world.alone = alone and len(operations) == 1
        self.sound = False
        with structlog.testing.capture_logs():
            self.bench.run(self._step(operations))
        self.sound = True

    async def _step(self, operations: tuple[Awaitable[None], ...]) -> None:
        """A crash ends the operation that it struck, and never the machine."""
        answers = await asyncio.gather(*operations, return_exceptions=True)
        await others_ended()
        self.world.parts.queue.be_well()
        self.world.parts.store.before = self.world.parts.store.after = nothing
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Crash):
                raise answer
        await check(self.world)


async def others_ended() -> None:
    """What a crash left behind in a `gather` runs on; it must not reach into the next step."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*left, return_exceptions=True)


def make_machine(bench: Bench) -> type[PhotosMachine]:
    return type("PhotosMachineOnBench", (PhotosMachine,), {"bench": bench})
