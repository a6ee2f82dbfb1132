"""Many photos, many requests, many processes."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from statistics import median
from uuid import uuid4

import httpx

from support.clock import eventually, of_one_minute
from support.images import jpeg
from support.system import Caller
from support.whole import System, calling

PHOTOS = 200
USERS = ("anna", "ben", "carla", "dora")
"""Each may ask for 100 URLs a minute."""


async def test_200_photos_at_once_all_end_completed_with_one_job_each(
    system: System, api: Caller, project: str
) -> None:
    data = jpeg()
    users = [api.colleague(USERS[number % len(USERS)]) for number in range(PHOTOS)]

    uploaded = await asyncio.gather(*(user.upload(project, data) for user in users))

    expected = {photo["id"] for photo in uploaded}
    assert len(expected) == PHOTOS

    async def all_completed() -> bool:
        return await ids_with(api, project, "completed") == expected

    await eventually(all_completed, seconds=120, pause=0.25)
    # Redeliveries are allowed: they carry the same id.
    jobs = {(job.photo_id, job.message_id) for job in system.detector.received if job.photo_id in expected}
    assert Counter(photo_id for photo_id, _ in jobs) == dict.fromkeys(expected, 1)
    assert len({message_id for _, message_id in jobs}) == PHOTOS
    # Nothing is left that could still become a second job.

    async def all_sent() -> bool:
        """A detector may be done before the relay has noted that it sent the job."""
        row = await system.db.fetchrow(
            "SELECT count(*) AS jobs, count(sent_at) AS sent FROM outbox WHERE photo_id = ANY($1)", list(expected)
        )
        assert row is not None
        assert dict(row) == {"jobs": PHOTOS, "sent": PHOTOS}
        return True

    await eventually(all_sent)


async def ids_with(api: Caller, project: str, status: str) -> set[str]:
    """By the list's pages, as a client walks them."""
    found: set[str] = set()
    cursor = ""
    while True:
        path = f"/photos?project_id={project}&status={status}&limit=60"
        page = (await api.call("GET", path + (f"&cursor={cursor}" if cursor else ""))).json()
        found |= {photo["id"] for photo in page["items"]}
        cursor = page["next_cursor"]
        if not cursor:
            return found


async def test_200_requests_of_one_user_to_two_processes_get_exactly_100_urls(
    system: System, api: Caller, project: str
) -> None:
    second = await system.deployment.serve()
    async with calling(second.url) as through_second:
        through_second.organization_id = api.organization_id

        async def asked() -> list[httpx.Response]:
            user = f"user-{uuid4()}"
            both = (api.colleague(user), through_second.colleague(user))
            # One of each first: both processes take their part, however unevenly they run.
            answers = [await caller.request_upload(project, jpeg()) for caller in both]
            return answers + await asyncio.gather(
                *(both[number % 2].request_upload(project, jpeg()) for number in range(198))
            )

        answers = await of_one_minute(asked)
    await system.deployment.stop(second.child)

    assert Counter(answer.status_code for answer in answers) == {200: 100, 429: 100}
    assert len({answer.json()["photo_id"] for answer in answers if answer.status_code == 200}) == 100
    assert {answer.json()["code"] for answer in answers if answer.status_code == 429} == {"rate_limited"}


ORGANIZATION_LIMITS = {
    "PHOTODOCK_ORGANIZATION_UPLOAD_URLS_PER_MINUTE": "60",
    "PHOTODOCK_ORGANIZATION_UPLOAD_BYTES_PER_DAY": "100000",
    "PHOTODOCK_ORGANIZATION_PENDING_UPLOADS": "55",
}


async def test_two_processes_hold_an_organizations_limits_together(system: System, api: Caller) -> None:
    """Singles and batches of four users: 50 photos of 2,000 bytes fill the day, before the other limits are reached."""
    first, second = await asyncio.gather(*(system.deployment.serve(ORGANIZATION_LIMITS) for _ in range(2)))
    async with calling(first.url) as here, calling(second.url) as there:

        async def asked() -> list[httpx.Response]:
            organization = api.stranger()
            here.organization_id = there.organization_id = organization.organization_id
            project = await organization.make_project()
            item = {"project_id": project, "file_name": "roof.jpg", "file_size": 2_000, "mime_type": "image/jpeg"}
            users = [caller.colleague(user) for user in USERS for caller in (here, there)]
            singles = [user.call("POST", "/photos/upload-url", json=item) for user in users for _ in range(10)]
            batches = [user.call("POST", "/photos/upload-urls", json={"items": [item] * 5}) for user in users]
            return await asyncio.gather(*singles, *batches)

        answers = await of_one_minute(asked)
    await asyncio.gather(*(system.deployment.stop(serving.child) for serving in (first, second)))

    found = [one for answer in answers for one in answer.json().get("items", [answer.json()])]
    issued = [one for one in found if "upload_url" in one]
    refused = [one.get("error", one) for one in found if "upload_url" not in one]
    assert len(issued) == 50
    assert {one["code"] for one in refused} == {"rate_limited"}
    assert all("100000 bytes of photos a day, and 0 are left" in one["detail"] for one in refused)


async def test_an_idle_system_hands_a_job_over_at_once(
    system: System, api: Caller, project: str, record_property: Callable[[str, object], None]
) -> None:
    """The relay polls every 5 seconds: only NOTIFY brings 20 photos through with a median far below that."""
    delays = []
    for _ in range(20):
        issued = await api.issue(project, jpeg())
        await api.put(issued, jpeg())
        confirmed = await api.confirm(issued["photo_id"])
        assert confirmed.status_code == 200
        started = time.perf_counter()

        async def received(photo_id: str = issued["photo_id"]) -> bool:
            return bool(system.detector.jobs_of(photo_id))

        await eventually(received, pause=0.002)
        delays.append(time.perf_counter() - started)

    figures = f"median {median(delays) * 1000:.0f} ms, longest {max(delays) * 1000:.0f} ms"
    record_property("from confirm to message", figures)
    sys.stdout.write(f"\nfrom confirm to message: {figures}\n")
    assert median(delays) < 3
