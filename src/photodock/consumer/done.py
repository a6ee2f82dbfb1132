"""Which jobs are done: delivery is at least once, and `message_id` is the same in every delivery of a job."""

from collections import OrderedDict
from typing import Protocol


class DoneIds(Protocol):
    """A memory of done jobs, for instance a table that all consumers share.

    It saves work and is no lock: a job may still be done twice, and photodock takes the same result twice.
    """

    async def seen(self, message_id: str) -> bool: ...

    async def add(self, message_id: str) -> None: ...


class RecentIds:
    """This process's memory of the last `limit` jobs."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._ids: OrderedDict[str, None] = OrderedDict()

    async def seen(self, message_id: str) -> bool:
        return message_id in self._ids

    async def add(self, message_id: str) -> None:
        self._ids[message_id] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
