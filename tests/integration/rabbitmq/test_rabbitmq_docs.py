"""The programs of docs/rabbitmq.md, run as they stand there."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from integration.rabbitmq.conftest import job, message_ids, own_headers
from photodock.queues.rabbitmq import MAX_DELIVERIES
from support.polling import until

PAGE = Path(__file__).parents[3] / "docs" / "rabbitmq.md"
CONSUMER, MOVER = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE.read_text())


class Pipeline:
    """What a consumer sees of photodock: a photo, its content, and the reports that were accepted."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, str, str]] = []
        self.failures = 0

    def routes(self) -> Iterator[web.RouteDef]:
        yield web.get("/api/v1/photos/{id}", self.photo)
        yield web.patch("/api/v1/photos/{id}/status", self.report)
        yield web.get("/content", self.content)

    async def photo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer pipeline"
        return web.json_response({"download_url": f"http://{request.host}/content"})

    async def content(self, request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        return web.Response(body=b"photo")

    async def report(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.reports.append((request.match_info["id"], request.headers["X-Request-ID"], update["status"]))
        return web.json_response({})


@pytest.fixture
async def pipeline() -> AsyncIterator[tuple[Pipeline, str]]:
    made = Pipeline()
    app = web.Application()
    app.add_routes(made.routes())
    async with TestServer(app, host="127.0.0.1") as server:
        yield made, str(server.make_url("/"))


@pytest.fixture
def program(queue_name, tmp_path):
    @asynccontextmanager
    async def running(source: str, **environment: str) -> AsyncIterator[Any]:
        file = tmp_path / "program.py"
        file.write_text(source)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            file,
            env={"PATH": os.environ["PATH"], "QUEUE": queue_name, "PHOTODOCK_TOKEN": "pipeline"} | environment,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    return running


async def test_the_minimal_consumer_reports_each_photo_once(opened, rabbitmq, pipeline, program, channel, queue_name):
    found, url = pipeline
    sent = [job(correlation_id=f"request-{number}") for number in range(2)]
    async with opened() as queue:
        await queue.publish([sent[0]])
        await queue.publish(sent)
    queue_url = rabbitmq.url("detector", queue=queue_name)

    async def all_done() -> bool:
        return len(found.reports) >= 4

    async with program(CONSUMER, PHOTODOCK_QUEUE_URL=queue_url, PHOTODOCK_URL=url):
        await until(all_done)
    assert found.reports == [
        (str(one.photo_id), one.correlation_id, status) for one in sent for status in ("processing", "completed")
    ]


async def test_dead_letters_go_back_as_they_were(opened, rabbitmq, program, channel, queue_name, receive):
    sent = job()
    async with opened() as queue:
        await queue.publish([sent])
    living = await channel.get_queue(queue_name)
    async with asyncio.timeout(10):
        for _ in range(MAX_DELIVERIES):
            await (await received(living)).reject(requeue=True)
        dead = await channel.get_queue(f"{queue_name}-dead", ensure=False)
        await (await received(dead)).reject(requeue=True)
    async with program(MOVER, PHOTODOCK_QUEUE_URL=rabbitmq.url("maker", queue=queue_name)) as process:
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    await receive(0, f"{queue_name}-dead")
    message = await received(living)
    await message.ack()
    assert message_ids([message]) == [str(sent.message_id)]
    assert json.loads(message.body) == sent.body()
    assert own_headers(message) == sent.attributes()
    assert not message.headers.get("x-delivery-count")


async def received(queue):
    while (message := await queue.get(fail=False)) is None:
        await asyncio.sleep(0.02)
    return message
