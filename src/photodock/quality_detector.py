"""A sample detector: what can be measured honestly without a trained model, sharpness, exposure and contrast.

It is how any detection service meets photodock. The kit takes jobs from the queue (SQS or RabbitMQ, as its URL says),
keeps them while they are worked on and reports the results; what is left to a detector is to make detections of a
photo. docs/consumer.md explains the kit, docs/queue.md what goes on beneath it.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from photodock.consumer import ConsumerOptions, DetectionFailed, Job, run
from photodock.pixels import Limits, Pixels, PixelsError, decode
from photodock.settings import DecodeSettings, load_decode_settings, load_trace_settings
from photodock.tracing.setup import exporting

Luminance = npt.NDArray[np.float32]  # 0 to 255, rows by columns
log = structlog.get_logger("quality_detector")

MEASURED_SIDE = 1024  # pixels; one scale for all photos, or sharpness would depend on the camera's resolution


class QualityDetector:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def __call__(self, job: Job) -> dict[str, Any]:
        luminance = luminance_of(await self.decoded(await job.download()))
        quality = await asyncio.to_thread(measure, luminance)  # off the event loop: it computes
        log.info("measured", photo_id=str(job.photo_id))
        return {"quality": quality}

    async def decoded(self, photo: bytes) -> Pixels:
        """In a process of its own, within limits: this one never touches what a stranger made."""
        try:
            return await decode(photo, longest_side=MEASURED_SIDE, mode="L", limits=self._limits)
        except PixelsError as error:
            # The photo itself is at fault, and another attempt would end the same.
            raise DetectionFailed(error.code, error.detail) from error


def luminance_of(pixels: Pixels) -> Luminance:
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width).astype(np.float32)


def measure(luminance: Luminance) -> dict[str, Any]:
    """Sharpness, exposure and contrast. Luminances and spreads are 0 to 1 of the full range, clipped pixels are shares
    of all."""
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


def laplacian(luminance: Luminance) -> Luminance:
    """The second derivative: each pixel's four neighbours less four times itself, edges repeated outward."""
    padded = np.pad(luminance, 1, mode="edge")
    neighbours: Luminance = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    return neighbours - 4 * luminance


def options_of(environ: Mapping[str, str]) -> ConsumerOptions:
    return ConsumerOptions(
        concurrency=2,
        visibility_seconds=15,  # a killed detector's photo is measured again soon
        sqs_endpoint_url=environ.get("PHOTODOCK_SQS_ENDPOINT_URL") or None,  # for a server that is not AWS's own
    )


def limits_of(settings: DecodeSettings) -> Limits:
    return Limits(
        max_pixels=settings.decode_max_pixels,
        max_side=settings.decode_max_side,
        memory_bytes=settings.decode_memory_bytes,
        cpu_seconds=int(settings.decode_cpu_time.total_seconds()),
        seconds=settings.decode_timeout.total_seconds(),
    )


def main(environ: Mapping[str, str]) -> None:
    # The AWS SDK finds its keys by itself: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, a role.
    traces = load_trace_settings()
    with exporting(traces.otlp_endpoint, "photodock-detector", ratio=traces.trace_ratio):
        run(
            QualityDetector(limits_of(load_decode_settings())),
            environ["PHOTODOCK_QUEUE_URL"],
            photodock_url=environ["PHOTODOCK_URL"],
            token=environ["PHOTODOCK_TOKEN"],
            options=options_of(environ),
        )


def run_by_itself() -> None:
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stderr))
    main(os.environ)


if __name__ == "__main__":
    run_by_itself()
