"""A detector that is killed while it works, as processes: before its report, and between report and acknowledgement."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from integration.consumer.conftest import SECONDS, detect, job
from integration.consumer.test_consumer_brokers import reported
from photodock.consumer import Job
from support.polling import until

PROGRAM = """
import asyncio, os
from photodock.consumer import ConsumerOptions, jobs
from photodock.consumer.lease import Lease

async def hang(*_):
    await asyncio.Event().wait()

async def main():
    where = {"photodock_url": os.environ["PHOTODOCK_URL"], "token": "pipeline"}
    async for job in jobs(os.environ["QUEUE_URL"], options=ConsumerOptions(visibility_seconds=3), **where):
        if os.environ["DIES"] == "after the report":
            Lease.acknowledge = hang
            await job.complete({"by": "the killed one"})
        await hang()

asyncio.run(main())
"""


@pytest.fixture
def detector(broker, pipeline):
    """Takes one job, gets as far as it is told, and hangs."""

    @asynccontextmanager
    async def running(dies):
        kept = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "PATH"))}
        facts = {"QUEUE_URL": broker.url, "PHOTODOCK_URL": pipeline[1], "DIES": dies}
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, env=kept | facts)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    return running


async def test_the_job_of_a_killed_detector_comes_to_another(broker, kit, photodock, detector):
    sent = job()
    await broker.send(sent)
    receives: list[int] = []

    async def begun() -> bool:
        return photodock.statuses(sent.photo_id) == ["processing"]

    async def finish(one: Job) -> dict[str, object]:
        receives.append(one.receives)
        return await detect(one)

    async with detector("before the report") as process:
        await until(begun, seconds=SECONDS)
        process.send_signal(signal.SIGKILL)
    await kit.start(finish)
    await until(reported(photodock, sent), seconds=SECONDS)
    await until(broker.empty)
    assert receives == [2]


async def test_a_result_that_was_reported_before_the_kill_is_not_made_again(broker, kit, photodock, detector):
    sent = job()
    await broker.send(sent)

    async def never(one: Job) -> None:
        raise AssertionError("its result is there already")

    async with detector("after the report") as process:
        await until(reported(photodock, sent), seconds=SECONDS)
        process.send_signal(signal.SIGKILL)

    async def told() -> bool:
        return "job_not_wanted" in [line["event"] for line in logs]

    with capture_logs() as logs:
        await kit.start(never)
        await until(told, seconds=SECONDS)
        await until(broker.empty)
    assert photodock.statuses(sent.photo_id) == ["processing", "completed"]
    assert photodock.results[str(sent.photo_id)] == {"by": "the killed one"}
