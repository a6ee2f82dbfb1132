"""The stream of changes as programs and people hear it: by the Python client, and by `photodock photos watch`."""

import asyncio
import json
import signal
import sys
from contextlib import aclosing, suppress

from photodock.client import AsyncClient
from support.clock import eventually
from support.images import jpeg
from support.system import Caller, token_for
from support.whole import System


async def test_changes_are_told_to_the_client_that_listens(system: System, api: Caller, project: str) -> None:
    async with AsyncClient(system.serving.url, token_for(api.organization_id)) as client:
        async with aclosing(client.events(project_id=project)) as events:
            listening = asyncio.create_task(anext(events))
            async with asyncio.timeout(90):
                # Until the stream is open nothing is told.
                while not listening.done():
                    await client.upload(jpeg(), project_id=project, file_name="roof.jpg", wait=20)
                    await asyncio.wait([listening], timeout=1)
                first = await listening
                found = [first]
                # Of a photo that came before the stream was open its end may never be told.
                photo = await client.upload(jpeg(), project_id=project, file_name="roof.jpg")
                while found[-1].type != "photo.completed" or found[-1].photo_id != photo.id:
                    found.append(await anext(events))
        # What was missed in between is told by the id of what was heard.
        async with aclosing(client.events(project_id=project, last_event_id=first.id)) as again, asyncio.timeout(60):
            assert [await anext(again) for _ in found[1:]] == found[1:]


async def test_a_watch_tells_changes_as_they_happen_until_ctrl_c(system: System, api: Caller, project: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "photodock", "photos", "watch", "--json", "--project", project),
        env=system.deployment.environment(
            {"PHOTODOCK_URL": system.serving.url, "PHOTODOCK_TOKEN": token_for(api.organization_id)}
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    async with asyncio.timeout(120):
        assert b"Watching the project" in await process.stderr.readline()
        photo_ids = set()

        async def heard() -> dict[str, str] | None:
            # The stream may not be open yet: what happened before is not told.
            photo_ids.add((await api.upload(project, jpeg()))["id"])
            assert process.stdout is not None
            with suppress(TimeoutError):
                async with asyncio.timeout(3):
                    found: dict[str, str] = json.loads(await process.stdout.readline())
                    return found
            return None

        first = await eventually(heard, seconds=60)
        assert first
        assert first["photo_id"] in photo_ids
        assert first["project_id"] == project
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
