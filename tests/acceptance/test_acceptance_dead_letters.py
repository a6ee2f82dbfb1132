"""A detector's bug, from the first failure to the photo's result, with what an operator has for it: `photodock dlq`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from acceptance.conftest import fresh_backend
from conftest import S3, Sqs
from integration.rabbitmq.conftest import rabbitmq
from photodock.consumer import ConsumerOptions, Job, consume
from photodock.embedded.postgres import PostgresServer
from support.audit import leaks, secrets_of
from support.clock import eventually
from support.images import jpeg
from support.processes import Backend, Deployment
from support.system import Caller, token_for
from support.whole import calling

__all__ = ["rabbitmq"]

QUICK = ConsumerOptions(poll_seconds=1, visibility_seconds=5, first_delay=0.1, longest_delay=0.1)


@pytest.fixture
async def backend(postgres: PostgresServer, template: str, s3: S3, sqs: Sqs) -> AsyncIterator[Backend]:
    async with fresh_backend(postgres, s3, sqs) as made:
        yield made


@pytest.fixture(params=["sqs", "rabbitmq"])
def queue_url(request: pytest.FixtureRequest, backend: Backend) -> str:
    if request.param == "sqs":
        return backend.queue_url
    url: str = request.getfixturevalue("rabbitmq").url(queue=f"jobs-{uuid4().hex}")
    return url


@pytest.fixture
async def deployment(tmp_path: Path, backend: Backend, queue_url: str) -> AsyncIterator[Deployment]:
    made = Deployment(tmp_path / "deployment", backend, {"PHOTODOCK_QUEUE_URL": queue_url})
    yield made
    await made.stop_all()
    assert leaks(made.log(), secrets_of(backend)) == []


@pytest.fixture
async def api(deployment: Deployment) -> AsyncIterator[Caller]:
    serving = await deployment.serve()
    await deployment.worker()
    async with calling(serving.url) as caller:
        yield caller


@asynccontextmanager
async def detecting(handler: Any, queue_url: str, api: Caller, sqs: Sqs) -> AsyncIterator[None]:
    """A detector of the kit, at work while the block runs."""
    stop = asyncio.Event()
    token = token_for(uuid4(), user="detector", scopes=("photos:pipeline",))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", sqs.access_key)
        environment.setenv("AWS_SECRET_ACCESS_KEY", sqs.secret_key)
        url = str(api.http.base_url)
        task = asyncio.create_task(
            consume(handler, queue_url, photodock_url=url, token=token, stop=stop, options=QUICK)
        )
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(60):
                await task


async def listed(deployment: Deployment) -> list[dict[str, Any]]:
    finished = await deployment.run("dlq", "list")
    assert finished.status == 0, finished.err
    return [json.loads(line) for line in finished.out.splitlines()]


async def test_a_photo_whose_job_died_is_completed_after_the_bug_is_mended(
    deployment: Deployment, queue_url: str, api: Caller, sqs: Sqs
) -> None:
    async def stumble(job: Job) -> None:
        raise ZeroDivisionError("a bug of the detector")

    async def detect(job: Job) -> dict[str, object]:
        return {"bytes": len(await job.download())}

    photo = await api.upload(await api.make_project(), jpeg())
    async with detecting(stumble, queue_url, api, sqs):
        [dead] = await eventually(lambda: listed(deployment), seconds=60, pause=0.5)
    assert dead["photo_id"] == dead["body"]["photo_id"] == photo["id"]
    assert set(dead["attributes"]) >= {"message_id", "correlation_id"}
    assert dead["message_id"] == dead["attributes"]["message_id"]
    assert (dead["receives"] or 5) >= 5
    assert dead["first_reason"] == dead["last_reason"] == ("delivery_limit" if "amqp" in queue_url else None)
    [again] = await listed(deployment)
    changing = {"receives"}
    assert {key: again[key] for key in again.keys() - changing} == {key: dead[key] for key in dead.keys() - changing}

    redriven = await deployment.run("dlq", "redrive", "--limit", "5")
    assert (redriven.status, redriven.out) == (0, "1 dead letter moved back into the queue.\n")
    assert await listed(deployment) == []
    async with detecting(detect, queue_url, api, sqs):

        async def completed() -> bool:
            return bool((await api.photo(photo["id"]))["status"] == "completed")

        await eventually(completed, seconds=60)
    assert (await api.photo(photo["id"]))["detection"]["results"]["bytes"] > 0
    again = await deployment.run("dlq", "redrive")
    assert (again.status, again.out) == (0, "0 dead letters moved back into the queue.\n")


@pytest.mark.parametrize("queue_url", ["http://127.0.0.1:9/0/jobs", "amqp://u:not-the-password@127.0.0.1:9/"])
@pytest.mark.parametrize("command", ["list", "redrive"])
async def test_a_queue_that_is_away_is_one_sentence(deployment: Deployment, command: str) -> None:
    finished = await deployment.run("dlq", command, overrides={"PHOTODOCK_SQS_ENDPOINT_URL": ""})
    assert finished.status == 1
    assert finished.err.splitlines()[-1].startswith("The queue can't be reached")
    assert "Traceback" not in finished.err
    assert "not-the-password" not in finished.err


@pytest.mark.parametrize("queue_url", ["", "amqp://"])
async def test_a_missing_or_misspelt_queue_is_named(deployment: Deployment, queue_url: str) -> None:
    finished = await deployment.run("dlq", "list", overrides={"PHOTODOCK_QUEUE_URL": queue_url})
    assert finished.status == 2
    assert "PHOTODOCK_QUEUE_URL" in finished.err
    assert "Traceback" not in finished.err
