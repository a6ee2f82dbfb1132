"""From the answer to a confirm until the job is in the queue, nothing else being done."""

import asyncio
import random
import statistics
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from bench.backends import Backends
from bench.contenders import running, started
from bench.photos import KIB, phone_photo
from bench.void import Void
from bench.worker import await_idle

PHOTO_BYTES = 64 * KIB
PAUSE_SECONDS = 0.08
"""Between two photos: longer than a relay under load rests."""
RECEIVE_SECONDS = 30
POLL_SECONDS = 0.01
"""What is measured is late by half of it. Asked every 2 ms, the emulator was kept from taking jobs in: 2 in 100 were
late by a tenth of a second and more."""


def measure(backends: Backends, callers: Path, *, photos: int) -> dict[str, float]:
    """`serve` and `worker` as they are, on the processor of what is measured."""
    environment = backends.environment()
    folder = backends.folder
    log = folder / "handover-worker.log"
    log.unlink(missing_ok=True)
    with (
        started(["-m", "photodock", "worker"], environment, log) as worker,
        running("photodock", environment, folder / "handover-serve.log") as server,
    ):
        await_idle(worker.pid, log)
        caller = callers.read_text().splitlines()[0]
        found = asyncio.run(confirm_all(backends, server.port, caller, photos))
    return {
        "handover.p50_ms": statistics.median(found) * 1000,
        "handover.p99_ms": statistics.quantiles(found, n=100)[98] * 1000,
    }


async def confirm_all(backends: Backends, port: int, caller: str, photos: int) -> list[float]:
    token, project, _ = caller.split()
    data = phone_photo(random.Random(3), size=PHOTO_BYTES)  # noqa: S311 - not for secrets
    receiver = Receiver(backends)
    receiver.start()
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}/api/v1/photos", headers={"Authorization": f"Bearer {token}"}, timeout=30
        ) as http:
            return [await confirm_one(http, receiver, project, data) for _ in range(photos)]
    finally:
        receiver.stop()


async def confirm_one(http: httpx.AsyncClient, receiver: "Receiver", project: str, data: bytes) -> float:
    asked = {"project_id": project, "file_name": "a.jpg", "file_size": len(data), "mime_type": "image/jpeg"}
    issued = succeeded(await http.post("/upload-url", json=asked)).json()
    async with httpx.AsyncClient(timeout=30) as storage:
        succeeded(await storage.put(issued["upload_url"], content=data, headers=issued["headers"]))
    await asyncio.sleep(PAUSE_SECONDS)
    succeeded(await http.patch(f"/{issued['photo_id']}/status", json={"status": "uploaded"}))
    confirmed = time.perf_counter()
    arrived = await asyncio.to_thread(receiver.arrival_of, issued["photo_id"])
    return max(0.0, arrived - confirmed)


def succeeded(answer: httpx.Response) -> httpx.Response:
    if answer.status_code != 200:
        raise Void(f"{answer.request.method} was answered with {answer.status_code}: {answer.text[:300]}")
    return answer


class Receiver(threading.Thread):
    """A detector that only looks at the clock."""

    def __init__(self, backends: Backends) -> None:
        super().__init__(daemon=True)
        self._queue = backends.queue
        self._url = backends.queue.queue_url("bench-jobs")
        self._arrivals: dict[str, float] = {}
        self._arrived = threading.Condition()
        self._stopping = False

    def run(self) -> None:
        while not self._stopping:
            # The emulator wakes a waiting receiver late: it is asked again and again.
            answer = self._queue.sqs("ReceiveMessage", {"QueueUrl": self._url, "MaxNumberOfMessages": 10})
            now = time.perf_counter()
            with self._arrived:
                for message in answer.get("Messages", ()):
                    self._arrivals[photo_of(message)] = now
                self._arrived.notify_all()
            time.sleep(POLL_SECONDS)

    def arrival_of(self, photo_id: str) -> float:
        with self._arrived:
            if not self._arrived.wait_for(lambda: photo_id in self._arrivals, RECEIVE_SECONDS):
                raise Void("A job did not arrive in the queue.")
            return self._arrivals[photo_id]

    def stop(self) -> None:
        self._stopping = True
        self.join()


def photo_of(message: Mapping[str, str]) -> str:
    return message["Body"].partition('"photo_id":"')[2][:36]
