"""Positions in the feed as clients hold them."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from photodock.domain.change import Position
from photodock.services.positions import LENGTH, Positions

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
ORGANIZATION = UUID(int=7)
NUMBERS = st.integers(0, 2**63 - 1)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
POSITIONS = st.builds(Position, st.integers(0, 2**64 - 1), NUMBERS, MOMENTS)
ONE = Position(754, 3, datetime(2026, 11, 26, 1, 2, 3, 456789, tzinfo=UTC))


@given(POSITIONS)
@settings(deadline=None)
def test_a_position_comes_back_as_it_was(position: Position) -> None:
    ours = Positions(KEY, ORGANIZATION)
    for text in (ours.of_change(position), ours.of_anyone(position)):
        assert len(text) == LENGTH
        assert text.replace("-", "").replace("_", "").isalnum()
        assert ours.decode(text) == position


def test_of_a_change_it_is_always_the_same_and_of_anyones_never() -> None:
    ours = Positions(KEY, ORGANIZATION)
    assert len({ours.of_change(ONE) for _ in range(5)}) == 1
    assert len({ours.of_anyone(ONE) for _ in range(5)}) == 5


def test_positions_that_lie_close_look_nothing_alike() -> None:
    ours = Positions(KEY, ORGANIZATION)
    one, next_one = (base64.urlsafe_b64decode(ours.of_change(ONE._replace(id=number))) for number in (3, 4))
    assert sum(a == b for a, b in zip(one, next_one, strict=True)) < 8


def test_another_key_or_organization_reads_nothing() -> None:
    text = Positions(KEY, ORGANIZATION).of_change(ONE)
    assert Positions(OTHER_KEY, ORGANIZATION).decode(text) is None
    assert Positions(KEY, uuid4()).decode(text) is None


def test_a_text_with_any_bit_changed_is_none_of_ours() -> None:
    ours = Positions(KEY, ORGANIZATION)
    raw = base64.urlsafe_b64decode(ours.of_change(ONE))
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert ours.decode(base64.urlsafe_b64encode(flipped).decode()) is None


@given(st.text(max_size=LENGTH + 8))
@settings(deadline=None)
def test_any_text_is_read_without_failure(text: str) -> None:
    assert Positions(KEY, ORGANIZATION).decode(text) is None
    assert Positions(KEY, ORGANIZATION).decode(text.ljust(LENGTH)[:LENGTH]) is None


def test_later_is_greater_by_transaction_first() -> None:
    later = ONE._replace(transaction_id=755, id=1, at=ONE.at - timedelta(hours=1))
    assert max(ONE, later) == later
