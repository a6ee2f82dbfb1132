"""The machine can fail: each of these faults, put into the product, it finds within a few examples."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import Phase
from hypothesis.errors import Flaky

from machine.bench import RunMachine
from photodock.db import moves, outbox, photos, sweep, uploaded, uploads
from photodock.db.outbox import OutboxRow
from photodock.db.photos import Deletion
from photodock.db.pool import Database
from photodock.domain.identity import Trace
from photodock.domain.photo import Photo
from photodock.services import library
from photodock.workers import photo_sweep, relay

Fault = Callable[[pytest.MonkeyPatch], None]


async def nothing(*_: object, **__: object) -> None: ...


def changed(module: Any, name: str, old: str, new: str) -> Fault:
    """A statement of SQL with something else in it."""

    def fault(monkeypatch: pytest.MonkeyPatch) -> None:
        sql = getattr(module, name)
        assert old in sql
        monkeypatch.setattr(module, name, sql.replace(old, new))

    return fault


def replaced(owner: Any, name: str, value: Any) -> Fault:
    return lambda monkeypatch: monkeypatch.setattr(owner, name, value)


def around(owner: Any, name: str, make: Callable[[Any], Any]) -> Fault:
    """`make` gets the function as it is, and gives the one that has the fault."""
    return lambda monkeypatch: monkeypatch.setattr(owner, name, make(getattr(owner, name)))


async def keeps_the_object(db: Database, store: Any, doomed: Deletion) -> None:
    await sweep.schedule_deletion(db, doomed, None)


async def gives_up(self: Any, photo: Photo, trace: Trace) -> Any:
    return await self._not_there(photo)


def with_new_ids(to_row: Any) -> Any:
    def fault(row: Any) -> OutboxRow:
        found: OutboxRow = to_row(row)
        return replace(found, job=replace(found.job, message_id=uuid4()))

    return fault


def marking_first(publish: Any) -> Any:
    async def fault(self: Any, rows: Any) -> Any:
        await outbox.mark_sent(self._db, [row.id for row in rows], detection_timeout=self._detection_timeout)
        return await publish(self, rows)

    return fault


def without_key(as_request: Any) -> Any:
    def fault(*args: Any, **options: Any) -> Any:
        return as_request(*args, **options | {"idempotency_key": None, "request_hash": None})

    return fault


def of_any_organization(seen: Any) -> Any:
    return lambda db, photo_id, _: seen(db, photo_id, None)


FAULTS: dict[str, Fault] = {
    "a confirm forgets the job": changed(uploaded, "UPLOADED_MOVE", "$15 FROM moved", "$15 FROM moved WHERE false"),
    "a lost race is not noticed": changed(uploaded, "UPLOADED_MOVE", "p.id = f.id AND", "p.id = f.id OR false AND"),
    "a move writes no history": changed(moves, "PLAIN_MOVE", "$7 FROM moved", "$7 FROM moved WHERE false"),
    "a change keeps the version": changed(moves, "COMPLETED_MOVE", "version = p.version + 1", "version = p.version"),
    "a mismatch notes no deletion": changed(moves, "MISMATCH_MOVE", "() FROM moved", "() FROM moved WHERE false"),
    "a delete keeps its actors": changed(photos, "DELETE", "SET actor = NULL", "SET actor = actor"),
    "a delete keeps the object": replaced(library, "delete_object", keeps_the_object),
    "the sweeper gives up unseen": replaced(photo_sweep.PhotoSweep, "_look_for_object", gives_up),
    "jobs are sent without end": replaced(photo_sweep, "MAX_JOBS", 10**6),
    "a job gets a new id each time": around(outbox, "_to_row", with_new_ids),
    "a job is marked before it is sent": around(relay.Relay, "_publish", marking_first),
    "a retry keeps what was": replaced(outbox, "start_anew", nothing),
    "a key makes two photos": around(uploads, "as_request", without_key),
    "everybody reads everything": around(photos, "seen", of_any_organization),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_found(run_machine: RunMachine, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    fault(monkeypatch)

    with pytest.raises((AssertionError, Flaky)):
        run_machine(max_examples=150, phases=[Phase.generate], report_multiple_bugs=False)
