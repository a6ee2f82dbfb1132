"""A sample detector: what can be measured honestly without a trained model, sharpness, exposure and contrast.

It is how any detection service meets photodock, and all it needs to know:

1. Receive a message: `{"photo_id", "s3_url", "detection_types", "priority"}`, with the attributes `message_id`,
   `correlation_id` and perhaps `traceparent`. Delivery is at least once: dedupe on `message_id`.
2. Fetch the photo: `GET /api/v1/photos/{photo_id}` gives a presigned `download_url`; no rights on the bucket needed.
3. Report with PATCH: `processing`, then `completed` with results or `failed` with a reason.
4. Delete the message only after the report was accepted. A message not deleted comes again by itself.
"""

import asyncio
import io
import json
import logging
import os
import signal
import warnings
from collections import OrderedDict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import numpy as np
import numpy.typing as npt
from aiobotocore.session import get_session
from PIL import Image

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.type_defs import MessageTypeDef

T = TypeVar("T")
Luminance = npt.NDArray[np.float32]  # 0 to 255, rows by columns
log = logging.getLogger("quality_detector")

ENDPOINT = "PHOTODOCK_SQS_ENDPOINT_URL"  # for a queue that is not AWS's own
WORKERS = 2
MEASURED_SIDE = 1024  # pixels; one scale for all photos, or sharpness would depend on the camera's resolution
MAX_PIXELS = 120_000_000  # above a 108-megapixel phone; half a gigabyte decoded
MAX_BYTES = 64 * 1024 * 1024  # above photodock's own limit of 50 MiB
REMEMBERED = 10_000  # message ids

Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow warns above it, which is made an error below, and raises above twice it


class Unmeasurable(Exception):
    """`(code, detail)`. The photo itself is at fault: reported as `failed`, for another attempt would end the same."""


def measure(data: bytes) -> dict[str, Any]:
    """Sharpness, exposure and contrast of a JPEG or PNG, on its luminance with the longer side at most 1,024 pixels.

    Luminances and spreads are 0 to 1 of the full range, clipped pixels are shares of all. Raises Unmeasurable.
    """
    luminance = read_luminance(data)
    height, width = luminance.shape
    low, high = np.percentile(luminance, [5, 95])
    return {
        "measured_width": width,
        "measured_height": height,
        # The variance of the Laplacian: edges that are crisp answer strongly, blurred ones hardly at all.
        "sharpness": {"laplacian_variance": _round(laplacian(luminance).var())},
        "exposure": {
            "mean_luminance": _round(luminance.mean() / 255),
            # Two levels of tolerance: JPEG's rounding keeps pure black and white from being exactly that.
            "clipped_shadows": _round((luminance <= 2).mean()),
            "clipped_highlights": _round((luminance >= 253).mean()),
        },
        "contrast": {
            "standard_deviation": _round(luminance.std() / 255),
            "spread_5_to_95_percent": _round((high - low) / 255),
        },
    }


def _round(value: "np.floating[Any]") -> float:
    return round(float(value), 4)


def read_luminance(data: bytes) -> Luminance:
    try:
        # Only these two decoders: a photo has no business reaching the others.
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            # JPEG alone: decodes at a fraction of the size, several times faster and with far less memory.
            image.draft("L", (MEASURED_SIDE, MEASURED_SIDE))
            if image.mode.startswith("I"):
                # 16-bit greyscale: Pillow would cut its values off at 255 instead of scaling them.
                grey = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            else:
                grey = image.convert("L")
        grey.thumbnail((MEASURED_SIDE, MEASURED_SIDE))
        return np.asarray(grey, dtype=np.float32)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unmeasurable("too_many_pixels", f"More than {MAX_PIXELS:,} pixels.") from error
    except Exception as error:  # a decoder may raise anything at all on damaged bytes
        raise Unmeasurable("undecodable", "The photo's pixels cannot be decoded.") from error


def laplacian(luminance: Luminance) -> Luminance:
    """The second derivative: each pixel's four neighbours less four times itself, edges repeated outward."""
    padded = np.pad(luminance, 1, mode="edge")
    neighbours: Luminance = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    return neighbours - 4 * luminance


@dataclass(frozen=True, slots=True)
class Job:
    photo_id: str
    message_id: str
    headers: dict[str, str]
    """The message's trace, passed on so that one id leads through the logs of both services."""

    @classmethod
    def from_message(cls, message: "MessageTypeDef") -> "Job":
        attributes = {name: value.get("StringValue", "") for name, value in message["MessageAttributes"].items()}
        headers = {"X-Request-ID": attributes["correlation_id"]}
        if attributes.get("traceparent"):
            headers["traceparent"] = attributes["traceparent"]
        return cls(json.loads(message["Body"])["photo_id"], attributes["message_id"], headers)


