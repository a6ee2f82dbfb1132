"""`photodock erase`: a person's photos and name, wherever they stand."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs
from typer.testing import Result

from photodock.administration import sweep_once
from photodock.bootstrap.core import Core, opened_core
from photodock.bootstrap.worker import erasure
from photodock.db.erasure import SeesTooLittle
from photodock.domain.errors import InvalidRequest
from photodock.domain.identity import NOBODYS_NAMES
from photodock.services import erasure as module
from photodock.services import orphans
from photodock.services.confirmation import ObjectDeletion
from photodock.services.erasure import Erasure
from photodock.settings import Settings
from photodock.workers import photo_sweep, s3_events
from support.images import jpeg
from support.serving import changed
from support.store import Store, key_of
from support.system import Caller
from support.uploads import uploads

ONE_PHOTO_A_BATCH = "from photodock.services import erasure; erasure.BATCH = 1; from photodock.cli import app; app()"
Run = Callable[..., Awaitable[Result]]
Told = Callable[..., Awaitable[list[dict[str, Any]]]]


async def test_a_users_photos_go_with_their_objects_and_other_peoples_stay(
    api: Caller, project: str, store: Store, told: Told
) -> None:
    hers, bens = await uploads(api, project, 3), await uploads(api.colleague("ben"), project, 2)
    pending = await api.issue(project, jpeg())

    found, erased = await told("erase", "--user", "anna", "--yes")

    mine = {str(api.organization_id): 4}
    assert (found["found"]["photos"], found["found"]["photos_by_organization"]) == (4, mine)
    done = erased["erased"]
    assert (done["photos"], done["photos_by_organization"], done["came_meanwhile"]) == (4, mine, 0)
    assert done["objects"] == {"deleted": 4, "hidden": 0, "noted": 0}
    assert done["quota_rows"] >= 1
    for photo in hers:
        assert not await store.has(key_of(photo))
        assert (await api.call("GET", f"/photos/{photo['id']}")).status_code == 404
    assert (await api.call("GET", f"/photos/{pending['photo_id']}")).status_code == 404
    for photo in bens:
        assert await store.has(key_of(photo))
        assert (await api.photo(photo["id"]))["status"] == "uploaded"


async def test_a_name_leaves_the_history_of_photos_that_stay(api: Caller, project: str, told: Told) -> None:
    ben = api.colleague("ben")
    issued = await ben.issue(project, jpeg())
    await ben.put(issued, jpeg())
    await api.confirm(issued["photo_id"])
    _, erased = await told("erase", "--user", "anna", "--yes")
    assert (erased["erased"]["photos"], erased["erased"]["history_names"]) == (0, 1)
    items = (await ben.call("GET", f"/photos/{issued['photo_id']}/history")).json()["items"]
    assert [(item["to"], item["actor"], item["reason"]) for item in items] == [
        ("pending_upload", "ben", None),
        ("uploaded", None, "upload confirmed"),
    ]


async def test_erasing_in_one_organization_leaves_the_others(api: Caller, project: str, told: Told) -> None:
    elsewhere = api.stranger()
    kept = await elsewhere.upload(await elsewhere.make_project(), jpeg())
    await uploads(api, project, 1)
    only = ("--organization", str(api.organization_id))
    _, erased = await told("erase", "--user", "anna", *only, "--yes")
    assert erased["erased"]["photos_by_organization"] == {str(api.organization_id): 1}
    assert (await elsewhere.history(kept["id"]))[0] == (None, "pending_upload")
    items = (await elsewhere.call("GET", f"/photos/{kept['id']}/history")).json()["items"]
    assert {item["actor"] for item in items} == {"anna"}
    _, erased = await told("erase", "--user", "anna", "--yes")
    assert erased["erased"]["photos_by_organization"] == {str(elsewhere.organization_id): 1}


async def test_where_several_organizations_have_such_a_user_one_must_be_named(
    api: Caller, project: str, run: Run, told: Told
) -> None:
    """In one of them she has photos, in the other she confirmed one of somebody else's."""
    elsewhere = api.stranger().colleague("ben")
    issued = await elsewhere.issue(await elsewhere.make_project(), jpeg())
    await elsewhere.put(issued, jpeg())
    await elsewhere.colleague("anna").confirm(issued["photo_id"])
    [photo] = await uploads(api, project, 1)
    for answer in ({"input": "y\n"}, {}):
        refused = await run("erase", "--user", "anna", *(() if answer else ("--yes",)), **answer)
        assert (refused.exit_code, "for good?" in refused.stderr) == (1, False)
        assert "--organization" in refused.stderr
        assert str(api.organization_id) in refused.stderr
        assert str(elsewhere.organization_id) in refused.stderr
    assert (await api.photo(photo["id"]))["status"] == "uploaded"
    [found] = await told("erase", "--user", "anna", "--dry-run")
    assert found["found"]["photos"] == 1
    await told("erase", "--user", "anna", "--yes", "--organization", str(api.organization_id))
    await told("erase", "--user", "anna", "--yes")
    items = (await elsewhere.call("GET", f"/photos/{issued['photo_id']}/history")).json()["items"]
    assert [item["actor"] for item in items] == ["ben", None]


