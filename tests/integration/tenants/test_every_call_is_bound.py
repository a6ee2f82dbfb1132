"""Whether any statement of an organization's call runs otherwise than bound to it.

The service logs in as somebody who owns nothing, inherits nothing and may take on the role of organizations' calls: a
statement that is not bound has no right to any table, and its call would be answered with 500.
"""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from photodock.db.pool import Database
from photodock.settings import Settings
from support.calls import CALLS, Call
from support.images import jpeg
from support.parts import sender
from support.serving import changed, running
from support.system import Caller

UNBOUND = ("alembic_version", "photo_changes")
"""What `serve` reads for nobody's call: the version of the tables, and the feed, of which each stream is told its own
organization's changes. Row-level security shows this login none of them."""
OF_ORGANIZATIONS = [(call, scope) for call in CALLS for scope in call.scopes if scope != "photos:pipeline"]


@pytest.fixture
async def bound(settings: Settings, db: Database) -> AsyncIterator[Caller]:
    user = f"bound_{uuid4().hex[:8]}"
    url = settings.database_url.get_secret_value()
    role = await db.fetchrow("SELECT current_user || '_tenant' AS name")
    assert role
    await db.execute(f"CREATE ROLE {user} LOGIN NOINHERIT PASSWORD 'secret' IN ROLE {role['name']}")
    await db.execute(f"GRANT SELECT ON {', '.join(UNBOUND)} TO {user}")
    login = f"postgresql://{user}:secret@{url.rpartition('@')[2]}"
    try:
        async with running(
            changed(settings, database_url=login, webhook_keys="A" * 43, multipart_min_size=5_000_000)
        ) as api:
            yield api
    finally:
        await db.execute(f"DROP OWNED BY {user}")
        await db.execute(f"DROP ROLE {user}")


async def test_every_call_of_an_organization_runs_as_its_role_alone(bound: Caller) -> None:
    await bound.call("PUT", "/webhooks", json={"url": "https://hooks.example.com/"})
    for call, scope in OF_ORGANIZATIONS:
        if call == Call("DELETE", "/webhooks", ("photos:admin",)):
            continue  # at the end: the other calls of webhooks need one
        await answered(bound, call, scope)
    assert (await bound.call("DELETE", "/webhooks")).status_code == 204


async def answered(bound: Caller, call: Call, scope: str) -> None:
    project_id = await bound.make_project()
    photo_id = (await bound.issue(project_id, jpeg()))["photo_id"]
    caller = bound.colleague(scopes=(scope,))
    answer = await call.by(caller, photo_id=photo_id, project_id=project_id)
    assert answer.status_code < 500, (call, scope, answer.text)


async def test_so_does_a_photos_whole_way_however_it_is_sent(bound: Caller) -> None:
    project = await bound.make_project()
    photo = await bound.upload(project, jpeg(), checksum_sha256=None)
    assert (await bound.call("GET", f"/photos/{photo['id']}?wait=1")).status_code == 200
    assert (await bound.call("GET", f"/photos/{photo['id']}", headers={"If-None-Match": '"x"'})).status_code == 200

    large = await sender(bound, project)
    await large.start()
    await large.send(1, 2)
    assert (await large.complete()).status_code == 200
    aborted = await sender(bound, project)
    await aborted.start(part_checksums=True)
    assert (await aborted.call("DELETE")).status_code == 204

    item = {"project_id": project, "file_name": "a.jpg", "file_size": len(jpeg()), "mime_type": "image/jpeg"}
    batch = (await bound.call("POST", "/photos/upload-urls", json={"items": [item, item]})).json()["items"]
    await bound.put(batch[0], jpeg())
    ids = [one["photo_id"] for one in batch]
    confirmed = (await bound.call("POST", "/photos/confirm", json={"photo_ids": ids})).json()["items"]
    assert [one.get("status") for one in confirmed] == ["uploaded", None]

    other = await bound.issue(project, b"<html>" + b"x" * 2_000)
    await bound.put(other, b"<html>" + b"x" * 2_000)
    assert (await bound.confirm(other["photo_id"])).json()["error"]["code"] == "content_mismatch"
    assert (await bound.call("DELETE", f"/photos/{photo['id']}")).status_code == 204