@dataclass(frozen=True, slots=True)
class Photodock:
    """The three calls a detector makes. Raises httpx.HTTPError for whatever another attempt may mend."""

    http: httpx.AsyncClient
    downloads: httpx.AsyncClient  # a client of its own: a presigned URL admits by itself, the token stays at home

    async def photo(self, job: Job) -> dict[str, Any] | None:
        answer = await self.http.get(f"/api/v1/photos/{job.photo_id}", headers=job.headers)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return dict(answer.raise_for_status().json())

    async def download(self, url: str) -> bytes:
        data = bytearray()
        async with self.downloads.stream("GET", url) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise Unmeasurable("too_many_bytes", f"More than {MAX_BYTES:,} bytes.")
        return bytes(data)

    async def report(self, job: Job, status: str, **facts: Any) -> None:
        """409 and 404 are answers too: the photo has its result, or is gone, and nobody waits for ours."""
        url = f"/api/v1/photos/{job.photo_id}/status"
        answer = await self.http.patch(url, json={"status": status} | facts, headers=job.headers)
        if answer.status_code in {httpx.codes.CONFLICT, httpx.codes.NOT_FOUND}:
            log.info("photo %s: %s was not wanted any more", job.photo_id, status)
        else:
            answer.raise_for_status()
            log.info("photo %s: %s", job.photo_id, status)


class Detector:
    def __init__(self, queue: "SQSClient", queue_url: str, photodock: Photodock) -> None:
        self.queue = queue
        self.queue_url = queue_url
        self.photodock = photodock
        self.stopping = asyncio.Event()
        self._done: OrderedDict[str, None] = OrderedDict()

    async def work(self) -> None:
        """Takes one message after another until `stopping`; one that is being measured is finished first."""
        failures = 0
        while not self.stopping.is_set():
            try:
                for message in await self._unless_stopping(self._receive()) or []:
                    await self.handle(message)
                failures = 0
            except Exception as error:  # photodock, storage or queue away: the message comes again
                failures += 1
                log.warning("%s; trying again soon", described(error))
                # Waiting longer and longer: every failed delivery brings a message closer to the dead-letter queue.
                await self._unless_stopping(asyncio.sleep(min(30, 2**failures)))

    async def handle(self, message: "MessageTypeDef") -> None:
        """Measures and reports one photo, then deletes the message. Raises when it should come again."""
        job = Job.from_message(message)
        if job.message_id not in self._done:
            await self._measure_and_report(job)
            self._done[job.message_id] = None
            if len(self._done) > REMEMBERED:
                self._done.popitem(last=False)
        await self.queue.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])

    async def _measure_and_report(self, job: Job) -> None:
        photo = await self.photodock.photo(job)
        if photo is None or photo["status"] == "completed" or not photo.get("download_url"):
            log.info("photo %s: nothing to do", job.photo_id)
            return
        # Refused (409) for a photo given up as too late; its result is welcome all the same.
        await self.photodock.report(job, "processing")
        try:
            data = await self.photodock.download(photo["download_url"])
            quality = await asyncio.to_thread(measure, data)  # off the event loop: it takes a good part of a second
        except Unmeasurable as error:
            await self.photodock.report(job, "failed", error=dict(zip(("code", "detail"), error.args, strict=True)))
        else:
            await self.photodock.report(job, "completed", detections={"quality": quality})

    async def _receive(self) -> "list[MessageTypeDef]":
        answer = await self.queue.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=20, MessageAttributeNames=["All"]
        )
        return answer.get("Messages", [])

    async def _unless_stopping(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What `work` gives, or None as soon as the detector is to stop."""
        task, stop = asyncio.create_task(work), asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            return await task if task.done() else None
        finally:
            task.cancel()
            stop.cancel()


def described(error: Exception) -> str:
    """Without the error's own text: httpx puts URLs into it, and presigned ones are secrets."""
    status = f" {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else ""
    return f"{type(error).__name__}{status}"


async def run(environ: Mapping[str, str]) -> None:
    """Works until SIGINT or SIGTERM, and then for at most five seconds more."""
    headers = {"Authorization": f"Bearer {environ['PHOTODOCK_TOKEN']}"}
    async with (
        httpx.AsyncClient(base_url=environ["PHOTODOCK_URL"], headers=headers, timeout=30) as http,
        httpx.AsyncClient(timeout=30) as downloads,
        # The AWS SDK finds its keys by itself: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, a role.
        get_session().create_client("sqs", environ["AWS_REGION"], endpoint_url=environ.get(ENDPOINT)) as queue,
    ):
        detector = Detector(queue, environ["PHOTODOCK_QUEUE_URL"], Photodock(http, downloads))
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, detector.stopping.set)
        workers = [asyncio.create_task(detector.work()) for _ in range(WORKERS)]
        await detector.stopping.wait()
        await asyncio.wait(workers, timeout=5)


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    asyncio.run(run(os.environ))
