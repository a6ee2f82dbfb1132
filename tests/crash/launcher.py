"""`python -m crash.launcher serve|worker …`: photodock's own command line, in a process that ends itself at points.

The product has no hooks for this: the functions between whose steps it is to end are wrapped here, and nothing else.
"""

import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

from crash.points import FOLDER, SERVE
from photodock.cli import app
from photodock.db import moves, outbox, photos, renditions, sweep, uploaded, uploads
from photodock.db.upload_groups import UploadGroups
from photodock.services.confirmation import Confirmation
from photodock.services.detection import Detection
from photodock.storage.s3 import ObjectStore

Spring = Callable[[str], None]


def spring(folder: Path, point: str) -> None:
    """Ends this process when the point is armed. The renaming is atomic: an armed point kills one process, once."""
    try:
        (folder / "armed" / point).rename(folder / "fired" / f"{point}.{time.time_ns()}")
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str, spring_it: Callable[[], None]) -> None:
    real: Callable[..., Awaitable[Any]] = getattr(owner, name)

    @wraps(real)
    async def wrapped(*args: Any, **options: Any) -> Any:
        spring_it()
        return await real(*args, **options)

    setattr(owner, name, wrapped)


def after(owner: Any, name: str, spring_it: Callable[[], None], *, whatever_comes: bool = False) -> None:
    """Only where the call found or changed something, unless `whatever_comes`."""
    real: Callable[..., Awaitable[Any]] = getattr(owner, name)

    @wraps(real)
    async def wrapped(*args: Any, **options: Any) -> Any:
        found = await real(*args, **options)
        if found or whatever_comes:
            spring_it()
        return found

    setattr(owner, name, wrapped)


def trap_serve(at: Spring) -> None:
    for issuing in (UploadGroups, uploads):
        after(issuing, "request", partial(at, "issue-committed"))
    before(Confirmation, "confirm", partial(at, "confirm-begun"))
    after(ObjectStore, "read_head", partial(at, "confirm-read"))
    after(uploaded, "mark_uploaded", partial(at, "confirm-committed"))
    after(moves, "mark_mismatched", partial(at, "mismatch-committed"))
    before(photos, "delete", partial(at, "delete-begun"))
    after(photos, "delete", partial(at, "delete-committed"))
    after(ObjectStore, "delete", partial(at, "delete-object-gone"), whatever_comes=True)
    after(moves, "mark_completed", partial(at, "report-written"))
    after(Detection, "report", partial(at, "report-committed"))


def trap_worker(at: Spring) -> None:
    after(outbox, "take", partial(at, "relay-leased"))
    before(outbox, "mark_sent", partial(at, "relay-published"))
    after(outbox, "mark_sent", partial(at, "relay-marked"), whatever_comes=True)
    after(sweep, "take_due_photos", partial(at, "sweep-leased"))
    after(ObjectStore, "read_head", partial(at, "sweep-read"))
    after(uploaded, "mark_uploaded", partial(at, "sweep-committed"))
    after(outbox, "send_again", partial(at, "resend-written"), whatever_comes=True)
    after(sweep, "take_due_deletions", partial(at, "deletion-leased"))
    after(ObjectStore, "delete", partial(at, "deletion-object-gone"), whatever_comes=True)
    after(renditions, "take", partial(at, "renditions-leased"))
    after(ObjectStore, "put", partial(at, "renditions-half"), whatever_comes=True)
    before(renditions, "finish", partial(at, "renditions-written"))
    after(renditions, "finish", partial(at, "renditions-recorded"))


if __name__ == "__main__":
    trap = trap_serve if sys.argv[1] == SERVE else trap_worker
    trap(partial(spring, Path(os.environ[FOLDER])))
    app()
