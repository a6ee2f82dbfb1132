"""Answers to `GET /photos/{photo_id}` as they were last given: clients that wait for a photo ask again and again."""

from typing import NamedTuple
from uuid import UUID

MOST = 2_000
MOST_BYTES = 8_192
"""Of one answer: all together they take 16 MB at the most. Photos with long results are read less often."""


class Place(NamedTuple):
    """A photo as callers of one organization see it, or those of any. To strangers nothing is as it is to its owners,
    not even the statement that looks for it: its time would tell them that there is such a photo."""

    organization_id: UUID | None
    photo_id: UUID


class Shown:
    """An answer is good for its organization, as long as its ETag holds and its URLs' signer stays the same.

    That the photo still has this ETag, and is the caller's to read, the database must have said just now. A slot of
    signing ends all ETags: with the first answer of the next one the old ones go.
    """

    def __init__(self) -> None:
        self._slot = ""
        self._answers: dict[Place, tuple[str, object, bytes]] = {}

    def __contains__(self, place: Place) -> bool:
        return place in self._answers

    def find(self, place: Place, etag: str, signed_by: object) -> bytes | None:
        kept_etag, kept_signer, answer = self._answers.get(place, ("", None, b""))
        return answer if kept_etag == etag and kept_signer is signed_by else None

    def keep(self, place: Place, etag: str, signed_by: object, answer: bytes) -> None:
        slot = etag.rpartition("-")[2]
        if slot != self._slot or len(self._answers) >= MOST:
            self._slot = slot
            self._answers.clear()
        if len(answer) <= MOST_BYTES:
            self._answers[place] = etag, signed_by, answer

    def forget(self, place: Place) -> None:
        self._answers.pop(place, None)
