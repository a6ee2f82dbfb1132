"""The crash matrix's audit finds each kind of violation, and none where there is none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crash.audit import audited
from crash.evidence import Evidence, Row
from crash.killers import Kill
from crash.ledger import Job, Ledger, Part, Upload
from crash.run import Outcome, Plan
from crash.table import table, totals

WAY: list[tuple[str | None, str]] = [
    (None, "pending_upload"),
    ("pending_upload", "uploaded"),
    ("uploaded", "processing"),
    ("processing", "completed"),
]
FAILED: list[tuple[str | None, str]] = [*WAY[:3], ("processing", "failed")]
EARLY: list[tuple[str | None, str]] = [WAY[0], ("pending_upload", "failed")]


KEY = "11111111-1111-4111-8111-111111111111/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704"


def made(state: str) -> int | None:
    """How many renditions a photo that ended thus tells of."""
    return None if state in ("pending_upload", "failed(upload_expired)", "failed(content_mismatch)") else 2


class Case:
    """Six photos that went as they should; each test breaks one thing."""

    def __init__(self) -> None:
        self.ledger = Ledger(forgotten={"slow"}, reported={"good": "completed", "slow": "completed", "bad": "failed"})
        self.rows: dict[str, Row] = {}
        self.tombstones = {"gone": "key-gone"}
        self.histories = {"gone": WAY[:3]}
        self.objects: dict[str, str] = {}
        self.told = {"gone": "404"}
        self.jobs = [Job("m-gone", "gone")]
        self.deletions_left = 0
        self.rendition_jobs_left = 0
        self._photo("good", Part.CONFIRMS, "completed", WAY)
        self._photo("slow", Part.VANISHES, "completed", WAY)
        self._photo("bad", Part.CONFIRMS, "failed(detection_failed)", FAILED)
        self._photo("lie", Part.LIES, "failed(content_mismatch)", EARLY)
        self._photo("never", Part.NEVER_SENDS, "failed(upload_expired)", EARLY)
        self.jobs += [Job("m-good", "good"), Job("m-good", "good"), Job("m-bad", "bad")]
        self.jobs += [Job("m-slow", "slow"), Job("m-slow-2", "slow")]
        self.ledger.uploads["gone"] = Upload("gone", "key-gone", Part.DELETES, "sha-gone", True, True, True)

    def _photo(self, photo_id: str, part: Part, state: str, steps: list[tuple[str | None, str]]) -> None:
        arrived = part is not Part.NEVER_SENDS
        upload = Upload(photo_id, f"key-{photo_id}", part, f"sha-{photo_id}", arrived)
        self.ledger.uploads[photo_id] = upload
        jobs = (f"m-{photo_id}", f"m-{photo_id}-2")
        self.rows[photo_id] = Row(photo_id, upload.key, state, jobs, renditions=made(state))
        self.histories[photo_id] = list(steps)
        self.told[photo_id] = self.rows[photo_id].status
        if upload.stays and arrived:
            self.objects[upload.key] = upload.sha256

    def change(self, photo_id: str, **facts: Any) -> None:
        self.rows[photo_id] = replace(self.rows[photo_id], **facts)

    def end(self, photo_id: str, state: str, steps: list[tuple[str | None, str]]) -> None:
        """It went another way, and everybody agrees."""
        self.change(photo_id, state=state, renditions=made(state))
        self.histories[photo_id] = steps
        self.told[photo_id] = self.rows[photo_id].status

    @property
    def evidence(self) -> Evidence:
        return Evidence(
            self.objects,
            self.rows,
            self.tombstones,
            self.histories,
            self.jobs,
            self.told,
            self.deletions_left,
            self.rendition_jobs_left,
        )

    def rules(self) -> set[str]:
        return {violation.rule for violation in audited(self.evidence, self.ledger)}


def test_a_run_without_fault_has_no_violation() -> None:
    assert audited(Case().evidence, Case().ledger) == []


def forget_row(case: Case) -> None:
    del case.rows["good"], case.objects["key-good"]
    case.told["good"] = "404"


def bury(case: Case) -> None:
    forget_row(case)
    case.tombstones["good"] = "key-good"


def revive(case: Case) -> None:
    case.rows["gone"] = Row("gone", "key-gone", "completed", ("m-gone",), renditions=2)
    case.histories["gone"] = WAY
    case.told["gone"] = "completed"


BROKEN: dict[str, tuple[Callable[[Case], object], set[str]]] = {
    "given up though it arrived": (
        lambda case: case.end("good", "failed(upload_expired)", EARLY),
        {"a wrong end", "an object that its photo does not know of"},
    ),
    "refused though it was honest": (
        lambda case: (case.end("good", "failed(content_mismatch)", EARLY), case.objects.pop("key-good")),
        {"a wrong end", "a lost object"},
    ),
    "failed though its detector said completed": (
        lambda case: case.end("good", "failed(detection_failed)", FAILED),
        {"a wrong end"},
    ),
    "completed though its detector said failed": (lambda case: case.end("bad", "completed", WAY), {"a wrong end"}),
    "timed out": (lambda case: case.end("good", "failed(detection_timeout)", FAILED), {"a wrong end"}),
    "pending though its object is there": (
        lambda case: case.end("slow", "pending_upload", WAY[:1]),
        {"a wrong end", "an unfinished photo", "an object that its photo does not know of"},
    ),
    "stuck in processing": (
        lambda case: case.end("good", "processing", WAY[:3]),
        {"a wrong end", "an unfinished photo"},
    ),
    "row gone": (forget_row, {"a lost row"}),
    "deleted unasked": (bury, {"a lost row", "a deletion that nobody asked for"}),
    "alive after its deletion": (revive, {"a deleted photo lives", "a row beside its tombstone"}),
    "deleted without a tombstone": (lambda case: case.tombstones.clear(), {"no tombstone"}),
    "object outlives its photo": (
        lambda case: case.objects.update({"key-gone": "sha-gone"}),
        {"an object of a deleted photo"},
    ),
    "rendition outlives its photo": (
        lambda case: (
            case.tombstones.update({"gone": f"{KEY}.jpg"}),
            case.objects.update({f"{KEY}.preview.webp": "sha-preview"}),
        ),
        {"an object of a deleted photo"},
    ),
    "rendition of nobody": (
        lambda case: case.objects.update({f"{KEY}.thumbnail.webp": "sha-thumbnail"}),
        {"an orphan object"},
    ),
    "half of the renditions": (lambda case: case.change("good", renditions=1), {"renditions that are not whole"}),
    "renditions never tried": (lambda case: case.change("good", renditions=None), {"renditions that are not whole"}),
    "renditions of what never came": (
        lambda case: case.change("never", renditions=0),
        {"renditions that are not whole"},
    ),
    "a rendition job left over": (
        lambda case: setattr(case, "rendition_jobs_left", 1),
        {"rendition jobs left over"},
    ),
    "object of nobody": (lambda case: case.objects.update({"key-x": "sha-x"}), {"an orphan object"}),
    "object of a mismatch": (
        lambda case: case.objects.update({"key-lie": "sha-lie"}),
        {"an object that its photo does not know of"},
    ),
    "object gone": (lambda case: case.objects.pop("key-good"), {"a lost object"}),
    "other bytes": (lambda case: case.objects.update({"key-good": "else"}), {"an object with other bytes"}),
    "no job": (lambda case: case.jobs.remove(Job("m-bad", "bad")), {"no job"}),
    "no job of a deleted photo that was processing": (lambda case: case.jobs.remove(Job("m-gone", "gone")), {"no job"}),
    "a job for nobody": (lambda case: case.jobs.append(Job("m-x", "x")), {"a job for nobody"}),
    "another message id": (lambda case: case.jobs.append(Job("m-good-2", "good")), {"several jobs"}),
    "a third job of an overdue detection": (
        lambda case: case.jobs.append(Job("m-slow-3", "slow")),
        {"several jobs", "a job without an outbox row"},
    ),
    "a message id out of nowhere": (
        lambda case: case.change("good", jobs=("m-other",)),
        {"a job without an outbox row"},
    ),
    "an illegal step": (
        lambda case: case.histories.update({"good": [WAY[0], ("pending_upload", "completed")]}),
        {"an illegal history"},
    ),
    "a step left out": (lambda case: case.histories["good"].pop(1), {"an illegal history"}),
    "history ends elsewhere": (lambda case: case.histories["good"].pop(), {"an illegal history"}),
    "no history": (lambda case: case.histories.pop("never"), {"an illegal history"}),
    "an illegal step of a deleted photo": (
        lambda case: case.histories.update({"gone": [WAY[0], WAY[2]]}),
        {"an illegal history"},
    ),
    "a status that never was": (
        lambda case: case.ledger.uploads["good"].statuses.append("failed"),
        {"an answer that never was true"},
    ),
    "told another status": (lambda case: case.told.update(good="failed"), {"an answer that is not the row's"}),
    "told nothing": (lambda case: case.told.pop("good"), {"an answer that is not the row's"}),
    "a job left in the outbox": (lambda case: case.change("good", unsent=1), {"an unsent job"}),
    "a deletion left over": (lambda case: setattr(case, "deletions_left", 1), {"deletions left over"}),
    "a mishap": (lambda case: case.ledger.mishaps.append("a client gave up"), {"a mishap"}),
}


@pytest.mark.parametrize(("broken", "expected"), BROKEN.values(), ids=BROKEN)
def test_each_violation_is_named(broken: Callable[[Case], object], expected: set[str]) -> None:
    case = Case()
    broken(case)
    assert case.rules() == expected


def test_what_the_store_itself_lost_is_no_violation() -> None:
    case = Case()
    case.end("good", "failed(upload_expired)", EARLY)
    del case.objects["key-good"]
    case.ledger.lost_by_store.add("good")
    assert case.rules() == set()


def test_a_photo_may_have_ended_either_way_when_its_deletion_was_not_answered() -> None:
    case = Case()
    case.ledger.uploads["good"].deletion_asked = True
    assert case.rules() == set()
    bury(case)
    assert case.rules() == set()


def test_the_table_counts_a_violation_at_the_kills_that_its_photo_lived_through() -> None:
    case = Case()
    case.objects.pop("key-good")
    violations = audited(case.evidence, case.ledger)
    kills = [
        Kill("serve", "confirm-read", frozenset({"good", "bad"}), 2.0),
        Kill("serve", "confirm-read", frozenset({"bad"}), 4.0),
        Kill("postgresql", "at random", frozenset({"bad"}), 1.0),
    ]
    outcome = Outcome(Plan(photos=6, seed=7), kills, [], case.ledger, case.evidence, violations, 10.0)
    rows = table(outcome).splitlines()[2:]
    assert [row.split(" | ")[2:] for row in rows] == [
        ["2", "2 (2)", "3.0 s (4.0 s)", "1 |"],
        ["1", "1 (1)", "1.0 s (1.0 s)", "0 |"],
    ]
    assert rows[0].startswith("| serve | `confirm-read`: between the GET")
    assert "- seed: 7" in totals(outcome)
    assert "- violations: 1" in totals(outcome)
