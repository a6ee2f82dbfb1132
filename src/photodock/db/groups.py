"""Questions to the database that wait at the same time, asked in one statement.

For both sides a statement costs several times what one row of it does. So mostly one of a kind runs at a time, and
what arrives meanwhile goes with the next one, whosoever it is. Nobody waits for company: alone, a question is a group
of one.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

from photodock.db.pool import unreachable
from photodock.domain.errors import DatabaseUnavailable
from photodock.metrics.definitions import POOL_TIMEOUTS

AT_ONCE = 2
"""Statements: the second when a whole group waits for the first, or when that one is slow."""
MOST = 32
"""Questions of one statement: of more, each costs no less."""
SLOW_SECONDS = 0.02
"""A statement that takes longer waits for something, which others need not."""

Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(eq=False, slots=True)
class _Waiting(Generic[Question, Answer]):
    question: Question
    give_up_at: float
    answer: "asyncio.Future[Answer]"


class Groups(Generic[Question, Answer]):
    """`ask` gives an answer to each of up to `MOST` questions, in their order; what it raises, each of them raises.

    A caller may be cancelled at any time: the others notice nothing. Who waits longer than `timeout` seconds for a
    statement's turn gets DatabaseUnavailable, as from a pool of which no connection became free.
    """

    def __init__(self, ask: Callable[[list[Question]], Awaitable[Sequence[Answer]]], *, timeout: float) -> None:
        self._ask = ask
        self._timeout = timeout
        self._waiting: deque[_Waiting[Question, Answer]] = deque()
        self._statements: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._asked_at = 0.0

    async def answer(self, question: Question) -> Answer:
        loop = asyncio.get_running_loop()
        now = loop.time()
        one: _Waiting[Question, Answer] = _Waiting(question, now + self._timeout, loop.create_future())
        self._waiting.append(one)
        if not self._statements or self._is_held_up(now):
            self._begin()
        elif self._timer is None:
            self._timer = loop.call_at(now + SLOW_SECONDS, self._look)
        return await one.answer

    def _is_held_up(self, now: float) -> bool:
        """What waits should not wait for the statement that runs."""
        is_slow = now - self._asked_at > SLOW_SECONDS
        return (is_slow or len(self._waiting) >= MOST) and len(self._statements) < AT_ONCE

    def _begin(self) -> None:
        # Without the context, whose ids are those of one request.
        loop = asyncio.get_running_loop()
        self._asked_at = loop.time()
        statement = loop.create_task(self._run(), context=Context())
        self._statements.add(statement)
        statement.add_done_callback(self._ended)

    def _ended(self, statement: "asyncio.Task[None]") -> None:
        """It is told of a turn of the loop after the last look: whoever has come in between has begun no statement."""
        self._statements.discard(statement)
        if self._waiting and not statement.cancelled():
            self._begin()

    async def _run(self) -> None:
        """One statement after another, until nobody waits."""
        while group := self._next():
            self._asked_at = asyncio.get_running_loop().time()
            try:
                answers = await self._ask([one.question for one in group])
            except Exception as error:
                for one in group:
                    if not one.answer.done():
                        one.answer.set_exception(_same(error))
            else:
                for one, answer in zip(group, answers, strict=True):
                    if not one.answer.done():
                        one.answer.set_result(answer)

    def _next(self) -> list[_Waiting[Question, Answer]]:
        group: list[_Waiting[Question, Answer]] = []
        while self._waiting and len(group) < MOST:
            one = self._waiting.popleft()
            if not one.answer.done():  # else its caller is gone
                group.append(one)
        return group

    def _look(self) -> None:
        """One timer for all, again and again while anybody waits. Who came first is over first."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and self._waiting[0].give_up_at <= now:
            one = self._waiting.popleft()
            if not one.answer.done():
                POOL_TIMEOUTS.inc()
                one.answer.set_exception(unreachable())
        if self._waiting and self._is_held_up(now):
            self._begin()
        self._timer = loop.call_at(now + SLOW_SECONDS, self._look) if self._waiting else None


def _same(error: Exception) -> Exception:
    """For each of those that raise it its own, with a traceback of its own, where it is to be expected."""
    return type(error)(error.detail) if isinstance(error, DatabaseUnavailable) else error
