"""A worker that is killed between a delivery and its record, as `photodock worker` runs."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from conftest import S3, Sqs
from photodock.settings import Settings
from support.images import jpeg
from support.polling import until
from support.processes import Backend, Deployment
from support.receiver import Received, Receiver
from support.system import Caller


async def test_killed_between_delivery_and_record_the_next_worker_delivers_again_under_the_same_id(
    api: Caller,
    project: str,
    hook: Any,
    receiver: Receiver,
    settings: Settings,
    s3: S3,
    sqs: Sqs,
    make_due: Callable[[], Awaitable[None]],
    tmp_path: Path,
) -> None:
    assert settings.webhook_keys
    backend = Backend(
        settings.database_url.get_secret_value(),
        s3.endpoint_url,
        s3.bucket,
        s3.access_key,
        s3.secret_key,
        sqs.endpoint_url,
        sqs.create_queue("webhook-kills"),
    )
    deployment = Deployment(
        tmp_path / "deployment",
        backend,
        {
            "PHOTODOCK_WEBHOOK_KEYS": settings.webhook_keys.get_secret_value(),
            "PHOTODOCK_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "PHOTODOCK_WEBHOOK_PORTS": str(receiver.port),
            "PHOTODOCK_WEBHOOK_SCHEMES": "https,http",
        },
    )
    killed = asyncio.Event()

    async def answer(_: Received) -> int:
        """The first ones are taken in, and their sender does not live to hear of it."""
        if not killed.is_set():
            assert first.pid
            os.kill(first.pid, signal.SIGKILL)
            killed.set()
        return 200

    receiver.answer = answer
    try:
        first = await deployment.worker()
        photo = await api.upload(project, jpeg())
        async with asyncio.timeout(60):
            await killed.wait()
        log = await hook.log()
        assert {(item["state"], item["attempts"]) for item in log} == {("pending", 0)}
        heard = {request.headers["webhook-id"] for request in receiver.received}

        # What was in hand comes due when its lease ends; the test does not wait for that.
        await make_due()
        await deployment.worker()

        async def all_delivered() -> bool:
            return {item["state"] for item in await hook.log()} == {"delivered"}

        await until(all_delivered, seconds=90, pause=0.5)
    finally:
        await deployment.stop_all()
    again = [request for request in receiver.received if request.headers["webhook-id"] in heard]
    assert len(again) > len(heard), "delivered twice"
    assert all(request.verified(hook.secret)["data"]["photo_id"] == photo["id"] for request in receiver.received)
