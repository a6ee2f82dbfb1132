"""Watches what the service reads from the store, and lets things happen in the middle of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from photodock.storage.s3 import ObjectHead, ObjectStore


@dataclass
class Reads:
    """`heads` and `ranges`: the keys and byte ranges asked for. `after_head` runs once, when a head has been read."""

    heads: list[str] = field(default_factory=list)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    before_head: Callable[[], Awaitable[object]] | None = None
    after_head: Callable[[], Awaitable[object]] | None = None

    @classmethod
    def watched(cls, monkeypatch: pytest.MonkeyPatch) -> "Reads":
        reads = cls()
        read_head, read_range = ObjectStore.read_head, ObjectStore.read_range

        async def watched_head(store: ObjectStore, key: str, length: int) -> ObjectHead:
            reads.heads.append(key)
            interlude, reads.before_head = reads.before_head, None
            if interlude:
                await interlude()
            head = await read_head(store, key, length)
            interlude, reads.after_head = reads.after_head, None
            if interlude:
                await interlude()
            return head

        async def watched_range(store: ObjectStore, key: str, start: int, end: int) -> bytes:
            reads.ranges.append((start, end))
            return await read_range(store, key, start, end)

        monkeypatch.setattr(ObjectStore, "read_head", watched_head)
        monkeypatch.setattr(ObjectStore, "read_range", watched_range)
        return reads
