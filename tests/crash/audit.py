"""What must hold when all is over. Pure: evidence in, violations out."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from crash.evidence import Evidence, Row
from crash.ledger import Ledger, Part
from photodock.domain.object_key import originals_of
from photodock.domain.renditions import LONGEST_SIDES
from support.audit import is_legal

DONE = {Part.LIES: ("failed(content_mismatch)",), Part.NEVER_SENDS: ("failed(upload_expired)",)}
"""Where a photo may end by what its client did; all others see `_ends_of`."""


@dataclass(frozen=True, slots=True)
class Violation:
    """`subject`: a photo's id, a key, or whatever else it is about."""

    rule: str
    subject: str
    detail: str


def audited(evidence: Evidence, ledger: Ledger) -> list[Violation]:
    """What the store itself has lost is excused here, and only here: see `Ledger.lost_by_store`."""
    rules = (_ends, _deletions, _jobs, _repeats, _histories, _orphans, _contents, _renditions, _answers, _leftovers)
    found = [violation for rule in rules for violation in rule(evidence, ledger)]
    return found + [Violation("a mishap", "-", mishap) for mishap in ledger.mishaps]


def _ends(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """No photo that reached the store ends anywhere but where it should."""
    for photo_id, upload in ledger.uploads.items():
        row = evidence.rows.get(photo_id)
        if row is None:
            if not upload.deletion_asked:
                yield Violation("a lost row", photo_id, f"its client {upload.part.value}")
        elif not (upload.deletion_asked or photo_id in ledger.lost_by_store):
            allowed = DONE.get(upload.part) or _ends_of(photo_id, ledger)
            if upload.arrived and row.state not in allowed:
                yield Violation("a wrong end", photo_id, f"{row.state} instead of {' or '.join(allowed)}")


def _ends_of(photo_id: str, ledger: Ledger) -> tuple[str, ...]:
    return ("failed(detection_failed)",) if ledger.reported.get(photo_id) == "failed" else ("completed",)


def _deletions(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """What was deleted is deleted, and only that."""
    for photo_id, upload in ledger.uploads.items():
        if upload.deletion_answered and photo_id in evidence.rows:
            yield Violation("a deleted photo lives", photo_id, evidence.rows[photo_id].state)
        if upload.deletion_answered and photo_id not in evidence.tombstones:
            yield Violation("no tombstone", photo_id, upload.key)
    for photo_id in evidence.tombstones:
        if photo_id not in ledger.uploads or not ledger.uploads[photo_id].deletion_asked:
            yield Violation("a deletion that nobody asked for", photo_id, "it has a tombstone")
        if photo_id in evidence.rows:
            yield Violation("a row beside its tombstone", photo_id, evidence.rows[photo_id].state)


def _jobs(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """Every photo that is or was `uploaded` had a job: a deleted one only if it got as far as being sent."""
    received = {job.photo_id for job in evidence.jobs}
    for photo_id, steps in evidence.histories.items():
        reached = {status for _, status in steps}
        promise = "uploaded" if photo_id in evidence.rows else "processing"
        if promise in reached and photo_id not in received:
            yield Violation("no job", photo_id, f"its history reaches {promise}")
    for photo_id in received - evidence.histories.keys():
        yield Violation("a job for nobody", photo_id, "no such photo ever was")


def _repeats(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """One message id a photo, but for those whose detection was overdue; and each of them from the outbox."""
    ids: dict[str, set[str]] = defaultdict(set)
    for job in evidence.jobs:
        ids[job.photo_id].add(job.message_id)
    for photo_id, received in ids.items():
        most = 2 if photo_id in ledger.forgotten else 1
        if len(received) > most:
            yield Violation("several jobs", photo_id, f"{len(received)} message ids; {most} can be explained")
        row = evidence.rows.get(photo_id)
        if row and not received <= set(row.jobs):
            yield Violation("a job without an outbox row", photo_id, f"{received - set(row.jobs)}")


def _histories(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    for photo_id in evidence.rows.keys() | evidence.histories.keys():
        row = evidence.rows.get(photo_id)
        steps = evidence.histories.get(photo_id, [])
        if not is_legal(steps, row.status if row else None):
            yield Violation("an illegal history", photo_id, f"{row.state if row else 'deleted'}: {steps}")


def _orphans(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """Every object is a living photo's, and one that kept it."""
    owners = {row.key: row for row in evidence.rows.values()}
    stones = {key: photo_id for photo_id, key in evidence.tombstones.items()}
    for key in evidence.objects:
        photos_keys = originals_of(key) or (key,)
        owner: Row | None = next((owners[one] for one in photos_keys if one in owners), None)
        deleted = next((stones[one] for one in photos_keys if one in stones), None)
        if deleted:
            yield Violation("an object of a deleted photo", deleted, key)
        elif owner is None:
            yield Violation("an orphan object", key, "neither a photo's nor a tombstone's")
        elif owner.status == "pending_upload" or owner.state.endswith(("(upload_expired)", "(content_mismatch)")):
            yield Violation("an object that its photo does not know of", owner.photo_id, owner.state)


def _contents(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """Every photo past `pending_upload` has its object, with just the bytes that were sent."""
    for photo_id, row in evidence.rows.items():
        upload = ledger.uploads.get(photo_id)
        if upload is None or photo_id in ledger.lost_by_store or not upload.stays:
            continue
        found = evidence.objects.get(row.key)
        if found is None:
            yield Violation("a lost object", photo_id, row.state)
        elif found != upload.sha256:
            yield Violation("an object with other bytes", photo_id, found)


def _renditions(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """A photo tells of all its renditions or of none, and of none before it was uploaded."""
    for photo_id, row in evidence.rows.items():
        never = row.status == "pending_upload" or row.state.endswith(("(upload_expired)", "(content_mismatch)"))
        if row.renditions not in ({None} if never else {0, len(LONGEST_SIDES)}):
            yield Violation("renditions that are not whole", photo_id, f"{row.renditions} of a photo {row.state}")


def _answers(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """What the clients were told was true then, and what they are told now is what the row says."""
    for photo_id, upload in ledger.uploads.items():
        reached = {status for _, status in evidence.histories.get(photo_id, [])}
        for status in upload.statuses:
            if status not in reached:
                yield Violation("an answer that never was true", photo_id, f"told {status}; was {sorted(reached)}")
        row = evidence.rows.get(photo_id)
        says, told = row.status if row else "404", evidence.told.get(photo_id, "nothing")
        if says != told:
            yield Violation("an answer that is not the row's", photo_id, f"told {told}; the row says {says}")


def _leftovers(evidence: Evidence, ledger: Ledger) -> Iterator[Violation]:
    """Nothing waits any more."""
    for photo_id, row in evidence.rows.items():
        if row.status in {"pending_upload", "uploaded", "processing"}:
            yield Violation("an unfinished photo", photo_id, row.state)
        if row.unsent:
            yield Violation("an unsent job", photo_id, f"{row.unsent} in the outbox")
    if evidence.deletions_left:
        yield Violation("deletions left over", "-", f"{evidence.deletions_left} notes")
    if evidence.rendition_jobs_left:
        yield Violation("rendition jobs left over", "-", f"{evidence.rendition_jobs_left} jobs")
