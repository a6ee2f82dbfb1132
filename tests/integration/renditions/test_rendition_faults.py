"""Faults that are not the photo's: however often they come, its pictures are made in the end."""

import errno
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from photodock.db import photos
from photodock.domain.errors import DatabaseUnavailable
from photodock.services.renditions import MAX_ATTEMPTS, Outcome
from photodock.workers.renditions import RenditionMaker
from support.images import jpeg
from support.system import Caller

Jobs = Callable[[dict[str, Any]], Awaitable[list[int]]]


@pytest.mark.parametrize(
    "fault",
    [BlockingIOError(errno.EAGAIN, "fork"), OSError(errno.ENOMEM, "no memory"), TimeoutError(), MemoryError()],
    ids=lambda fault: type(fault).__name__,
)
async def test_while_the_machine_is_short_of_something_no_attempt_is_counted(
    api: Caller,
    project: str,
    maker: RenditionMaker,
    jobs: Jobs,
    leases_end: Any,
    fault: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def short(*_: Any, **__: Any) -> None:
        raise fault

    photo = await api.upload(project, jpeg())
    with monkeypatch.context() as patch:
        patch.setattr("photodock.services.renditions.render", short)
        for _ in range(MAX_ATTEMPTS + 1):
            assert await maker.run_once() == [Outcome.AWAY]
            assert await jobs(photo) == [0]
            assert await maker.run_once() == [], "it waits before the next attempt"
            await leases_end()
    assert await maker.run_once() == [Outcome.MADE]


async def test_a_job_that_the_database_broke_off_is_given_back_when_it_is_there_again(
    api: Caller, project: str, maker: RenditionMaker, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise DatabaseUnavailable("The database is away.")

    photo = await api.upload(project, jpeg())
    with monkeypatch.context() as patch:
        patch.setattr(photos, "get", away)
        for _ in range(MAX_ATTEMPTS + 1):
            assert await maker.run_once() == [None], "the same job, at once, and not behind its lease"
            assert await jobs(photo) == [1]
    assert await maker.run_once() == [Outcome.MADE]
