"""Photos that take all there is of memory, of CPU time or of patience: real ones, on the real decoder."""

import signal

import pytest

from photodock.pixels import DecodingLimitExceeded, Limits, decode
from photodock.pixels.process import Child
from support.bombs import black_png, jpeg_of_scans

MIB = 1024 * 1024


async def test_a_bomb_that_needs_more_memory_than_it_may_is_a_normal_error() -> None:
    bomb = black_png(12_000, 12_000)
    assert len(bomb) < MIB
    with pytest.raises(DecodingLimitExceeded):
        await decode(bomb, longest_side=64, limits=Limits(memory_bytes=256 * MIB))


async def test_a_bomb_that_takes_more_cpu_time_than_it_may_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel, before the deadline would end it."""
    ended: list[int] = []
    run = Child.run

    def noting(child: Child) -> tuple[int, bytes]:
        status, answer = run(child)
        ended.append(-status)
        return status, answer

    monkeypatch.setattr(Child, "run", noting)
    bomb = jpeg_of_scans(6_000, 4_000)
    assert len(bomb) < 4 * MIB
    with pytest.raises(DecodingLimitExceeded):
        await decode(bomb, longest_side=64, limits=Limits(cpu_seconds=1))
    assert ended == [signal.SIGXCPU]


async def test_a_bomb_that_takes_longer_than_it_may_is_ended() -> None:
    with pytest.raises(DecodingLimitExceeded):
        await decode(jpeg_of_scans(6_000, 4_000), longest_side=64, limits=Limits(seconds=0.7))