async def test_a_dry_run_and_a_no_change_nothing(api: Caller, project: str, run: Run, told: Told) -> None:
    [photo] = await uploads(api, project, 1)
    assert [set(line) for line in await told("erase", "--user", "anna", "--dry-run", "--yes")] == [{"found"}]
    shown = await run("erase", "--user", "anna", "--dry-run")
    assert shown.stdout == (f"found: 1 photo, 2 names in the history\n  1 in organization {api.organization_id}\n")
    refused = await run("erase", "--user", "anna", input="n\n")
    assert "Erase 1 photo of 'anna', and the name in the history, for good?" in refused.stderr
    assert "erased" not in refused.stdout
    assert (await api.photo(photo["id"]))["status"] == "uploaded"


async def test_the_report_says_what_was_done_and_what_is_still_to_come(
    api: Caller, project: str, run: Run, settings: Settings
) -> None:
    await uploads(api, project, 2)
    before = datetime.now(UTC) + timedelta(seconds=settings.upload_url_ttl_seconds - 60) + settings.pending_ttl
    shown = await run("erase", "--user", "anna", input="y\n")
    lines = shown.stdout[shown.stdout.index("erased:") :].splitlines()
    assert lines[:3] == [
        "erased: 2 photos, 0 names in the history of photos that stay",
        f"  2 in organization {api.organization_id}",
        "objects deleted with all their versions: 2",
    ]
    [to_come] = lines[3:]
    assert to_come.startswith("still to come: ")
    assert datetime.strptime(to_come[-20:], "%Y-%m-%d %H:%M:%S%z") > before


async def test_of_old_photos_nothing_is_still_to_come(
    api: Caller, project: str, core: Core, settings: Settings, run: Run
) -> None:
    """Their upload URLs ended so long ago that no upload can be under way."""
    await uploads(api, project, 2)
    long_ago = datetime.now(UTC) - settings.pending_ttl
    await core.db.execute("UPDATE photos SET url_expires_at = $1", long_ago)
    shown = await run("erase", "--user", "anna", "--yes")
    assert "objects deleted with all their versions: 2" in shown.stdout
    assert "still to come" not in shown.stdout
    await sweep_once(settings)
    assert await core.db.fetch("SELECT 1 FROM object_deletions") == []


async def test_a_second_run_finds_nothing(api: Caller, project: str, told: Told) -> None:
    await uploads(api, project, 2)
    await told("erase", "--user", "anna", "--yes")
    found, erased = await told("erase", "--user", "anna", "--yes")
    assert found["found"]["photos"] == erased["erased"]["photos"] == 0
    assert erased["erased"]["history_names"] == 0
    assert erased["erased"]["last_look_at"] is None


async def test_versions_that_may_not_be_deleted_are_told_of(
    api: Caller, project: str, core: Core, service: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hidden(_: str) -> bool:
        return False

    monkeypatch.setattr(core.store, "delete", hidden)
    await uploads(api, project, 2)
    assert (await service.erase("anna", None)).objects == {ObjectDeletion.HIDDEN: 2}


@pytest.mark.parametrize("name", sorted(NOBODYS_NAMES))
async def test_what_is_no_users_name_is_refused(run: Run, service: Erasure, name: str) -> None:
    """`adopted` would be the photos of everybody whose row was lost."""
    for erase in (service.look, service.erase):
        with pytest.raises(InvalidRequest):
            await erase(name, None)
    shown = await run("erase", "--user", name, "--yes")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.startswith(f"{name!r} is no user")


async def test_a_database_user_that_does_not_see_all_rows_is_no_all_clear(
    api: Caller, project: str, core: Core, settings: Settings
) -> None:
    """To a login that is nothing but a member of the organizations' role it would look as if there were no photo."""
    await uploads(api, project, 1)
    user = f"limited_{uuid4().hex[:8]}"
    [role] = await core.db.fetch("SELECT current_user || '_tenant' AS name")
    await core.db.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'secret' IN ROLE {role['name']}")
    place = settings.database_url.get_secret_value().rpartition("@")[2]
    limited = changed(settings, database_url=f"postgresql://{user}:secret@{place}")
    try:
        async with opened_core(limited) as limited_core:
            service = erasure(limited, limited_core)
            for erase in (service.look, service.erase):
                with pytest.raises(SeesTooLittle, match="does not see all"):
                    await erase("anna", None)
    finally:
        await core.db.execute(f"DROP ROLE {user}")


def test_the_names_that_are_no_users_are_those_that_the_service_writes() -> None:
    assert {photo_sweep.ACTOR, s3_events.ACTOR, orphans.ACTOR, "relay", ""} == NOBODYS_NAMES


async def test_the_log_does_not_name_whom_it_erased(api: Caller, project: str, service: Erasure) -> None:
    await uploads(api, project, 1)
    with capture_logs() as logs:
        await service.erase("anna", None)
    [line] = [line for line in logs if line["event"] == "user_erased"]
    assert line["photos"] == 1
    assert "anna" not in repr(logs)


async def test_a_long_history_is_walked_in_stretches(
    api: Caller, project: str, core: Core, service: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HISTORY_BATCH", 10)
    photo = UUID((await api.colleague("ben").issue(project, jpeg()))["photo_id"])
    await core.db.execute(
        """
        INSERT INTO photo_status_events (photo_id, organization_id, to_status, actor)
        SELECT $1, $2, 'uploaded', CASE WHEN n % 7 = 0 THEN 'anna' ELSE 'ben' END FROM generate_series(1, 100) n
        """,
        photo,
        api.organization_id,
    )
    assert (await service.look("anna", None)).history_names == 14
    assert (await service.erase("anna", None)).history_names == 14
    assert (await service.look("anna", None)).history_names == 0
