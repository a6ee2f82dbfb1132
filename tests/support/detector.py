"""A detection service inside the test: it takes jobs from the queue, looks at the photo, and reports."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError
from PIL import Image

from support.processes import Backend
from support.system import Caller

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.type_defs import MessageTypeDef

RETRY_SECONDS = 0.2
_UNREACHED = (BotoCoreError, ClientError, aiohttp.ClientError, OSError)


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came."""

    body: dict[str, Any]
    attributes: dict[str, str]

    @property
    def photo_id(self) -> str:
        return str(self.body["photo_id"])

    @property
    def message_id(self) -> str:
        return self.attributes["message_id"]


@dataclass
class Detector:
    """`received` holds every message, in the order of arrival; `pipeline` is the caller that reports."""

    pipeline: Caller
    received: list[Received] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    def jobs_of(self, photo_id: str) -> list[Received]:
        return [job for job in self.received if job.photo_id == photo_id]

    def job_of(self, photo_id: str) -> Received:
        """The one that there is, however often it was delivered: then with the same id."""
        found = self.jobs_of(photo_id)
        assert len({job.message_id for job in found}) == 1, found
        return found[0]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within the block it receives, and looks at nothing."""
        self.free.clear()
        try:
            yield
        finally:
            self.free.set()

    @asynccontextmanager
    async def consuming(self, backend: Backend) -> AsyncIterator["Detector"]:
        """Works while the block runs."""
        self.free.set()
        keys = {"aws_access_key_id": backend.s3_access_key, "aws_secret_access_key": backend.s3_secret_key}
        async with get_session().create_client(
            "sqs", region_name=backend.region, endpoint_url=backend.sqs_endpoint_url, **keys
        ) as queue:
            task = asyncio.create_task(self._consume(queue, backend.queue_url))
            try:
                yield self
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _consume(self, queue: "SQSClient", queue_url: str) -> None:
        while True:
            try:
                answer = await queue.receive_message(
                    QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=2, MessageAttributeNames=["All"]
                )
            except _UNREACHED:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await asyncio.gather(*(self._handle(queue, queue_url, message) for message in answer.get("Messages", [])))

    async def _handle(self, queue: "SQSClient", queue_url: str, message: "MessageTypeDef") -> None:
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        job = Received(json.loads(message["Body"]), attributes)
        self.received.append(job)
        await self.free.wait()
        await self._detect(job)
        while True:
            try:
                await queue.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                return
            except _UNREACHED:
                await asyncio.sleep(RETRY_SECONDS)

    async def _detect(self, job: Received) -> None:
        answer = await _surely(lambda: self.pipeline.call("GET", f"/photos/{job.photo_id}"))
        if answer.status_code == 404:
            return
        await self.report(job.photo_id, {"status": "processing"})
        await self.report(job.photo_id, await self._look(answer.json()["download_url"]))

    async def report(self, photo_id: str, report: dict[str, Any]) -> httpx.Response:
        return await _surely(lambda: self.pipeline.call("PATCH", f"/photos/{photo_id}/status", json=report))

    async def _look(self, url: str) -> dict[str, Any]:
        data = (await _surely(lambda: self.pipeline.storage.get(url))).content
        size = await asyncio.to_thread(decoded_size, data)
        if size is None:
            return {"status": "failed", "error": {"code": "undecodable", "detail": "The pixels cannot be decoded."}}
        return {"status": "completed", "detections": {"measured": size}}


def decoded_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a picture all of whose pixels can be decoded."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return image.size
    except Exception:  # a decoder may raise anything at all on damaged bytes
        return None


async def _surely(call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Tried until the answer is something else than "not now", as a detection service would."""
    while True:
        with suppress(httpx.TransportError):
            answer = await call()
            if answer.status_code < 500:
                return answer
        await asyncio.sleep(RETRY_SECONDS)
