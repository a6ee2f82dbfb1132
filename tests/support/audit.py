"""What must hold of every system after whatever has happened to it."""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from urllib.parse import urlsplit

from photodock.db.pool import Database
from photodock.domain.photo import TRANSITIONS
from support.processes import Backend, Deployment
from support.system import SECRET

LEGAL = {(a.status.value, b.status.value) for a, targets in TRANSITIONS.items() for b in targets}
TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")
SECRET_MARKS = ("X-Amz-Signature", "X-Amz-Credential", "Bearer ")


async def assert_sound(db: Database, deployment: Deployment) -> None:
    """What must hold of a system after all that its tests did to it."""
    log = deployment.log()
    assert leaks(log, secrets_of(deployment.backend)) == []
    assert unstructured(log) == []
    assert await illegal_histories(db) == []


def secrets_of(backend: Backend) -> tuple[str, ...]:
    password = urlsplit(backend.database_url).password
    assert password
    return (SECRET, backend.s3_secret_key, password)


async def illegal_histories(db: Database) -> list[str]:
    """The photos whose history is no legal path from `pending_upload` to their status."""
    rows = await db.fetch(
        "SELECT p.id, p.status, e.from_status, e.to_status FROM photos p "
        "LEFT JOIN photo_status_events e ON e.photo_id = p.id ORDER BY p.id, e.id"
    )
    found = []
    for photo_id, group in groupby(rows, key=lambda row: row["id"]):
        events = list(group)
        steps = [(row["from_status"], row["to_status"]) for row in events]
        if not is_legal(steps, events[0]["status"]):
            found.append(f"{photo_id} is {events[0]['status']}: {steps}")
    return found


def is_legal(steps: Sequence[tuple[str | None, str]], status: str | None) -> bool:
    """Whether the steps lead from nothing to `status` by the table of moves; None (deleted) may be anywhere."""
    return (
        bool(steps)
        and steps[0] == (None, "pending_upload")
        and all(step in LEGAL for step in steps[1:])
        and all(before[1] == after[0] for before, after in pairwise(steps))
        and status in {None, steps[-1][1]}
    )


def leaks(log: str, secrets: Iterable[str]) -> list[str]:
    """The log's lines that hold a secret, a token, a signature or a presigned query."""
    forbidden = (*SECRET_MARKS, *secrets)
    return [line for line in log.splitlines() if TOKEN.search(line) or any(word in line for word in forbidden)]


def unstructured(log: str) -> list[str]:
    """The log's lines that are no JSON object."""
    return [line for line in log.splitlines() if not _is_object(line)]


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
