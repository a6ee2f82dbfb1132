"""Cursors come back as they were, and nobody else's are taken."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photodock.api import cursors
from photodock.domain.errors import InvalidRequest


@given(st.uuids())
@settings(deadline=None)
def test_a_cursor_comes_back_as_it_was(photo_id: UUID) -> None:
    cursor = cursors.encode(photo_id)
    assert cursors.decode(cursor) == photo_id
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_no_cursor_is_the_beginning() -> None:
    assert cursors.decode(None) is None


@given(st.text(max_size=30))
@settings(deadline=None)
def test_any_other_text_is_refused_or_one_of_ours(text: str) -> None:
    try:
        photo_id = cursors.decode(text)
    except InvalidRequest:
        return
    assert photo_id is not None
    assert cursors.encode(photo_id) == text


@pytest.mark.parametrize("text", ["", "A" * 22 + "==", "A" * 21 + "B", "A" * 44, "ä" * 22])
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="next_cursor"):
        cursors.decode(text)
