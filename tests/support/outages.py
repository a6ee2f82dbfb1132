"""What the tests of outages have in common."""

from dataclasses import dataclass

import httpx

from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.seaweedfs import SeaweedServer
from support.clock import eventually
from support.images import jpeg
from support.system import Caller
from support.whole import System

CATCH_UP_SECONDS = 90
"""The relay asks for a broker that is away every 10 seconds at the latest; the rest is for slow machines."""


@dataclass(frozen=True)
class Servers:
    """Servers of these tests' own, because they are stopped."""

    postgres: PostgresServer
    store: SeaweedServer
    queue: MiniStackServer


async def sent(api: Caller, project: str) -> str:
    """The id of a photo whose object is in the store, and which nobody has confirmed."""
    issued = await api.issue(project, jpeg())
    assert (await api.put(issued, jpeg())).status_code == 200
    return str(issued["photo_id"])


async def completed(system: System, project: str) -> str:
    photo_id = str((await system.api.upload(project, jpeg()))["id"])
    assert (await system.finished(photo_id))["status"] == "completed"
    return photo_id


def one_message_each(system: System, *photo_ids: str) -> bool:
    """Redeliveries are allowed: they carry the same id."""
    return all(len({job.message_id for job in system.detector.jobs_of(photo_id)}) == 1 for photo_id in photo_ids)


def problem(answer: httpx.Response) -> tuple[int, str, bool]:
    return answer.status_code, answer.json()["code"], int(answer.headers.get("retry-after", "0")) > 0


async def received(system: System, photo_id: str) -> bool:
    return bool(system.detector.jobs_of(photo_id))


async def has_health(api: Caller, alive: int, ready: int, parts: dict[str, str]) -> None:
    """The status of /healthz and of /readyz, and the state of the parts: once no part is too slow to tell it."""

    async def looked() -> bool:
        found = [await api.http.get(path) for path in ("/healthz", "/readyz")]
        assert [one.status_code for one in found] == [alive, ready]
        assert found[1].json()["parts"] == parts
        return True

    await eventually(looked)
