"""How many uploaded objects a process looks at, at a time. A store that answers only when it is told to is none that a
real one can be made to be."""

import asyncio
from typing import Any

import pytest

from photodock.domain.errors import StorageUnavailable
from photodock.services import inspector, whole_content
from photodock.services.inspector import Inspector
from photodock.services.whole_content import WholeContent
from photodock.storage.s3 import ObjectHead


class HeldStore:
    """Counts who is being answered."""

    def __init__(self) -> None:
        self.answering = self.most = self.answered = 0
        self.opened = asyncio.Event()

    async def read_head(self, key: str, length: int) -> ObjectHead:
        return ObjectHead(8, "image/jpeg", None, await self.read_range(key, 0, 8))

    async def read_range(self, key: str, start: int, end: int) -> bytes:
        self.answering += 1
        self.most = max(self.most, self.answering)
        await self.opened.wait()
        self.answering -= 1
        self.answered += 1
        return b"no photo"


@pytest.fixture
def store() -> Any:
    return HeldStore()


async def all_that_can() -> None:
    """Whatever waits for nothing but its turn on the event loop has had it."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_more_objects_are_looked_at_than_may_be(store: Any) -> None:
    looking = Inspector(store)
    looks = [asyncio.create_task(looking.look(str(number))) for number in range(3 * inspector.AT_ONCE)]
    await all_that_can()
    assert store.answering == inspector.AT_ONCE
    store.opened.set()
    heads = [head for head, _ in await asyncio.gather(*looks)]
    assert (store.most, store.answered) == (inspector.AT_ONCE, len(looks))
    assert {head.data for head in heads} == {b""}


async def test_who_gets_no_place_in_time_hears_that_storage_is_slow(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspector, "AT_ONCE", 1)
    monkeypatch.setattr(inspector, "PLACE_SECONDS", 0.01)
    looking = Inspector(store)
    first = asyncio.create_task(looking.look("first"))
    await all_that_can()
    with pytest.raises(StorageUnavailable):
        await looking.look("second")
    store.opened.set()
    await first
    # Whoever left has taken no place with them.
    await looking.look("third")


async def test_no_more_whole_objects_are_read_than_may_be(store: Any) -> None:
    whole = WholeContent(store)
    reads = [asyncio.create_task(whole.sha256(str(number), 8)) for number in range(3 * whole_content.READS)]
    await all_that_can()
    assert store.answering == whole_content.READS
    store.opened.set()
    assert len(set(await asyncio.gather(*reads))) == 1
    assert store.most == whole_content.READS
