"""Questions that wait at the same time, with a stand-in for the statement that answers them."""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

import pytest

from photodock.db.groups import AT_ONCE, MOST, SLOW_SECONDS, Groups
from photodock.domain.errors import DatabaseUnavailable


class Statements:
    """Answers each question with itself, once `open` is set; `fault` is raised in place of the next answer."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.open = asyncio.Event()
        self.fault: Exception | None = None
        self.running = self.most = 0

    async def ask(self, group: list[int]) -> Sequence[int]:
        self.groups.append(group)
        self.running += 1
        self.most = max(self.most, self.running)
        await self.open.wait()
        self.running -= 1
        if self.fault:
            fault, self.fault = self.fault, None
            raise fault
        return group


@pytest.fixture
def statements() -> Statements:
    return Statements()


async def asked(groups: Groups[int, int], *numbers: int) -> list["asyncio.Task[int]"]:
    """Tasks that ask, all of them under way."""
    tasks = [asyncio.create_task(groups.answer(number)) for number in numbers]
    await turn()
    return tasks


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def all_busy(groups: Groups[int, int]) -> list["asyncio.Task[int]"]:
    """As many questions as there are statements at a time, each alone in one: the one before seems slow."""
    tasks = []
    for number in range(AT_ONCE):
        groups._asked_at = -math.inf
        tasks += await asked(groups, -number - 1)
    return tasks


async def one_busy(groups: Groups[int, int]) -> list["asyncio.Task[int]"]:
    """One question in a statement, which never seems slow."""
    tasks = await asked(groups, -1)
    groups._asked_at = asyncio.get_running_loop().time() + 600
    return tasks


async def test_a_question_alone_is_asked_at_once(statements):
    statements.open.set()
    groups = Groups(statements.ask, timeout=5)
    assert [await groups.answer(number) for number in (1, 2)] == [1, 2]
    assert statements.groups == [[1], [2]]


async def test_what_arrives_meanwhile_goes_with_the_next_one(statements):
    groups = Groups(statements.ask, timeout=5)
    tasks = await one_busy(groups) + await asked(groups, 1, 2) + await asked(groups, 3)
    statements.open.set()
    assert await asyncio.gather(*tasks) == [-1, 1, 2, 3]
    assert statements.groups == [[-1], [1, 2, 3]]


async def test_a_whole_group_does_not_wait_for_another(statements):
    groups = Groups(statements.ask, timeout=5)
    tasks = await one_busy(groups) + await asked(groups, *range(MOST - 1))
    assert statements.running == 1
    tasks += await asked(groups, MOST - 1)
    assert statements.running == 2
    statements.open.set()
    await asyncio.gather(*tasks)
    assert statements.groups == [[-1], list(range(MOST))]


async def test_nobody_waits_for_a_statement_that_is_slow(statements):
    groups = Groups(statements.ask, timeout=5)
    tasks = await asked(groups, 1)
    groups._asked_at -= SLOW_SECONDS
    tasks += await asked(groups, 2)
    assert statements.running == 2
    statements.open.set()
    assert await asyncio.gather(*tasks) == [1, 2]


async def test_nor_does_who_comes_first_and_is_the_only_one(statements):
    groups = Groups(statements.ask, timeout=600)
    tasks = await asked(groups, 1) + await asked(groups, 2)
    async with asyncio.timeout(30):
        while statements.running < 2:
            await asyncio.sleep(0.01)
    statements.open.set()
    assert await asyncio.gather(*tasks) == [1, 2]


async def test_what_waits_goes_together_in_its_order_and_gets_its_own_answers(statements):
    groups = Groups(statements.ask, timeout=5)
    tasks = await all_busy(groups) + await asked(groups, *range(MOST + 3))
    statements.open.set()
    assert await asyncio.gather(*tasks) == [-1, -2, *range(MOST + 3)]
    assert statements.groups[AT_ONCE:] == [list(range(MOST)), list(range(MOST, MOST + 3))]
    assert statements.most == AT_ONCE


async def test_who_comes_in_the_moment_in_which_all_statements_end_does_not_wait(statements):
    """Both have looked for others in vain, and the event loop has not heard of their end yet."""
    groups = Groups(statements.ask, timeout=600)
    before = await all_busy(groups)
    statements.open.set()
    # Its first step comes right behind their last ones.
    late = asyncio.create_task(groups.answer(1))
    async with asyncio.timeout(10):
        assert await asyncio.gather(*before, late) == [-1, -2, 1]


async def test_a_fault_is_its_groups_alone(statements):
    groups = Groups(statements.ask, timeout=5)
    busy, both = await all_busy(groups), await asked(groups, 1, 2)
    statements.fault = DatabaseUnavailable("away")
    statements.open.set()
    found: list[Any] = await asyncio.gather(*busy, return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["DatabaseUnavailable", "int"]
    assert await asyncio.gather(*both) == [1, 2]


async def test_two_of_a_group_do_not_share_one_exception(statements):
    groups = Groups(statements.ask, timeout=5)
    busy, both = await all_busy(groups), await asked(groups, 1, 2)

    async def away(_: list[int]) -> Sequence[int]:
        raise DatabaseUnavailable("away")

    groups._ask = away
    statements.open.set()
    one, other = await asyncio.gather(*both, return_exceptions=True)
    await asyncio.gather(*busy)
    assert isinstance(one, DatabaseUnavailable)
    assert isinstance(other, DatabaseUnavailable)
    assert one is not other


async def test_a_caller_who_leaves_is_not_asked_for_and_disturbs_nobody(statements):
    groups = Groups(statements.ask, timeout=5)
    busy = await all_busy(groups)
    leaves_early, stays = await asked(groups, 1, 2)
    busy[0].cancel()
    leaves_early.cancel()
    await turn()
    statements.open.set()
    assert await stays == 2
    assert await busy[1] == -2
    assert statements.groups[AT_ONCE:] == [[2]]


async def test_who_waits_too_long_is_told_and_the_others_go_on(statements):
    groups = Groups(statements.ask, timeout=0.02)
    busy, waiting = await all_busy(groups), await asked(groups, 1, 2)
    for task in waiting:
        with pytest.raises(DatabaseUnavailable):
            await task
    later = await asked(groups, 3)
    with pytest.raises(DatabaseUnavailable):
        await later[0]
    statements.open.set()
    assert await asyncio.gather(*busy) == [-1, -2]
    assert await groups.answer(4) == 4
    assert [number for group in statements.groups for number in group] == [-1, -2, 4]
