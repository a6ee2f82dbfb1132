"""A sample detector: what can be measured honestly without a trained model, sharpness, exposure and contrast.

It is how any detection service meets photodock. The kit takes jobs from the queue (SQS or RabbitMQ, as its URL says),
keeps them while they are worked on and reports the results; what is left to a detector is to make detections of a
photo. docs/consumer.md explains the kit, docs/queue.md what goes on beneath it.
"""

import asyncio
import io
import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from PIL import Image

from photodock.consumer import ConsumerOptions, DetectionFailed, Job, run

Luminance = npt.NDArray[np.float32]  # 0 to 255, rows by columns
log = structlog.get_logger("quality_detector")

MEASURED_SIDE = 1024  # pixels; one scale for all photos, or sharpness would depend on the camera's resolution
MAX_PIXELS = 120_000_000  # above a 108-megapixel phone; half a gigabyte decoded

Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow warns above it, which is made an error below, and raises above twice it


async def detect(job: Job) -> dict[str, Any]:
    data = await job.download()
    quality = await asyncio.to_thread(measure, data)  # off the event loop: it takes a good part of a second
    log.info("measured", photo_id=str(job.photo_id))
    return {"quality": quality}


def measure(data: bytes) -> dict[str, Any]:
    """Sharpness, exposure and contrast of a JPEG or PNG, on its luminance with the longer side at most 1,024 pixels.

    Luminances and spreads are 0 to 1 of the full range, clipped pixels are shares of all. Raises DetectionFailed: the
    photo itself is at fault, and another attempt would end the same.
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
        raise DetectionFailed("too_many_pixels", f"More than {MAX_PIXELS:,} pixels.") from error
    except Exception as error:  # a decoder may raise anything at all on damaged bytes
        raise DetectionFailed("undecodable", "The photo's pixels cannot be decoded.") from error


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


def main(environ: Mapping[str, str]) -> None:
    # The AWS SDK finds its keys by itself: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, a role.
    run(
        detect,
        environ["PHOTODOCK_QUEUE_URL"],
        photodock_url=environ["PHOTODOCK_URL"],
        token=environ["PHOTODOCK_TOKEN"],
        options=options_of(environ),
    )


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stderr))
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    main(os.environ)
