"""The moments at which a process kills itself, by name: between which two steps it ends."""

from dataclasses import dataclass

SERVE, WORKER = "serve", "worker"
FOLDER = "CRASH_POINTS"
"""The environment variable that names the folder of armed and fired points."""


@dataclass(frozen=True, slots=True)
class Point:
    process: str
    name: str
    meaning: str


POINTS = (
    Point(SERVE, "issue-committed", "row of a new photo committed, URL not answered yet"),
    Point(SERVE, "confirm-begun", "after the PUT, before the confirm has looked"),
    Point(SERVE, "confirm-read", "between the GET of the object and the commit"),
    Point(SERVE, "confirm-committed", "between the commit and the answer; the job is not published yet"),
    Point(SERVE, "mismatch-committed", "mismatch committed, object not deleted yet"),
    Point(SERVE, "delete-begun", "deletion asked for, before the row changes"),
    Point(SERVE, "delete-committed", "tombstone committed, object not deleted yet"),
    Point(SERVE, "delete-object-gone", "object deleted, second look not noted yet"),
    Point(SERVE, "report-written", "detector's report written, not committed"),
    Point(SERVE, "report-committed", "detector's report committed, not answered"),
    Point(WORKER, "relay-leased", "between the lease of the outbox rows and the publish"),
    Point(WORKER, "relay-published", "between the publish and mark-sent"),
    Point(WORKER, "relay-marked", "jobs marked sent, nothing after it"),
    Point(WORKER, "sweep-leased", "sweeper took due photos, has not looked"),
    Point(WORKER, "sweep-read", "sweeper's confirm, between the GET and the commit"),
    Point(WORKER, "sweep-committed", "sweeper's confirm committed, job not published"),
    Point(WORKER, "resend-written", "overdue detection: second job written, not committed"),
    Point(WORKER, "deletion-leased", "sweeper took an object to delete, has not deleted it"),
    Point(WORKER, "deletion-object-gone", "sweeper deleted the object, has not noted it"),
    Point(WORKER, "renditions-leased", "worker took a photo to make renditions of, has read nothing"),
    Point(WORKER, "renditions-half", "one rendition written, the other not"),
    Point(WORKER, "renditions-written", "renditions written, not recorded"),
    Point(WORKER, "renditions-recorded", "renditions recorded, nothing after it"),
)
