"""`photodock up` on an existing RabbitMQ: nobody needs keys of AWS, and the sample detector reads it too."""

import asyncio
import json
import os
import signal
import sys
from uuid import uuid4

import httpx
import pytest

from photodock.embedded.backing import Backing
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.ports import free_port
from support.images import jpeg
from support.polling import until
from support.system import Caller


@pytest.mark.parametrize("scheme", ["amqp", "amqps"])
def test_a_local_store_beside_a_rabbitmq_has_its_own_keys(tmp_path, scheme):
    environ = {"PHOTODOCK_QUEUE_URL": f"{scheme}://u:p@mq.invalid/?queue=jobs", "AWS_PROFILE": "production"}
    backing = Backing(tmp_path, tmp_path / "logs", environ)
    assert not any(isinstance(server, MiniStackServer) for server in backing.servers)
    assert backing.store
    assert backing.store.keys.access_key == "photodock-local"
    assert "AWS_PROFILE" not in backing.environment()
    assert backing.environment()["PHOTODOCK_QUEUE_URL"] == environ["PHOTODOCK_QUEUE_URL"]


async def test_a_photo_is_detected_by_way_of_rabbitmq(rabbitmq, tmp_path):
    ready = tmp_path / "ready.json"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PHOTODOCK_"))}
    command = ("-m", "photodock", "up", "--data-dir", str(tmp_path / "data"), "--port", str(free_port()))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command, "--ready-file", str(ready)),
        cwd=tmp_path,
        env=kept | {"PHOTODOCK_QUEUE_URL": rabbitmq.url(queue=f"jobs-{uuid4().hex}")},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:

        async def is_ready() -> bool:
            assert process.returncode is None, "it ended"
            return ready.exists()

        await until(is_ready, seconds=120, pause=0.1)
        facts = json.loads(ready.read_text())
        headers = {"Authorization": f"Bearer {facts['token']}"}
        async with (
            httpx.AsyncClient(base_url=facts["url"], timeout=40) as http,
            httpx.AsyncClient(timeout=40) as storage,
        ):
            # The caller's own token gives way to that of the project's organization.
            caller = Caller(http, storage)
            caller.call = lambda method, path, **options: http.request(  # the announced user
                method, f"/api/v1{path}", headers={**headers, **options.pop("headers", {})}, **options
            )
            photo = await caller.upload(facts["project_id"], jpeg())

            async def is_detected() -> bool:
                return (await caller.photo(photo["id"]))["status"] == "completed"

            await until(is_detected, seconds=60, pause=0.1)
            found = await caller.photo(photo["id"])
        assert found["detection"]["results"]["quality"]["measured_width"] == 64
    finally:
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            assert await process.wait() == 0
