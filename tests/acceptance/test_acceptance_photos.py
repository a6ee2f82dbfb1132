"""`photodock photos` as its users run it."""

import asyncio
import json
from collections.abc import Mapping
from uuid import uuid4

from support.images import jpeg
from support.processes import Finished
from support.system import Caller, token_for
from support.whole import System


def overrides(system: System, **more: str) -> Mapping[str, str]:
    return {"PHOTODOCK_URL": system.serving.url, "PHOTODOCK_TOKEN": token_for(system.api.organization_id), **more}


async def photos(system: System, *arguments: str) -> Finished:
    return await system.deployment.run("photos", *arguments, overrides=overrides(system))


async def test_photos_are_listed_filtered_and_shown(system: System, api: Caller, project: str) -> None:
    empty = await photos(system)
    done = await system.finished((await api.upload(project, jpeg(640, 480)))["id"])
    pending = await api.issue(project, jpeg(), file_name="later.jpg")

    listed, filtered, as_json, shown = await asyncio.gather(
        photos(system),
        photos(system, "list", "--status", "completed", "--project", project),
        photos(system, "--json", "--limit", "1"),
        photos(system, "show", done["id"]),
    )
    assert (empty.status, empty.out) == (0, "")
    assert "There are no photos yet." in empty.err
    head, newest, oldest = listed.out.splitlines()
    assert head.split()[:2] == ["Photo", "id"]
    assert newest.split()[:3] == [pending["photo_id"], "later.jpg", "pending_upload"]
    assert oldest.split()[:3] == [done["id"], "roof.jpg", "completed"]
    assert [line.split()[0] for line in filtered.out.splitlines()[1:]] == [done["id"]]
    [one] = [json.loads(line) for line in as_json.out.splitlines()]
    assert (one["id"], "download_url" in one) == (pending["photo_id"], False)
    for fact in (done["id"], "completed", "640 x 480", "Acme Roofcam 1", "52.51630, 13.37770"):
        assert fact in shown.out
    assert [finished.status for finished in (listed, filtered, as_json, shown)] == [0, 0, 0, 0]
    assert "X-Amz-Signature" not in "".join(finished.out for finished in (listed, filtered, as_json, shown))


async def test_what_is_not_there_is_a_sentence_and_status_1(system: System) -> None:
    unknown, malformed = await asyncio.gather(photos(system, "show", str(uuid4())), photos(system, "show", "roof.jpg"))
    assert (unknown.status, unknown.out) == (1, "")
    assert unknown.err.startswith("photo_not_found: There is no such photo")
    assert malformed.status == 2
