"""Which answers are given again."""

from uuid import uuid4

from photodock.api.shown import MOST, MOST_BYTES, Place, Shown


def place() -> Place:
    return Place(uuid4(), uuid4())


def test_an_answer_is_given_again_for_its_etag_and_its_signer_alone():
    shown, photo, signer = Shown(), place(), object()
    shown.keep(photo, '"1-7"', signer, b"{}")
    assert photo in shown
    assert shown.find(photo, '"1-7"', signer) == b"{}"
    assert shown.find(photo, '"2-7"', signer) is None
    assert shown.find(photo, '"1-7"', object()) is None
    assert shown.find(Place(uuid4(), photo.photo_id), '"1-7"', signer) is None
    shown.forget(photo)
    assert photo not in shown


def test_the_next_slot_ends_all_answers():
    shown, old, new = Shown(), place(), place()
    shown.keep(old, '"1-7"', None, b"{}")
    shown.keep(new, '"1-8"', None, b"{}")
    assert (old in shown, new in shown) == (False, True)


def test_there_is_an_end_to_what_is_kept():
    shown, ids = Shown(), [place() for _ in range(MOST + 1)]
    shown.keep(ids[0], '"1-7"', None, b"x" * (MOST_BYTES + 1))
    assert ids[0] not in shown
    for photo in ids:
        shown.keep(photo, '"1-7"', None, b"{}")
    assert [photo for photo in ids if photo in shown] == [ids[-1]]
